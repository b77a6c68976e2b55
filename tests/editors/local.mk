# What editors make of campaigns, compared with the lexer.
check_PROGRAMS += tests/editors/token_classes
tests_editors_token_classes_SOURCES = tests/editors/token_classes.c
tests_editors_token_classes_CPPFLAGS = $(AM_CPPFLAGS)
tests_editors_token_classes_LDADD = libwflc.a libwflrt.a

TESTS += tests/editors/vim.sh tests/editors/textmate.sh
EXTRA_DIST += tests/editors/classes.vim tests/editors/editors_lib.sh tests/editors/textmate.js tests/editors/textmate.py \
	tests/editors/textmate.sh tests/editors/vim.sh
