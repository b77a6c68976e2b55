libwflrt_a_SOURCES += \
	src/plan/plan.h src/plan/open.c src/plan/eval.c src/plan/dump.c \
	src/plan/build.h src/plan/build.c
