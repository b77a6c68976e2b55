wflc_SOURCES += \
	src/cli/at_site.c src/cli/at_site.h \
	src/cli/build.c src/cli/build.h \
	src/cli/cmd_build.c \
	src/cli/cmd_cancel.c \
	src/cli/cmd_check.c \
	src/cli/cmd_complete.c \
	src/cli/cmd_explain.c \
	src/cli/cmd_fmt.c \
	src/cli/cmd_graph.c \
	src/cli/cmd_help.c \
	src/cli/cmd_list.c \
	src/cli/cmd_plan.c \
	src/cli/cmd_queue.c \
	src/cli/cmd_run.c \
	src/cli/cmd_sites.c \
	src/cli/cmd_sky.c \
	src/cli/cmd_status.c \
	src/cli/cmd_submit.c \
	src/cli/command.h \
	src/cli/find.c \
	src/cli/main.c src/cli/manual.h \
	src/cli/options.c src/cli/options.h

# What `wflc explain` shows.
nodist_wflc_SOURCES = src/cli/manual.c
BUILT_SOURCES += src/cli/manual.c
CLEANFILES += src/cli/manual.c
EXTRA_DIST += src/cli/manual.awk

manual_pages = $(srcdir)/man/wfl.5 $(srcdir)/man/wfl-site.5 $(srcdir)/man/wflc.1
src/cli/manual.c: $(manual_pages) $(srcdir)/src/cli/manual.awk
	$(AM_V_GEN)$(MKDIR_P) src/cli && LC_ALL=C $(AWK) -f $(srcdir)/src/cli/manual.awk \
	    $(manual_pages) >$@.new && mv $@.new $@
