libwflc_a_SOURCES += \
	src/lexer/lexer.c src/lexer/lexer.h \
	src/lexer/literal.c src/lexer/scan-interface.h src/lexer/scan-private.h \
	src/lexer/token.h \
	src/lexer/words.c src/lexer/words.h
# in the tarball, as the parser is
libwflc_a_SOURCES += src/lexer/scan.c
BUILT_SOURCES += src/lexer/scan.c
MAINTAINERCLEANFILES += src/lexer/scan.c
EXTRA_DIST += src/lexer/wfl.l

src/lexer/scan.c: src/lexer/wfl.l
	$(AM_V_GEN)$(MKDIR_P) src/lexer && $(FLEX) -o src/lexer/scan.c $(srcdir)/src/lexer/wfl.l
