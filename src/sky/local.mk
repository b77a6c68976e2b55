libwflc_a_SOURCES += \
	src/sky/area.c \
	src/sky/arrange.c \
	src/sky/camera.c src/sky/camera.h \
	src/sky/count.c src/sky/count.h \
	src/sky/curve.c src/sky/curve.h \
	src/sky/horizon.c src/sky/horizon.h \
	src/sky/inside.c \
	src/sky/overlap.c \
	src/sky/polygon.c src/sky/polygon.h \
	src/sky/region.c src/sky/region.h src/sky/region-private.h \
	src/sky/trim.c src/sky/trim.h \
	src/sky/vec.h
