libwflc_a_SOURCES += \
	src/check/bundle.c \
	src/check/call.c \
	src/check/camera.c \
	src/check/check.h \
	src/check/expr.c \
	src/check/fold.c \
	src/check/horizon.c \
	src/check/in.c \
	src/check/name.c \
	src/check/operator.c \
	src/check/options.h \
	src/check/pieces.c src/check/pieces.h \
	src/check/refer.c \
	src/check/region.c \
	src/check/rotation.c \
	src/check/select.c \
	src/check/sensors.c \
	src/check/shell.c \
	src/check/sky.c \
	src/check/source.c \
	src/check/table.c \
	src/check/text.c \
	src/check/visits.c
