libwflrt_a_SOURCES += \
	src/state/carry.c src/state/carry.h \
	src/state/log.c src/state/log.h \
	src/state/progress.c src/state/progress.h \
	src/state/retry.c src/state/retry.h \
	src/state/status.c src/state/status.h \
	src/state/tally.c src/state/tally.h \
	src/state/wrote.c src/state/wrote.h
