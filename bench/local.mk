# `make bench` compares the cost of a task, and of planning, with that of other tools, and how
# fast sensors are compared with a region; see bench/README.md.
EXTRA_PROGRAMS = bench/journals bench/loop bench/measure bench/overlaps bench/pack bench/shards bench/sky bench/writes
bench_journals_SOURCES = bench/journals.c
bench_journals_LDADD = libwflrt.a -lm
bench_loop_SOURCES = bench/loop.c
bench_measure_SOURCES = bench/measure.c
bench_overlaps_SOURCES = bench/overlaps.c
bench_overlaps_LDADD = -lm
bench_pack_SOURCES = bench/pack.c
bench_pack_LDADD = libwflc.a libwflrt.a -lm
bench_shards_SOURCES = bench/shards.c
bench_shards_LDADD = libwflc.a libwflrt.a -lm
bench_sky_SOURCES = bench/sky.c
bench_sky_LDADD = libwflc.a libwflrt.a -lm
bench_writes_SOURCES = bench/writes.c
CLEANFILES += $(EXTRA_PROGRAMS)
EXTRA_DIST += bench/README.md bench/catalogs.sh bench/data bench/drp.wfl bench/durable.sh bench/full.sh bench/irf.wfl bench/overhead.sh \
	bench/plan.sh bench/sites.sh bench/sky.sh bench/start.sh bench/status.sh bench/visits.wfl

bench_env = top_builddir='$(abs_top_builddir)' top_srcdir='$(abs_top_srcdir)'

.PHONY: bench bench-tasks bench-durable bench-plan bench-sites bench-start bench-status bench-sky bench-pack bench-full
bench: bench-tasks bench-durable bench-plan bench-sites bench-start bench-status bench-sky bench-pack bench-full
bench-tasks: bench/loop wflc wfl-shim
	$(bench_env) sh $(srcdir)/bench/overhead.sh
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
bench-full: wflc wfl-shim
	$(bench_env) sh $(srcdir)/bench/full.sh
