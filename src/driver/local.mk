libwflc_a_SOURCES += \
	src/driver/compile.c src/driver/compile.h
