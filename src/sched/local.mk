libwflrt_a_SOURCES += src/sched/sched.c src/sched/sched.h src/sched/graph.c src/sched/graph.h
