libwflc_a_SOURCES += \
	src/table/csv.c \
	src/table/distinct.c \
	src/table/files.c src/table/files.h \
	src/table/from_sqlite.c \
	src/table/glob.c \
	src/table/holes.c src/table/holes.h \
	src/table/instcat.c \
	src/table/json.c \
	src/table/objects.c src/table/objects.h \
	src/table/objects_cache.c src/table/objects_cache.h \
	src/table/objects_read.c \
	src/table/put.c src/table/put.h \
	src/table/rowkey.c src/table/rowkey.h \
	src/table/select.c \
	src/table/sqlite.c src/table/sqlite.h \
	src/table/table.c src/table/table.h
