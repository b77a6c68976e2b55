if HAVE_CMOCKA
check_PROGRAMS += tests/unit/test_journal
TESTS += tests/unit/test_journal
tests_unit_test_journal_SOURCES = tests/unit/test_journal.c
tests_unit_test_journal_CPPFLAGS = $(unit_cppflags)
tests_unit_test_journal_LDADD = $(unit_ldadd)
check_PROGRAMS += tests/unit/test_check
TESTS += tests/unit/test_check
tests_unit_test_check_SOURCES = tests/unit/test_check.c
tests_unit_test_check_CPPFLAGS = $(unit_cppflags) $(ZLIB_CFLAGS)
tests_unit_test_check_LDADD = $(unit_ldadd)
endif
