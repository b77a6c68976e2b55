libwflrt_a_SOURCES += src/sched/claim.c src/sched/claim.h \
	src/sched/sched.c src/sched/sched.h src/sched/graph.c src/sched/graph.h \
	src/sched/internal.h \
	src/sched/job_time.c src/sched/job_time.h src/sched/join.c src/sched/launch.c src/sched/pause.h src/sched/ready.c src/sched/ready.h \
	src/sched/undo.c
