libwflrt_a_SOURCES += \
	src/plan/plan.h src/plan/open.c src/plan/eval.c src/plan/dump.c \
	src/plan/build.h src/plan/build.c src/plan/shards.h src/plan/shards.c
libwflc_a_SOURCES += \
	src/plan/answers.c \
	src/plan/box_words.c \
	src/plan/boxes.c \
	src/plan/boxes.h \
	src/plan/bundles.h \
	src/plan/compile.c \
	src/plan/compile.h \
	src/plan/cells.c src/plan/enumerate.c \
	src/plan/geometry.c \
	src/plan/groups.c \
	src/plan/joinkey.c \
	src/plan/joinkey.h \
	src/plan/make_shards.c \
	src/plan/messages.c \
	src/plan/order.c \
	src/plan/outlook.c \
	src/plan/outlook.h \
	src/plan/pack.c \
	src/plan/pack.h \
	src/plan/planner.c \
	src/plan/planner.h \
	src/plan/prove.c \
	src/plan/prove.h \
	src/plan/prove_fit.c \
	src/plan/prove_inside.c \
	src/plan/prove_lists.c \
	src/plan/prove_outputs.c \
	src/plan/shape.c \
	src/plan/shape.h \
	src/plan/shape_canonical.c \
	src/plan/shape_differ.c \
	src/plan/simulate.c \
	src/plan/simulate.h \
	src/plan/site.c \
	src/plan/site.h \
	src/plan/via.c \
	src/plan/work.c \
	src/plan/work.h
