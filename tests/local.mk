# Unit tests are cmocka programs, the others shell scripts; all speak TAP.
AM_TESTS_ENVIRONMENT = CMOCKA_MESSAGE_OUTPUT=TAP; export CMOCKA_MESSAGE_OUTPUT; \
	top_srcdir='$(abs_top_srcdir)'; top_builddir='$(abs_top_builddir)'; export top_srcdir top_builddir;
TEST_EXTENSIONS = .sh
LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
SH_LOG_DRIVER = $(LOG_DRIVER)
# a test that hangs must not hang all the others; the longest takes two minutes
SH_LOG_COMPILER = timeout -k 10 900 sh
unit_ldadd = libwflc.a libwflrt.a $(CMOCKA_LIBS) $(ZLIB_LIBS) $(SQLITE_LIBS) $(YAML_LIBS) -lm
unit_cppflags = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) $(SQLITE_CFLAGS)

include tests/unit/local.mk
include tests/fuzz/local.mk
include tests/shell/local.mk
include tests/editors/local.mk
include tests/slurm/local.mk
include tests/install/local.mk

TESTS += tests/golden/run.sh
EXTRA_DIST += tests/data tests/golden/run.sh tests/golden/build tests/golden/check \
	tests/golden/containers.txt tests/golden/fmt tests/golden/outlook tests/golden/plan tests/golden/report \
	tests/golden/site tests/golden/sky tests/golden/syntax

# What takes long and has other programs at work most of the time, waits, or looks at texts: another
# build shows nothing new of it. `check-again` is `check` without them, for the build with sanitizers;
# `check-units` only what computes, for another compiler.
once_tests = tests/unit/test_shell tests/unit/test_sky_overlap tests/editors/textmate.sh tests/editors/vim.sh \
	tests/shell/agree.sh tests/shell/completions.sh tests/shell/containers.sh \
	tests/shell/containers_files.sh tests/shell/containers_minisky.sh \
	tests/shell/containers_podman.sh tests/shell/example_dc2.sh tests/shell/explain.sh \
	tests/shell/fmt.sh tests/shell/format.sh tests/shell/formats.sh tests/shell/job_scripts.sh \
	tests/shell/layers.sh tests/shell/live_kill.sh tests/shell/man.sh tests/shell/minisky.sh \
	tests/shell/profile_keys.sh tests/shell/readme.sh tests/shell/report_browser.sh \
	tests/shell/rules.sh tests/shell/shells.sh tests/shell/shim_blame.sh tests/shell/shim_cgroups.sh \
	tests/shell/shim_leases.sh tests/shell/shim_memory.sh tests/shell/shim_races.sh tests/shell/shim_stress.sh \
	tests/shell/shim_system.sh tests/shell/submit.sh tests/shell/submit_asking.sh
.PHONY: check-again check-units
check-again:
	$(MAKE) $(AM_MAKEFLAGS) check TESTS='$(filter-out $(once_tests),$(TESTS))'
check-units:
	$(MAKE) $(AM_MAKEFLAGS) check \
	    TESTS='$(filter-out $(once_tests),$(unit_tests) $(fuzz_targets) tests/golden/run.sh)'

# Writes the golden files anew; `git diff` then shows what has changed.
.PHONY: update-golden
update-golden: wflc tests/shell/past$(EXEEXT) tests/unit/parse_dump$(EXEEXT)
	$(AM_V_GEN) for test in tests/golden/run.sh tests/shell/fmt.sh tests/shell/golden_containers.sh tests/shell/golden_site.sh \
	    tests/shell/golden_syntax.sh tests/shell/report.sh; do \
	    top_srcdir='$(abs_top_srcdir)' top_builddir='$(abs_top_builddir)' UPDATE_GOLDEN=1 \
	        sh "$(srcdir)/$$test" || exit; \
	done
