libwflrt_a_SOURCES += \
	src/vm/vm.h src/vm/run.c src/vm/verify.c src/vm/format.c src/vm/text.c src/vm/internal.h
