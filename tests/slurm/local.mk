# What a real Slurm makes of our jobs. Each test has a cluster of its own (cluster.sh), and most of
# them wait for walltimes to end, so they run at the same time.
slurm_tests = \
	tests/slurm/bad_node.sh \
	tests/slurm/again.sh \
	tests/slurm/asking.sh \
	tests/slurm/cancel.sh \
	tests/slurm/cluster_test.sh \
	tests/slurm/environment.sh \
	tests/slurm/full_nodes.sh \
	tests/slurm/inherited.sh \
	tests/slurm/limit.sh \
	tests/slurm/lost.sh \
	tests/slurm/memory.sh \
	tests/slurm/minisky.sh \
	tests/slurm/new_plan.sh \
	tests/slurm/node_lost.sh \
	tests/slurm/refused.sh \
	tests/slurm/remaining.sh \
	tests/slurm/resized.sh \
	tests/slurm/sites.sh \
	tests/slurm/two_jobs.sh \
	tests/slurm/walltime.sh
EXTRA_DIST += $(slurm_tests) tests/slurm/cluster.sh tests/slurm/partitions.conf \
	tests/slurm/slurm_lib.sh

.PHONY: check-slurm
check-slurm: all tests/shell/record$(EXEEXT)
	$(MAKE) $(AM_MAKEFLAGS) -j8 check-TESTS TESTS='$(slurm_tests)' TEST_SUITE_LOG=slurm-suite.log
