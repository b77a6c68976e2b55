libwflc_a_SOURCES += \
	src/planner/answers.c \
	src/planner/cells.c \
	src/planner/enumerate.c \
	src/planner/groups.c \
	src/planner/joinkey.c src/planner/joinkey.h \
	src/planner/messages.c \
	src/planner/order.c \
	src/planner/planner.c src/planner/planner.h \
	src/planner/prove.c src/planner/prove.h \
	src/planner/prove_fit.c \
	src/planner/prove_inside.c \
	src/planner/prove_lists.c \
	src/planner/prove_outputs.c \
	src/planner/shape.c src/planner/shape.h \
	src/planner/shape_canonical.c \
	src/planner/shape_differ.c \
	src/planner/via.c \
	src/planner/write.c
