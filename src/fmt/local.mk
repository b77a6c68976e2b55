libwflc_a_SOURCES += \
	src/fmt/comments.c \
	src/fmt/cut.c \
	src/fmt/diff.c \
	src/fmt/format.c src/fmt/format.h \
	src/fmt/page.h \
	src/fmt/place.c \
	src/fmt/space.c

# BUILT_SOURCES covers `make all` and `make check` only.
src/fmt/libwflc_a-cut.$(OBJEXT) src/fmt/libwflc_a-place.$(OBJEXT) \
src/fmt/libwflc_a-space.$(OBJEXT): src/parser/grammar.h
