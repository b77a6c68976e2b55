wfl_shim_SOURCES += \
	src/runtime/alone.c \
	src/runtime/blame.c \
	src/runtime/checks.c \
	src/runtime/elsewhere.c \
	src/runtime/end.c \
	src/runtime/fed.c src/runtime/feed.c \
	src/runtime/files-private.h \
	src/runtime/files.h \
	src/runtime/files.c \
	src/runtime/follow.c \
	src/runtime/found.c \
	src/runtime/late.c src/runtime/learned.c \
	src/runtime/left.c \
	src/runtime/peaks.c \
	src/runtime/release.c \
	src/runtime/resume.c \
	src/runtime/shim.c src/runtime/shim.h \
	src/runtime/safe.c \
	src/runtime/shards.c src/runtime/shards.h \
	src/runtime/slot.c src/runtime/slot.h \
	src/runtime/slots.c \
	src/runtime/spawn.c \
	src/runtime/stale.c \
	src/runtime/sweep.c \
	src/runtime/trouble.c \
	src/runtime/wanted.c
