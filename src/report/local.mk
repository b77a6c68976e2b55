libwflc_a_SOURCES += \
	src/report/account.c \
	src/report/amend.c src/report/amend.h \
	src/report/before.c src/report/before.h \
	src/report/control.c src/report/control.h \
	src/report/gates.c src/report/hooks.c src/report/json.c src/report/late.c \
	src/report/nodes.c \
	src/report/lost.c src/report/lost.h \
	src/report/said.c src/report/said.h \
	src/report/text.c src/report/times.c \
	src/report/words.c src/report/words.h
