# `make bench` compares the cost of a task, and of planning, with that of other tools, and how
# fast sensors are compared with a region; see bench/README.md.
EXTRA_PROGRAMS = bench/journals bench/learn bench/loop bench/measure bench/order bench/overlaps bench/pack bench/sensors bench/shards bench/sky bench/writes
bench_journals_SOURCES = bench/journals.c
bench_journals_LDADD = libwflrt.a -lm
bench_learn_SOURCES = bench/learn.c bench/random.h
bench_learn_LDADD = libwflc.a libwflrt.a $(ZLIB_LIBS) $(SQLITE_LIBS) $(YAML_LIBS) -lm
bench_loop_SOURCES = bench/loop.c
bench_measure_SOURCES = bench/measure.c
bench_order_SOURCES = bench/order.c bench/random.h
bench_order_LDADD = libwflrt.a -lm
bench_overlaps_SOURCES = bench/overlaps.c
bench_overlaps_LDADD = -lm
bench_pack_SOURCES = bench/pack.c
bench_pack_LDADD = libwflc.a libwflrt.a -lm
bench_sensors_SOURCES = bench/sensors.c
bench_shards_SOURCES = bench/shards.c
bench_shards_LDADD = libwflc.a libwflrt.a -lm
bench_sky_SOURCES = bench/sky.c
bench_sky_LDADD = libwflc.a libwflrt.a -lm
bench_writes_SOURCES = bench/writes.c
CLEANFILES += $(EXTRA_PROGRAMS)
# a change of what they call must not wait for the next measurement to show
check-local: $(EXTRA_PROGRAMS)
EXTRA_DIST += bench/README.md bench/catalogs.sh bench/data bench/drp.wfl bench/durable.sh bench/full.sh bench/irf.wfl bench/overhead.sh \
	bench/plan.sh bench/sites.sh bench/sky.sh bench/start.sh bench/status.sh bench/turn.sh bench/used.sh bench/visits.wfl

bench_env = top_builddir='$(abs_top_builddir)' top_srcdir='$(abs_top_srcdir)'

.PHONY: bench bench-memory bench-tasks bench-durable bench-plan bench-sites bench-start bench-status bench-sky bench-pack bench-full bench-order bench-learn bench-turn
bench: bench-tasks bench-memory bench-durable bench-plan bench-sites bench-start bench-status bench-sky bench-pack bench-full bench-order bench-learn bench-turn
bench-tasks: bench/loop wflc wfl-shim
	$(bench_env) sh $(srcdir)/bench/overhead.sh
bench-memory: bench/loop tests/shell/grow tests/shell/mkplan wfl-shim
	$(bench_env) sh $(srcdir)/bench/used.sh
bench-durable: bench/writes wflc wfl-shim
	$(bench_env) sh $(srcdir)/bench/durable.sh
bench-plan: bench/measure bench/overlaps wflc wfl-shim
	$(bench_env) sh $(srcdir)/bench/plan.sh
bench-sites: bench/measure wflc wfl-shim
	$(bench_env) sh $(srcdir)/bench/sites.sh
bench-start: bench/measure tests/shell/mkplan wfl-shim
	$(bench_env) sh $(srcdir)/bench/start.sh
bench-status: bench/journals bench/measure tests/shell/mkplan wflc
	$(bench_env) sh $(srcdir)/bench/status.sh
bench-sky: bench/measure bench/sky wflc
	$(bench_env) sh $(srcdir)/bench/sky.sh
bench-pack: bench/pack
	bench/pack $(srcdir)/stdlib/cameras
bench-learn: bench/learn
	bench/learn
bench-order: bench/order
	bench/order
bench-full: bench/sensors wflc wfl-shim
	$(bench_env) sh $(srcdir)/bench/full.sh
bench-turn: wflc wfl-shim
	$(bench_env) sh $(srcdir)/bench/turn.sh
