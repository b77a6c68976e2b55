libwflc_a_SOURCES += \
	src/chart/colour.c src/chart/colour.h \
	src/chart/coverage.c src/chart/coverage.h \
	src/chart/coverage_text.c \
	src/chart/depth.c \
	src/chart/focal_plane.c \
	src/chart/graticule.c \
	src/chart/picture.h \
	src/chart/projection.c src/chart/projection.h \
	src/chart/sky_map.c \
	src/chart/svg.c src/chart/svg.h \
	src/chart/view.c
