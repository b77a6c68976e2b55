libwflrt_a_SOURCES += \
	src/cost/bundles.h \
	src/cost/cgroup.c src/cost/cgroup.h \
	src/cost/classes.c src/cost/classes.h \
	src/cost/cost.c src/cost/cost.h \
	src/cost/machine.c src/cost/machine.h \
	src/cost/places.c src/cost/places.h \
	src/cost/ratios.c src/cost/ratios.h
