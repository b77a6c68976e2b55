libwflc_a_SOURCES += \
	src/model/check.c src/model/check.h \
	src/model/check_bundle.c \
	src/model/check_call.c \
	src/model/check_camera.c \
	src/model/check_expr.c \
	src/model/check_files.c \
	src/model/check_fold.c \
	src/model/check_horizon.c \
	src/model/check_in.c \
	src/model/check_message.c \
	src/model/check_name.c \
	src/model/check_profile.c \
	src/model/check_props.c \
	src/model/check_region.c \
	src/model/check_rotation.c \
	src/model/check_run.c \
	src/model/check_select.c \
	src/model/check_shell.c \
	src/model/check_site.c \
	src/model/check_sky.c \
	src/model/check_source.c \
	src/model/check_table.c \
	src/model/check_task.c \
	src/model/check_text.c \
	src/model/check_use.c \
	src/model/check_visits.c \
	src/model/demand.c src/model/demand.h \
	src/model/expr.c src/model/expr.h \
	src/model/model.h \
	src/model/model_dump.c \
	src/model/pieces.c src/model/pieces.h \
	src/model/rows.c src/model/rows.h \
	src/model/shell_lex.c src/model/shell_lex.h \
	src/model/shell_scan.c src/model/shell_scan.h \
	src/model/shell_word.c \
	src/model/sky_use.c src/model/sky_use.h \
	src/model/units.c src/model/units.h
