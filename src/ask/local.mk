libwflc_a_SOURCES += \
	src/ask/attempts.c src/ask/attempts.h \
	src/ask/columns.c src/ask/columns.h \
	src/ask/facts.c src/ask/facts.h \
	src/ask/needs.c src/ask/needs.h \
	src/ask/select-private.h src/ask/select.c src/ask/select.h \
	src/ask/select_read.c \
	src/ask/why.c src/ask/why.h
libwflc_a_SOURCES += src/ask/chain.c src/ask/chain.h
