libwflrt_a_SOURCES += \
	src/runtime/check.c src/runtime/check.h \
	src/runtime/fits.c \
	src/runtime/gzip.c \
	src/runtime/inflate.c src/runtime/inflate.h \
	src/runtime/input.c src/runtime/input.h
