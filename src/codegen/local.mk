libwflc_a_SOURCES += \
	src/codegen/cobalt.c src/codegen/cobalt_read.c \
	src/codegen/draft.c \
	src/codegen/emitter.h \
	src/codegen/flux.c src/codegen/flux_read.c \
	src/codegen/folder.c src/codegen/folder.h \
	src/codegen/header.c src/codegen/header.h \
	src/codegen/job.c src/codegen/job.h \
	src/codegen/local.c src/codegen/local.h \
	src/codegen/lsf.c src/codegen/lsf_read.c \
	src/codegen/pbs.c src/codegen/pbs_read.c \
	src/codegen/place.c src/codegen/place.h \
	src/codegen/prepare.c src/codegen/prepare.h \
	src/codegen/read.h \
	src/codegen/resize.c \
	src/codegen/sh.c src/codegen/sh.h \
	src/codegen/slurm.c src/codegen/slurm_read.c \
	src/codegen/variables.c src/codegen/variables.h
