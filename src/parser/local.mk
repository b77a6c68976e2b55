libwflc_a_SOURCES += \
	src/parser/ast.c src/parser/ast.h \
	src/parser/build.c src/parser/build.h \
	src/parser/dump.c \
	src/parser/parse.c src/parser/parse.h \
	src/parser/report.c src/parser/report.h
# A tarball carries what bison makes, so that only those who change the grammar need it.
libwflc_a_SOURCES += src/parser/grammar.c src/parser/grammar.h
BUILT_SOURCES += src/parser/grammar.c src/parser/grammar.h
MAINTAINERCLEANFILES += src/parser/grammar.c src/parser/grammar.h
EXTRA_DIST += src/parser/wfl.y

src/parser/grammar.c: src/parser/wfl.y
	$(AM_V_GEN)$(MKDIR_P) src/parser && \
	$(BISON) -Wall -Werror --defines=src/parser/grammar.h -o src/parser/grammar.c $(srcdir)/src/parser/wfl.y
src/parser/grammar.h: src/parser/grammar.c
	@test -f $@ || { rm -f src/parser/grammar.c; $(MAKE) $(AM_MAKEFLAGS) src/parser/grammar.c; }
# BUILT_SOURCES covers `make all` and `make check` only.
src/lexer/libwflc_a-lexer.$(OBJEXT) src/lexer/libwflc_a-literal.$(OBJEXT) \
src/lexer/libwflc_a-words.$(OBJEXT) src/lexer/libwflc_a-scan.$(OBJEXT) \
src/parser/libwflc_a-parse.$(OBJEXT) src/parser/libwflc_a-report.$(OBJEXT): src/parser/grammar.h
