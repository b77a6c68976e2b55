libwflc_a_SOURCES += \
	src/page/account.c \
	src/page/bins.c \
	src/page/failures.c \
	src/page/families.c \
	src/page/figures.c src/page/figures.h \
	src/page/html.c src/page/html.h \
	src/page/lookup.c src/page/lookup.h \
	src/page/nodes.c \
	src/page/page.c src/page/page.h \
	src/page/planes.c \
	src/page/progress.c \
	src/page/sky.c \
	src/page/slowest.c \
	src/page/states.c \
	src/page/style.c \
	src/page/critical.c
