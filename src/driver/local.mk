libwflc_a_SOURCES += \
	src/driver/build.c src/driver/build.h \
	src/driver/compile.c src/driver/compile.h \
	src/driver/depfile.c src/driver/depfile.h
