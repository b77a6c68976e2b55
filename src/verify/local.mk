libwflrt_a_SOURCES += \
	src/verify/whole.c src/verify/whole.h \
	src/verify/fits.c \
	src/verify/gunzip.h \
	src/verify/gzip.c \
	src/verify/inflate.c src/verify/inflate.h \
	src/verify/input.c src/verify/input.h
