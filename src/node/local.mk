wfl_shim_SOURCES += \
	src/node/keeper.c src/node/keeper.h \
	src/node/process.c src/node/process.h \
	src/node/say.c src/node/say.h \
	src/node/sync_items.c \
	src/node/syncer.c src/node/syncer.h
