shell_tests = \
	tests/shell/account.sh \
	tests/shell/again.sh \
	tests/shell/verify.sh \
	tests/shell/redo.sh \
	tests/shell/accept.sh \
	tests/shell/only.sh \
	tests/shell/shim_redo.sh \
	tests/shell/live.sh \
	tests/shell/live_beside.sh \
	tests/shell/live_kill.sh \
	tests/shell/ask.sh \
	tests/shell/agree.sh \
	tests/shell/build_sites.sh \
	tests/shell/calibrate.sh \
	tests/shell/carried.sh \
	tests/shell/cameras.sh \
	tests/shell/checks.sh \
	tests/shell/cli.sh \
	tests/shell/crate.sh \
	tests/shell/completions.sh \
	tests/shell/control.sh \
	tests/shell/containers.sh \
	tests/shell/containers_files.sh \
	tests/shell/containers_minisky.sh \
	tests/shell/containers_podman.sh \
	tests/shell/depfile.sh \
	tests/shell/example_dc2.sh \
	tests/shell/explain.sh \
	tests/shell/export.sh \
	tests/shell/faults.sh \
	tests/shell/fmt.sh \
	tests/shell/formats.sh \
	tests/shell/full_disk.sh \
	tests/shell/golden_containers.sh \
	tests/shell/golden_site.sh \
	tests/shell/golden_syntax.sh \
	tests/shell/gates.sh \
	tests/shell/hooks.sh \
	tests/shell/inherited.sh \
	tests/shell/job_scripts.sh \
	tests/shell/limits.sh \
	tests/shell/list.sh \
	tests/shell/lost.sh \
	tests/shell/man.sh \
	tests/shell/manual.sh \
	tests/shell/minisky.sh \
	tests/shell/odd_files.sh \
	tests/shell/outputs.sh \
	tests/shell/plan.sh \
	tests/shell/profile_keys.sh \
	tests/shell/power_loss.sh \
	tests/shell/promises.sh \
	tests/shell/readme.sh \
	tests/shell/report.sh \
	tests/shell/report_browser.sh \
	tests/shell/rotation.sh \
	tests/shell/rotation_rows.sh \
	tests/shell/rules.sh \
	tests/shell/same_plan.sh \
	tests/shell/shared_work.sh \
	tests/shell/format.sh \
	tests/shell/layers.sh \
	tests/shell/shells.sh \
	tests/shell/shim_blame.sh \
	tests/shell/shim_bundles.sh \
	tests/shell/shim_checks.sh \
	tests/shell/shim_crash.sh \
	tests/shell/shim_deaths.sh \
	tests/shell/shim_elsewhere.sh \
	tests/shell/shim_end.sh \
	tests/shell/shim_exits.sh \
	tests/shell/shim_given_up.sh \
	tests/shell/shim_late.sh \
	tests/shell/shim_learn.sh \
	tests/shell/shim_left.sh \
	tests/shell/shim_leases.sh \
	tests/shell/shim_cgroups.sh \
	tests/shell/shim_memory.sh \
	tests/shell/shim_node.sh \
	tests/shell/shim_outputs.sh \
	tests/shell/shim_places.sh \
	tests/shell/shim_races.sh \
	tests/shell/feed.sh tests/shell/shim_feed.sh tests/shell/shim_release.sh \
	tests/shell/shim_safe.sh \
	tests/shell/shim_shards.sh \
	tests/shell/shim_stop.sh \
	tests/shell/shim_strays.sh \
	tests/shell/shim_stress.sh \
	tests/shell/shim_system.sh \
	tests/shell/shim_tasks.sh \
	tests/shell/shim_trouble.sh \
	tests/shell/sites.sh \
	tests/shell/sky.sh \
	tests/shell/sky_laws.sh \
	tests/shell/submit.sh \
	tests/shell/submit_anew.sh \
	tests/shell/submit_asking.sh \
	tests/shell/values.sh \
	tests/shell/submit_kinds.sh \
	tests/shell/submit_local.sh \
	tests/shell/submit_nodes.sh \
	tests/shell/tables.sh \
	tests/shell/since.sh \
	tests/shell/top.sh \
	tests/shell/traps.sh
TESTS += $(shell_tests)
EXTRA_DIST += $(shell_tests) tests/shell/container_lib.sh tests/shell/image.sh tests/shell/node_lib.sh tests/shell/live_lib.sh \
	tests/shell/shim_lib.sh tests/shell/submit_lib.sh tests/shell/truth_lib.sh tests/shell/verdict_lib.sh tests/shell/wflc_lib.sh \
	tests/python/wfl_code.py tests/python/wfl_crate.py \
	tests/shell/report_browser.js \
	tests/python/wfl_plan.py tests/python/wfl_read.py tests/python/wfl_record.py tests/python/wfl_report.py

# Plans and records without the compiler, for the tests of the shim.
check_PROGRAMS += tests/shell/dump tests/shell/grow tests/shell/mkplan tests/shell/past tests/shell/pattern tests/shell/record tests/shell/shutdown_fs tests/shell/slow_rules
tests_shell_dump_SOURCES = tests/shell/dump.c
tests_shell_dump_LDADD = libwflrt.a -lm
tests_shell_grow_SOURCES = tests/shell/grow.c
# it is to use what it is told to, and runs in containers
tests_shell_grow_CFLAGS = $(AM_CFLAGS) -fno-sanitize=all
tests_shell_grow_LDFLAGS = $(AM_LDFLAGS) -fno-sanitize=all
tests_shell_mkplan_SOURCES = tests/shell/mkplan.c
tests_shell_mkplan_LDADD = libwflrt.a -lm
tests_shell_past_SOURCES = tests/shell/past.c
tests_shell_past_LDADD = libwflrt.a -lm
tests_shell_record_SOURCES = tests/shell/record.c
tests_shell_record_LDADD = libwflrt.a -lm

tests_shell_pattern_SOURCES = tests/shell/pattern.c
tests_shell_pattern_LDADD = libwflrt.a
tests_shell_shutdown_fs_SOURCES = tests/shell/shutdown_fs.c
tests_shell_shutdown_fs_LDADD =

# What DC2's rules keep, without src/sky, for rules.sh.
tests_shell_slow_rules_SOURCES = tests/shell/slow_rules.c
tests_shell_slow_rules_LDADD = -lm

# Against the record's truth, at length: about five and fifteen minutes.
truth_programs = wfl-shim tests/shell/mkplan tests/shell/pattern tests/shell/record tests/shell/shutdown_fs
.PHONY: check-power check-faults
check-power: $(truth_programs)
	$(AM_TESTS_ENVIRONMENT) POWER_MOMENTS=60 POWER_SEED=$${POWER_SEED:-$$(date +%s)} sh '$(srcdir)/tests/shell/power_loss.sh'
check-faults: $(truth_programs)
	$(AM_TESTS_ENVIRONMENT) FAULTS=1200 FAULTS_SEED=$${FAULTS_SEED:-$$(date +%s)} sh '$(srcdir)/tests/shell/faults.sh'

# Of whom a record is read and mended.
reading_tests = tests/shell/planted.sh tests/shell/readers.sh
TESTS += $(reading_tests)
EXTRA_DIST += $(reading_tests) tests/python/wfl_readers.py
