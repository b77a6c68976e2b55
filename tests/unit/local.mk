if HAVE_CMOCKA
unit_tests = \
	tests/unit/test_calibrate \
	tests/unit/test_account \
	tests/unit/test_ahead \
	tests/unit/test_awaited \
	tests/unit/test_carry \
	tests/unit/test_chart \
	tests/unit/test_claim \
	tests/unit/test_control \
	tests/unit/test_cost \
	tests/unit/test_whole \
	tests/unit/test_diag \
	tests/unit/test_feeder \
	tests/unit/test_export \
	tests/unit/test_fits \
	tests/unit/test_guard \
	tests/unit/test_hooks \
	tests/unit/test_job \
	tests/unit/test_job_time \
	tests/unit/test_journal \
	tests/unit/test_learn \
	tests/unit/test_lost \
	tests/unit/test_machine \
	tests/unit/test_next \
	tests/unit/test_nodes \
	tests/unit/test_objects \
	tests/unit/test_outlook \
	tests/unit/test_outputs \
	tests/unit/test_pack \
	tests/unit/test_parse \
	tests/unit/test_places \
	tests/unit/test_plan \
	tests/unit/test_planner \
	tests/unit/test_plot \
	tests/unit/test_processes \
	tests/unit/test_queue \
	tests/unit/test_ratios \
	tests/unit/test_readers \
	tests/unit/test_relation \
	tests/unit/test_rows \
	tests/unit/test_sched \
	tests/unit/test_select \
	tests/unit/test_sh \
	tests/unit/test_shards \
	tests/unit/test_shell \
	tests/unit/test_site \
	tests/unit/test_sky_camera \
	tests/unit/test_sky_overlap \
	tests/unit/test_sky_region \
	tests/unit/test_sqlite \
	tests/unit/test_status \
	tests/unit/test_submit \
	tests/unit/test_table \
	tests/unit/test_top \
	tests/unit/test_units \
	tests/unit/test_util
check_PROGRAMS += $(unit_tests)
TESTS += $(unit_tests)

tests_unit_test_calibrate_SOURCES = tests/unit/test_calibrate.c
tests_unit_test_calibrate_CPPFLAGS = $(unit_cppflags)
tests_unit_test_calibrate_LDADD = $(unit_ldadd)
tests_unit_test_carry_SOURCES = tests/unit/test_carry.c tests/unit/place_lib.h
tests_unit_test_ahead_SOURCES = tests/unit/test_ahead.c tests/unit/temp_lib.h
tests_unit_test_ahead_CPPFLAGS = $(unit_cppflags)
tests_unit_test_ahead_LDADD = $(unit_ldadd)
tests_unit_test_awaited_SOURCES = tests/unit/test_awaited.c src/node/awaited.c src/node/disk.c
tests_unit_test_awaited_CPPFLAGS = $(unit_cppflags)
tests_unit_test_awaited_LDADD = $(unit_ldadd)
tests_unit_test_carry_CPPFLAGS = $(unit_cppflags)
tests_unit_test_carry_LDADD = $(unit_ldadd)
tests_unit_test_claim_SOURCES = tests/unit/test_claim.c
tests_unit_test_claim_CPPFLAGS = $(unit_cppflags)
tests_unit_test_claim_LDADD = $(unit_ldadd)
tests_unit_test_chart_SOURCES = tests/unit/test_chart.c tests/unit/sky_lib.h
tests_unit_test_chart_CPPFLAGS = $(unit_cppflags)
tests_unit_test_chart_LDADD = $(unit_ldadd)
tests_unit_test_control_SOURCES = tests/unit/test_control.c
tests_unit_test_control_CPPFLAGS = $(unit_cppflags)
tests_unit_test_control_LDADD = $(unit_ldadd)
tests_unit_test_cost_SOURCES = tests/unit/test_cost.c
tests_unit_test_cost_CPPFLAGS = $(unit_cppflags)
tests_unit_test_cost_LDADD = $(unit_ldadd)
tests_unit_test_whole_SOURCES = tests/unit/test_whole.c tests/unit/fits_lib.h
tests_unit_test_whole_CPPFLAGS = $(unit_cppflags) $(ZLIB_CFLAGS)
tests_unit_test_whole_LDADD = $(unit_ldadd)
tests_unit_test_export_SOURCES = tests/unit/test_export.c
tests_unit_test_export_CPPFLAGS = $(unit_cppflags)
tests_unit_test_export_LDADD = $(unit_ldadd)
tests_unit_test_fits_SOURCES = tests/unit/test_fits.c tests/unit/fits_lib.h
tests_unit_test_fits_CPPFLAGS = $(unit_cppflags) $(ZLIB_CFLAGS)
tests_unit_test_fits_LDADD = $(unit_ldadd)
tests_unit_test_feeder_SOURCES = tests/unit/test_feeder.c src/node/feeder.c
tests_unit_test_feeder_CPPFLAGS = $(unit_cppflags)
tests_unit_test_feeder_LDADD = $(unit_ldadd)
tests_unit_test_guard_SOURCES = tests/unit/test_guard.c src/node/guard.c
tests_unit_test_guard_CPPFLAGS = $(unit_cppflags)
tests_unit_test_guard_LDADD = $(unit_ldadd)
tests_unit_test_ratios_SOURCES = tests/unit/test_ratios.c
tests_unit_test_ratios_CPPFLAGS = $(unit_cppflags)
tests_unit_test_ratios_LDADD = $(unit_ldadd)
tests_unit_test_diag_SOURCES = tests/unit/test_diag.c
tests_unit_test_diag_CPPFLAGS = $(unit_cppflags)
tests_unit_test_diag_LDADD = $(unit_ldadd)
tests_unit_test_learn_SOURCES = tests/unit/test_learn.c
tests_unit_test_learn_CPPFLAGS = $(unit_cppflags)
tests_unit_test_learn_LDADD = $(unit_ldadd)
tests_unit_test_lost_SOURCES = tests/unit/test_lost.c tests/unit/image_lib.h tests/unit/place_lib.h
tests_unit_test_lost_CPPFLAGS = $(unit_cppflags)
tests_unit_test_lost_LDADD = $(unit_ldadd)

tests_unit_test_hooks_SOURCES = tests/unit/test_hooks.c
tests_unit_test_hooks_CPPFLAGS = $(unit_cppflags)
tests_unit_test_hooks_LDADD = $(unit_ldadd)
tests_unit_test_job_SOURCES = tests/unit/test_job.c tests/unit/place_lib.h
tests_unit_test_job_CPPFLAGS = $(unit_cppflags)
tests_unit_test_job_LDADD = $(unit_ldadd)
tests_unit_test_job_time_SOURCES = tests/unit/test_job_time.c
tests_unit_test_job_time_CPPFLAGS = $(unit_cppflags)
tests_unit_test_job_time_LDADD = $(unit_ldadd)
tests_unit_test_journal_SOURCES = tests/unit/test_journal.c tests/unit/temp_lib.h
tests_unit_test_journal_CPPFLAGS = $(unit_cppflags)
tests_unit_test_journal_LDADD = $(unit_ldadd)
tests_unit_test_machine_SOURCES = tests/unit/test_machine.c
tests_unit_test_machine_CPPFLAGS = $(unit_cppflags)
tests_unit_test_machine_LDADD = $(unit_ldadd)
tests_unit_test_places_SOURCES = tests/unit/test_places.c
tests_unit_test_places_CPPFLAGS = $(unit_cppflags)
tests_unit_test_places_LDADD = $(unit_ldadd)
tests_unit_test_plot_SOURCES = tests/unit/test_plot.c
tests_unit_test_plot_CPPFLAGS = $(unit_cppflags)
tests_unit_test_plot_LDADD = $(unit_ldadd)
tests_unit_test_next_SOURCES = tests/unit/test_next.c
tests_unit_test_next_CPPFLAGS = $(unit_cppflags)
tests_unit_test_next_LDADD = $(unit_ldadd)

tests_unit_test_nodes_SOURCES = tests/unit/test_nodes.c
tests_unit_test_nodes_CPPFLAGS = $(unit_cppflags)
tests_unit_test_nodes_LDADD = $(unit_ldadd)
tests_unit_test_objects_SOURCES = tests/unit/test_objects.c tests/unit/sky_lib.h
tests_unit_test_objects_CPPFLAGS = $(unit_cppflags) $(ZLIB_CFLAGS)
tests_unit_test_objects_LDADD = $(unit_ldadd)
tests_unit_test_outlook_SOURCES = tests/unit/test_outlook.c tests/unit/image_lib.h
tests_unit_test_outlook_CPPFLAGS = $(unit_cppflags)
tests_unit_test_outlook_LDADD = $(unit_ldadd)
tests_unit_test_outputs_SOURCES = tests/unit/test_outputs.c tests/unit/image_lib.h
tests_unit_test_outputs_CPPFLAGS = $(unit_cppflags)
tests_unit_test_outputs_LDADD = $(unit_ldadd)
tests_unit_test_pack_SOURCES = tests/unit/test_pack.c
tests_unit_test_pack_CPPFLAGS = $(unit_cppflags)
tests_unit_test_pack_LDADD = $(unit_ldadd)
tests_unit_test_parse_SOURCES = tests/unit/test_parse.c
tests_unit_test_parse_CPPFLAGS = $(unit_cppflags)
tests_unit_test_parse_LDADD = $(unit_ldadd)
tests_unit_test_plan_SOURCES = tests/unit/test_plan.c
tests_unit_test_plan_CPPFLAGS = $(unit_cppflags)
tests_unit_test_plan_LDADD = $(unit_ldadd)
tests_unit_test_planner_SOURCES = tests/unit/test_planner.c tests/unit/image_lib.h
tests_unit_test_planner_CPPFLAGS = $(unit_cppflags)
tests_unit_test_planner_LDADD = $(unit_ldadd)
tests_unit_test_processes_SOURCES = tests/unit/test_processes.c tests/unit/image_lib.h tests/unit/place_lib.h
tests_unit_test_processes_CPPFLAGS = $(unit_cppflags)
tests_unit_test_processes_LDADD = $(unit_ldadd)
tests_unit_test_queue_SOURCES = tests/unit/test_queue.c
tests_unit_test_queue_CPPFLAGS = $(unit_cppflags)
tests_unit_test_queue_LDADD = $(unit_ldadd)
tests_unit_test_rows_SOURCES = tests/unit/test_rows.c
tests_unit_test_rows_CPPFLAGS = $(unit_cppflags)
tests_unit_test_rows_LDADD = $(unit_ldadd)
tests_unit_test_sqlite_SOURCES = tests/unit/test_sqlite.c
tests_unit_test_sqlite_CPPFLAGS = $(unit_cppflags)
tests_unit_test_sqlite_LDADD = $(unit_ldadd)
tests_unit_test_readers_SOURCES = tests/unit/test_readers.c
tests_unit_test_readers_CPPFLAGS = $(unit_cppflags)
tests_unit_test_readers_LDADD = $(unit_ldadd)
tests_unit_test_relation_SOURCES = tests/unit/test_relation.c
tests_unit_test_relation_CPPFLAGS = $(unit_cppflags)
tests_unit_test_relation_LDADD = $(unit_ldadd)
tests_unit_test_select_SOURCES = tests/unit/test_select.c tests/unit/image_lib.h tests/unit/place_lib.h
tests_unit_test_select_CPPFLAGS = $(unit_cppflags)
tests_unit_test_select_LDADD = $(unit_ldadd)
tests_unit_test_sh_SOURCES = tests/unit/test_sh.c tests/unit/place_lib.h
tests_unit_test_sh_CPPFLAGS = $(unit_cppflags)
tests_unit_test_sh_LDADD = $(unit_ldadd)
tests_unit_test_shards_SOURCES = tests/unit/test_shards.c tests/unit/image_lib.h
tests_unit_test_shards_CPPFLAGS = $(unit_cppflags)
tests_unit_test_shards_LDADD = $(unit_ldadd)
tests_unit_test_shell_SOURCES = tests/unit/test_shell.c tests/unit/image_lib.h
tests_unit_test_shell_CPPFLAGS = $(unit_cppflags)
tests_unit_test_shell_LDADD = $(unit_ldadd)
tests_unit_test_site_SOURCES = tests/unit/test_site.c
tests_unit_test_site_CPPFLAGS = $(unit_cppflags)
tests_unit_test_site_LDADD = $(unit_ldadd)
tests_unit_test_sched_SOURCES = tests/unit/test_sched.c
tests_unit_test_sched_CPPFLAGS = $(unit_cppflags)
tests_unit_test_sched_LDADD = $(unit_ldadd)
tests_unit_test_sky_camera_SOURCES = tests/unit/test_sky_camera.c tests/unit/sky_lib.h
tests_unit_test_sky_camera_CPPFLAGS = $(unit_cppflags)
tests_unit_test_sky_camera_LDADD = $(unit_ldadd)
tests_unit_test_sky_overlap_SOURCES = tests/unit/test_sky_overlap.c tests/unit/sky_lib.h \
	tests/unit/sky_slow.h
tests_unit_test_sky_overlap_CPPFLAGS = $(unit_cppflags)
tests_unit_test_sky_overlap_LDADD = $(unit_ldadd)
tests_unit_test_sky_region_SOURCES = tests/unit/test_sky_region.c tests/unit/sky_lib.h
tests_unit_test_sky_region_CPPFLAGS = $(unit_cppflags)
tests_unit_test_sky_region_LDADD = $(unit_ldadd)
if HAVE_WCSLIB
tests_unit_test_sky_camera_CPPFLAGS += $(WCSLIB_CFLAGS) -DHAVE_WCSLIB
tests_unit_test_sky_camera_LDADD += $(WCSLIB_LIBS)
endif
tests_unit_test_account_SOURCES = tests/unit/test_account.c
tests_unit_test_account_CPPFLAGS = $(unit_cppflags)
tests_unit_test_account_LDADD = $(unit_ldadd)
tests_unit_test_top_SOURCES = tests/unit/test_top.c
tests_unit_test_top_CPPFLAGS = $(unit_cppflags)
tests_unit_test_top_LDADD = $(unit_ldadd)

tests_unit_test_status_SOURCES = tests/unit/test_status.c
tests_unit_test_status_CPPFLAGS = $(unit_cppflags)
tests_unit_test_status_LDADD = $(unit_ldadd)
tests_unit_test_submit_SOURCES = tests/unit/test_submit.c
tests_unit_test_submit_CPPFLAGS = $(unit_cppflags)
tests_unit_test_submit_LDADD = $(unit_ldadd)
tests_unit_test_table_SOURCES = tests/unit/test_table.c
tests_unit_test_table_CPPFLAGS = $(unit_cppflags)
tests_unit_test_table_LDADD = $(unit_ldadd)
tests_unit_test_units_SOURCES = tests/unit/test_units.c
tests_unit_test_units_CPPFLAGS = $(unit_cppflags)
tests_unit_test_units_LDADD = $(unit_ldadd)
tests_unit_test_util_SOURCES = tests/unit/test_util.c
tests_unit_test_util_CPPFLAGS = $(unit_cppflags)
tests_unit_test_util_LDADD = $(unit_ldadd)
endif

# Prints what the parser makes of a file, for tests/shell/golden_syntax.sh.
check_PROGRAMS += tests/unit/parse_dump
tests_unit_parse_dump_SOURCES = tests/unit/parse_dump.c
tests_unit_parse_dump_CPPFLAGS = $(AM_CPPFLAGS)
tests_unit_parse_dump_LDADD = libwflc.a libwflrt.a
