libwflc_a_SOURCES += \
	src/submit/anew.c src/submit/anew.h \
	src/submit/ask.c \
	src/submit/by_hand.c \
	src/submit/id.c \
	src/submit/held.c \
	src/submit/jobs.c src/submit/jobs.h \
	src/submit/keep.c src/submit/keep.h \
	src/submit/limits.c src/submit/limits.h \
	src/submit/local.c src/submit/local.h \
	src/submit/output.c src/submit/output.h \
	src/submit/queue.c src/submit/queue.h \
	src/submit/queue_json.c \
	src/submit/record.c src/submit/record.h \
	src/submit/refusal.c src/submit/refusal.h \
	src/submit/run.c src/submit/run.h \
	src/submit/scheduler.c src/submit/scheduler.h \
	src/submit/settle.c
