libwflc_a_SOURCES += \
	src/chart/colour.c src/chart/colour.h \
	src/chart/coverage.c src/chart/coverage.h \
	src/chart/coverage_text.c \
	src/chart/depth.c \
	src/chart/focal_plane.c \
	src/chart/graticule.c \
	src/chart/picture.h \
	src/chart/plot.c src/chart/plot.h \
	src/chart/projection.c src/chart/projection.h \
	src/chart/scale.c src/chart/scale.h \
	src/chart/sky_map.c \
	src/chart/svg.c src/chart/svg.h \
	src/chart/theme.c \
	src/chart/view.c
