wfl_shim_SOURCES += \
	src/shim/before.c src/shim/before.h \
	src/shim/feeding.c src/shim/feeding.h \
	src/shim/hooking.c src/shim/hooking.h \
	src/shim/idle.c src/shim/idle.h \
	src/shim/loop.c src/shim/loop.h \
	src/shim/main.c \
	src/shim/node.c src/shim/node.h \
	src/shim/obey.c src/shim/obey.h \
	src/shim/turn.c src/shim/turn.h
