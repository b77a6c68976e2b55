libwflc_a_SOURCES += \
	src/shell/compound.c \
	src/shell/lex.c src/shell/lex.h \
	src/shell/scan.c src/shell/scan.h \
	src/shell/word.c
