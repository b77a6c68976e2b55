TESTS += tests/shell/cli.sh
EXTRA_DIST += tests/shell/cli.sh
TESTS += tests/shell/readme.sh tests/shell/minisky.sh
TESTS += tests/shell/golden_syntax.sh
EXTRA_DIST += tests/shell/golden_syntax.sh tests/golden/syntax
TESTS += tests/shell/man.sh
