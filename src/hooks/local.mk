libwflrt_a_SOURCES += \
	src/hooks/hooks.c src/hooks/hooks.h \
	src/hooks/run.c src/hooks/run.h
