libwflrt_a_SOURCES += \
	src/util/arena.c src/util/arena.h \
	src/util/buf.c src/util/buf.h \
	src/util/file.c src/util/file.h \
	src/util/hash.c src/util/hash.h \
	src/util/map128.c src/util/map128.h \
	src/util/map64.c src/util/map64.h \
	src/util/number.c src/util/number.h \
	src/util/parallel.c src/util/parallel.h \
	src/util/relation.c src/util/relation.h \
	src/util/rlimits.c src/util/rlimits.h \
	src/util/sha256.c src/util/sha256.h \
	src/util/strpool.c src/util/strpool.h \
	src/util/system.c src/util/system.h
libwflrt_a_SOURCES += \
	src/util/json.c src/util/json.h \
	src/util/json_read.c src/util/json_read.h \
	src/util/list.c src/util/list.h \
	src/util/names.c src/util/names.h \
	src/util/stdlib.c src/util/stdlib.h
