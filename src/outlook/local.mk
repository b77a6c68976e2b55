libwflc_a_SOURCES += \
	src/outlook/compare.c \
	src/outlook/jobs.c \
	src/outlook/json.c \
	src/outlook/levels.c src/outlook/levels.h \
	src/outlook/left.c \
	src/outlook/outlook.c src/outlook/outlook.h \
	src/outlook/pieces.c src/outlook/pieces.h \
	src/outlook/simulate.c src/outlook/simulate.h \
	src/outlook/text.c src/outlook/text.h
