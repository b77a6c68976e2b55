libwflc_a_SOURCES += \
	src/diag/checks.c src/diag/checks.h \
	src/diag/diag-private.h \
	src/diag/diag.c src/diag/diag.h \
	src/diag/nearest.c \
	src/diag/sources.c \
	src/diag/utf8.c src/diag/utf8.h
