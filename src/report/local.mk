libwflc_a_SOURCES += \
	src/report/json.c \
	src/report/lost.c src/report/lost.h \
	src/report/lost_write.c \
	src/report/said.c src/report/said.h \
	src/report/text.c \
	src/report/words.c src/report/words.h
