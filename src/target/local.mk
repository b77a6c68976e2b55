libwflc_a_SOURCES += \
	src/target/bins.c src/target/bins.h \
	src/target/container_words.c \
	src/target/containers.c src/target/containers.h \
	src/target/costs.c src/target/costs.h \
	src/target/geometry.c \
	src/target/make_shards.c \
	src/target/pack.c src/target/pack.h \
	src/target/shard_sets.c src/target/shard_sets.h \
	src/target/site.c src/target/site.h \
	src/target/target.c src/target/target.h \
	src/target/waves.c src/target/waves.h \
	src/target/work.c src/target/work.h \
	src/target/work_pack.c
