libwflc_a_SOURCES += \
	src/redo/choose.c \
	src/redo/price.c \
	src/redo/quarantine.c \
	src/redo/record.c \
	src/redo/redo.h
