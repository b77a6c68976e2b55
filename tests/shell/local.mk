TESTS += tests/shell/cli.sh
EXTRA_DIST += tests/shell/cli.sh
TESTS += tests/shell/readme.sh
