libwflc_a_SOURCES += \
	src/target/box_words.c \
	src/target/boxes.c src/target/boxes.h \
	src/target/geometry.c \
	src/target/make_shards.c \
	src/target/site.c src/target/site.h \
	src/target/work.c src/target/work.h
