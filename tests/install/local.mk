# From the tarball to a campaign, as an ordinary user does it; older systems, and ./bootstrap. They
# build wflc anew, so they are run once, not with every kind of build.
install_tests = \
	tests/install/bootstrap.sh \
	tests/install/musl.sh \
	tests/install/tarball.sh
EXTRA_DIST += $(install_tests)

.PHONY: check-install
check-install: all dist
	$(MAKE) $(AM_MAKEFLAGS) check-TESTS TESTS='$(install_tests)' TEST_SUITE_LOG=install-suite.log
