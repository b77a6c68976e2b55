libwflc_a_SOURCES += \
	src/target/container_words.c \
	src/target/containers.c src/target/containers.h \
	src/target/costs.c src/target/costs.h \
	src/target/geometry.c \
	src/target/make_shards.c \
	src/target/shard_sets.c src/target/shard_sets.h \
	src/target/site.c src/target/site.h \
	src/target/target.c src/target/target.h \
	src/target/work.c src/target/work.h
