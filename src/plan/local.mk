libwflrt_a_SOURCES += \
	src/plan/build.c \
	src/plan/build.h \
	src/plan/dump.c \
	src/plan/eval.c \
	src/plan/open.c \
	src/plan/plan.h \
	src/plan/shards.c \
	src/plan/shards.h
libwflc_a_SOURCES += \
	src/plan/box_words.c \
	src/plan/boxes.c \
	src/plan/boxes.h \
	src/plan/bundles.h \
	src/plan/compile.c \
	src/plan/compile.h \
	src/plan/geometry.c \
	src/plan/make_shards.c \
	src/plan/outlook.c \
	src/plan/outlook.h \
	src/plan/pack.c \
	src/plan/pack.h \
	src/plan/simulate.c \
	src/plan/simulate.h \
	src/plan/site.c \
	src/plan/site.h \
	src/plan/work.c \
	src/plan/work.h
