wflc_SOURCES += \
	src/command/asked.c src/command/asked.h \
	src/command/at_site.c src/command/at_site.h \
	src/command/build.c src/command/build.h \
	src/command/build_live.c src/command/build_live.h \
	src/command/command.c src/command/command.h \
	src/command/control.h src/command/control_order.c \
	src/command/find.c \
	src/command/options.c src/command/options.h \
	src/command/queued.c src/command/queued.h
