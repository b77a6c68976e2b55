libwflc_a_SOURCES += \
	src/calibrate/apply.c \
	src/calibrate/calibrate.c src/calibrate/calibrate.h \
	src/calibrate/depend.c src/calibrate/depend.h \
	src/calibrate/fit.c src/calibrate/fit.h \
	src/calibrate/json.c \
	src/calibrate/lines.c \
	src/calibrate/processes.c src/calibrate/processes.h \
	src/calibrate/text.c
