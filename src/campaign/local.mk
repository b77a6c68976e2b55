libwflc_a_SOURCES += \
	src/campaign/bundle.c \
	src/campaign/campaign.c src/campaign/campaign.h src/campaign/internal.h \
	src/campaign/feed.c \
	src/campaign/files.c \
	src/campaign/gate.c \
	src/campaign/hook.c \
	src/campaign/learn.c \
	src/campaign/message.c \
	src/campaign/profile.c \
	src/campaign/props.c \
	src/campaign/run.c \
	src/campaign/site.c \
	src/campaign/task.c \
	src/campaign/use.c \
	src/campaign/uses.c
