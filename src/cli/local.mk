wflc_SOURCES += \
	src/cli/cmd_build.c \
	src/cli/cmd_calibrate.c \
	src/cli/cmd_cancel.c \
	src/cli/cmd_check.c \
	src/cli/cmd_complete.c \
	src/cli/cmd_control.c src/cli/control_cancel.c src/cli/control_cancel.h \
	src/cli/cmd_explain.c \
	src/cli/cmd_export.c \
	src/cli/cmd_fmt.c \
	src/cli/cmd_graph.c \
	src/cli/cmd_help.c \
	src/cli/cmd_history.c \
	src/cli/cmd_jobs.c \
	src/cli/cmd_list.c \
	src/cli/cmd_log.c src/cli/log_host.c src/cli/log_host.h \
	src/cli/cmd_plan.c \
	src/cli/cmd_queue.c \
	src/cli/cmd_redo.c \
	src/cli/cmd_report.c \
	src/cli/cmd_run.c src/cli/run_only.c src/cli/run_only.h \
	src/cli/cmd_sites.c \
	src/cli/cmd_sky.c \
	src/cli/cmd_status.c \
	src/cli/cmd_submit.c \
	src/cli/cmd_tasks.c \
	src/cli/cmd_top.c \
	src/cli/cmd_verify.c \
	src/cli/cmd_why.c \
	src/cli/commands.h \
	src/cli/main.c src/cli/manual.h

# What `wflc explain` shows.
nodist_wflc_SOURCES = src/cli/manual.c
BUILT_SOURCES += src/cli/manual.c
CLEANFILES += src/cli/manual.c
EXTRA_DIST += src/cli/manual.awk

manual_pages = $(srcdir)/man/wfl.5 $(srcdir)/man/wfl-site.5 $(srcdir)/man/wflc.1
src/cli/manual.c: $(manual_pages) $(srcdir)/src/cli/manual.awk
	$(AM_V_GEN)$(MKDIR_P) src/cli && LC_ALL=C $(AWK) -f $(srcdir)/src/cli/manual.awk \
	    $(manual_pages) >$@.new && mv $@.new $@
