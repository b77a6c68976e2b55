libwflc_a_SOURCES += \
	src/check/bundle.c \
	src/check/call.c \
	src/check/camera.c \
	src/check/check.c src/check/check.h \
	src/check/expr.c \
	src/check/files.c \
	src/check/fold.c \
	src/check/horizon.c \
	src/check/in.c \
	src/check/message.c \
	src/check/name.c \
	src/check/pieces.c src/check/pieces.h \
	src/check/profile.c \
	src/check/props.c \
	src/check/region.c \
	src/check/rotation.c \
	src/check/run.c \
	src/check/select.c \
	src/check/shell.c \
	src/check/site.c \
	src/check/sky.c \
	src/check/source.c \
	src/check/table.c \
	src/check/task.c \
	src/check/text.c \
	src/check/use.c \
	src/check/visits.c
