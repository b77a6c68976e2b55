libwflrt_a_SOURCES += \
	src/state/account.c src/state/account.h \
	src/state/carry.c src/state/carry.h src/state/carry-private.h \
	src/state/carry_live.c src/state/carry_write.c \
	src/state/control.c src/state/control.h \
	src/state/changed.c src/state/changed.h \
	src/state/gates.c src/state/gates.h \
	src/state/log.c src/state/log.h \
	src/state/pace.c \
	src/state/plans.c src/state/plans.h \
	src/state/progress.c src/state/progress.h \
	src/state/renew.c src/state/renew.h \
	src/state/retry.c src/state/retry.h \
	src/state/since.c src/state/since.h \
	src/state/status.c src/state/status.h \
	src/state/tally.c src/state/tally.h \
	src/state/wrote.c src/state/wrote.h
