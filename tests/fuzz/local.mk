# Fuzz targets. `make check` runs each on its corpus and on mutations of it (driver.c). To fuzz:
#
#     ../configure CC=clang --enable-fuzzers --enable-sanitizers && make
#     mkdir new && tests/fuzz/fuzz_plan -artifact_prefix=$PWD/ $PWD/new $PWD/../tests/fuzz/corpus/plan
#
# (absolute paths: targets work in a folder of their own). What was found and fixed joins the corpus.
fuzz_targets = tests/fuzz/fuzz_campaign tests/fuzz/fuzz_csv tests/fuzz/fuzz_instcat \
	tests/fuzz/fuzz_plan tests/fuzz/fuzz_journal tests/fuzz/fuzz_check \
	tests/fuzz/fuzz_fmt tests/fuzz/fuzz_next tests/fuzz/fuzz_order tests/fuzz/fuzz_script tests/fuzz/fuzz_shell tests/fuzz/fuzz_site tests/fuzz/fuzz_sqlite \
	tests/fuzz/fuzz_submit
fuzz_common = tests/fuzz/fuzz.c tests/fuzz/fuzz.h
fuzz_cppflags = $(AM_CPPFLAGS) $(ZLIB_CFLAGS) $(SQLITE_CFLAGS)
fuzz_ldadd = libwflc.a libwflrt.a $(ZLIB_LIBS) $(SQLITE_LIBS) $(YAML_LIBS) -lm
EXTRA_DIST += tests/fuzz/corpus tests/fuzz/plans.sh
TESTS += tests/fuzz/plans.sh

.PHONY: update-corpus
update-corpus: wflc tests/shell/mkplan$(EXEEXT)
	$(AM_V_GEN) top_srcdir='$(abs_top_srcdir)' top_builddir='$(abs_top_builddir)' UPDATE_CORPUS=1 \
	    sh '$(srcdir)/tests/fuzz/plans.sh'

if FUZZERS
noinst_PROGRAMS = $(fuzz_targets)
fuzz_ldflags = -fsanitize=fuzzer
else
check_PROGRAMS += $(fuzz_targets)
TESTS += $(fuzz_targets)
fuzz_common += tests/fuzz/driver.c
fuzz_ldflags =
endif

tests_fuzz_fuzz_campaign_SOURCES = tests/fuzz/fuzz_campaign.c $(fuzz_common)
tests_fuzz_fuzz_campaign_CPPFLAGS = $(fuzz_cppflags)
tests_fuzz_fuzz_campaign_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_campaign_LDADD = $(fuzz_ldadd)
tests_fuzz_fuzz_csv_SOURCES = tests/fuzz/fuzz_csv.c $(fuzz_common)
tests_fuzz_fuzz_csv_CPPFLAGS = $(fuzz_cppflags)
tests_fuzz_fuzz_csv_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_csv_LDADD = $(fuzz_ldadd)
tests_fuzz_fuzz_instcat_SOURCES = tests/fuzz/fuzz_instcat.c $(fuzz_common)
tests_fuzz_fuzz_instcat_CPPFLAGS = $(fuzz_cppflags)
tests_fuzz_fuzz_instcat_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_instcat_LDADD = $(fuzz_ldadd)
tests_fuzz_fuzz_plan_SOURCES = tests/fuzz/fuzz_plan.c $(fuzz_common)
tests_fuzz_fuzz_plan_CPPFLAGS = $(fuzz_cppflags)
tests_fuzz_fuzz_plan_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_plan_LDADD = $(fuzz_ldadd)
tests_fuzz_fuzz_journal_SOURCES = tests/fuzz/fuzz_journal.c $(fuzz_common)
tests_fuzz_fuzz_journal_CPPFLAGS = $(fuzz_cppflags)
tests_fuzz_fuzz_journal_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_journal_LDADD = $(fuzz_ldadd)
tests_fuzz_fuzz_check_SOURCES = tests/fuzz/fuzz_check.c $(fuzz_common)
tests_fuzz_fuzz_check_CPPFLAGS = $(fuzz_cppflags)
tests_fuzz_fuzz_check_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_check_LDADD = $(fuzz_ldadd)
tests_fuzz_fuzz_fmt_SOURCES = tests/fuzz/fuzz_fmt.c $(fuzz_common)
tests_fuzz_fuzz_fmt_CPPFLAGS = $(fuzz_cppflags)
tests_fuzz_fuzz_fmt_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_fmt_LDADD = $(fuzz_ldadd)
tests_fuzz_fuzz_next_SOURCES = tests/fuzz/fuzz_next.c $(fuzz_common)
tests_fuzz_fuzz_next_CPPFLAGS = $(fuzz_cppflags)
tests_fuzz_fuzz_next_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_next_LDADD = $(fuzz_ldadd)
tests_fuzz_fuzz_order_SOURCES = tests/fuzz/fuzz_order.c $(fuzz_common)
tests_fuzz_fuzz_order_CPPFLAGS = $(fuzz_cppflags)
tests_fuzz_fuzz_order_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_order_LDADD = $(fuzz_ldadd)
tests_fuzz_fuzz_script_SOURCES = tests/fuzz/fuzz_script.c $(fuzz_common)
tests_fuzz_fuzz_script_CPPFLAGS = $(fuzz_cppflags)
tests_fuzz_fuzz_script_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_script_LDADD = $(fuzz_ldadd)
tests_fuzz_fuzz_site_SOURCES = tests/fuzz/fuzz_site.c $(fuzz_common)
tests_fuzz_fuzz_site_CPPFLAGS = $(fuzz_cppflags)
tests_fuzz_fuzz_site_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_site_LDADD = $(fuzz_ldadd)
tests_fuzz_fuzz_sqlite_SOURCES = tests/fuzz/fuzz_sqlite.c $(fuzz_common)
tests_fuzz_fuzz_sqlite_CPPFLAGS = $(fuzz_cppflags)
tests_fuzz_fuzz_sqlite_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_sqlite_LDADD = $(fuzz_ldadd)
tests_fuzz_fuzz_submit_SOURCES = tests/fuzz/fuzz_submit.c $(fuzz_common)
tests_fuzz_fuzz_submit_CPPFLAGS = $(fuzz_cppflags)
tests_fuzz_fuzz_submit_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_submit_LDADD = $(fuzz_ldadd)
tests_fuzz_fuzz_shell_SOURCES = tests/fuzz/fuzz_shell.c $(fuzz_common)
tests_fuzz_fuzz_shell_CPPFLAGS = $(fuzz_cppflags)
tests_fuzz_fuzz_shell_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_shell_LDADD = $(fuzz_ldadd)
