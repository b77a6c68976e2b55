libwflc_a_SOURCES += \
	src/export/attempt.c \
	src/export/crate-private.h \
	src/export/crate.c \
	src/export/crate_graph.c \
	src/export/crate_json.c \
	src/export/crate_lines.c \
	src/export/crate_tasks.c \
	src/export/db.c \
	src/export/export.h \
	src/export/lines.c \
	src/export/rows.c \
	src/export/rows.h
