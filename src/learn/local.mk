libwflrt_a_SOURCES += \
	src/learn/book.c src/learn/book.h \
	src/learn/shared.c src/learn/shared.h \
	src/learn/class_times.c src/learn/class_times.h
