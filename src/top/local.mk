libwflc_a_SOURCES += \
	src/top/ask.c src/top/ask.h \
	src/top/data.c src/top/data.h \
	src/top/draw.c src/top/draw.h \
	src/top/pager.c src/top/panels.c \
	src/top/screen.c src/top/screen.h \
	src/top/view.c src/top/view.h

# what knows a terminal, and needs its library
wflc_SOURCES += \
	src/top/terminal.c src/top/terminal.h \
	src/top/top.c src/top/top.h
