libwflc_a_SOURCES += \
	src/codegen/local.c src/codegen/local.h \
	src/codegen/sh.c src/codegen/sh.h
