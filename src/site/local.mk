libwflc_a_SOURCES += \
	src/site/check.h \
	src/site/check_fit.c \
	src/site/check_kind.c \
	src/site/check_tree.c \
	src/site/fill.c src/site/fill.h \
	src/site/find.c \
	src/site/fit.h \
	src/site/kinds.c \
	src/site/plain.c \
	src/site/profile.c src/site/profile.h \
	src/site/read.c \
	src/site/rules.h \
	src/site/schema.c src/site/schema.h \
	src/site/show.c \
	src/site/value.c src/site/value.h \
	src/site/yaml.c src/site/yaml.h
