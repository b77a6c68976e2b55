libwflc_a_SOURCES += \
	src/model/demand.c src/model/demand.h \
	src/model/expr.c src/model/expr.h \
	src/model/model.c src/model/model.h \
	src/model/model_dump.c \
	src/model/rows.c src/model/rows.h \
	src/model/sky_use.c src/model/sky_use.h \
	src/model/units.c src/model/units.h
