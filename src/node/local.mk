wfl_shim_SOURCES += \
	src/node/awaited.c src/node/awaited.h \
	src/node/cgroups.c src/node/cgroups.h \
	src/node/command.c src/node/command.h \
	src/node/container.c src/node/container.h \
	src/node/container_copy.c \
	src/node/container_image.c \
	src/node/container_start.c \
	src/node/disk.c src/node/disk.h \
	src/node/environ.c src/node/environ.h \
	src/node/feeder.c src/node/feeder.h \
	src/node/given_up.c src/node/given_up.h \
	src/node/gpus.c src/node/gpus.h \
	src/node/group.c src/node/group.h \
	src/node/guard.c src/node/guard.h \
	src/node/handover.h \
	src/node/keeper.c src/node/keeper.h \
	src/node/lists.c src/node/lists.h \
	src/node/memory.c src/node/memory.h \
	src/node/orphans.c src/node/orphans.h \
	src/node/prepare.c src/node/prepare.h \
	src/node/process.c src/node/process.h \
	src/node/redone.c src/node/redone.h \
	src/node/say.c src/node/say.h \
	src/node/strays.c src/node/strays.h \
	src/node/sync_items.c \
	src/node/syncer.c src/node/syncer.h \
	src/node/task_env.c src/node/task_env.h \
	src/node/usage.c src/node/usage.h \
	src/node/use.c src/node/use.h \
	src/node/watch.c src/node/watch.h
