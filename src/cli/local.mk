wflc_SOURCES += \
	src/cli/build.c src/cli/build.h \
	src/cli/cmd_build.c \
	src/cli/cmd_check.c \
	src/cli/cmd_help.c \
	src/cli/cmd_run.c \
	src/cli/cmd_status.c \
	src/cli/command.h \
	src/cli/find.c \
	src/cli/main.c \
	src/cli/options.c src/cli/options.h
