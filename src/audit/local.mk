libwflc_a_SOURCES += \
	src/audit/adopt.c \
	src/audit/audit.c src/audit/audit.h \
	src/audit/orphans.c
