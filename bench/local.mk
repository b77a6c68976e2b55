# `make bench` compares the cost of a task with that of other tools; see bench/README.md.
EXTRA_PROGRAMS = bench/loop
bench_loop_SOURCES = bench/loop.c
CLEANFILES += $(EXTRA_PROGRAMS)
EXTRA_DIST += bench/README.md bench/overhead.sh

.PHONY: bench
bench: bench/loop wflc wfl-shim
	top_builddir='$(abs_top_builddir)' sh $(srcdir)/bench/overhead.sh
