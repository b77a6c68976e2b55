libwflrt_a_SOURCES += \
	src/journal/again.c src/journal/again.h \
	src/journal/journal.c src/journal/journal.h \
	src/journal/lease.c src/journal/lease.h src/journal/lease_wait.c \
	src/journal/names.c src/journal/names.h \
	src/journal/next.c src/journal/next.h \
	src/journal/nodes.c src/journal/nodes.h \
	src/journal/offer.c src/journal/offer.h \
	src/journal/order.c src/journal/order.h \
	src/journal/paths.h \
	src/journal/read.c \
	src/journal/says.c src/journal/says.h \
	src/journal/stop.c src/journal/stop.h \
	src/journal/wanted.c src/journal/wanted.h
