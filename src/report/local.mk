libwflc_a_SOURCES += \
	src/report/carry.c src/report/carry.h \
	src/report/json.c \
	src/report/lost.c src/report/lost.h \
	src/report/lost_write.c \
	src/report/progress.c src/report/progress.h \
	src/report/retry.c src/report/retry.h \
	src/report/said.c src/report/said.h \
	src/report/status.c src/report/status.h \
	src/report/tally.c src/report/tally.h \
	src/report/text.c \
	src/report/words.c \
	src/report/wrote.c src/report/wrote.h
