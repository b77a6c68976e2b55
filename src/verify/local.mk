libwflrt_a_SOURCES += \
	src/verify/check.c src/verify/check.h \
	src/verify/fits.c \
	src/verify/gunzip.h \
	src/verify/gzip.c \
	src/verify/inflate.c src/verify/inflate.h \
	src/verify/input.c src/verify/input.h
