libwflrt_a_SOURCES += \
	src/plan/build.c \
	src/plan/build.h \
	src/plan/dump.c \
	src/plan/eval.c \
	src/plan/only.c src/plan/only.h \
	src/plan/open.c \
	src/plan/plan.h \
	src/plan/shards.c \
	src/plan/shards.h
