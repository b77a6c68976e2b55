# `make bench` compares the cost of a task, and of planning, with that of other tools; see
# bench/README.md.
EXTRA_PROGRAMS = bench/loop bench/measure bench/overlaps
bench_loop_SOURCES = bench/loop.c
bench_measure_SOURCES = bench/measure.c
bench_overlaps_SOURCES = bench/overlaps.c
bench_overlaps_LDADD = -lm
CLEANFILES += $(EXTRA_PROGRAMS)
EXTRA_DIST += bench/README.md bench/overhead.sh bench/plan.sh bench/drp.wfl bench/irf.wfl

bench_env = top_builddir='$(abs_top_builddir)' top_srcdir='$(abs_top_srcdir)'

.PHONY: bench bench-tasks bench-plan
bench: bench-tasks bench-plan
bench-tasks: bench/loop wflc wfl-shim
	$(bench_env) sh $(srcdir)/bench/overhead.sh
bench-plan: bench/measure bench/overlaps wflc wfl-shim
	$(bench_env) sh $(srcdir)/bench/plan.sh
