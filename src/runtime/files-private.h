/* What files.c, checks.c and found.c share: all of it is about the task at hand of a slot. */
#ifndef RUNTIME_FILES_PRIVATE_H
#define RUNTIME_FILES_PRIVATE_H

#include "node/disk.h"
#include "runtime/files.h"
#include "runtime/shim.h"

#include <sys/stat.h>

/* Such is a file of the task at hand, an input, or else an output: the reason and the code of its
 * end. BAD. */
enum progress file_flaw(struct slot *s, enum journal_reason reason, enum journal_flaw flaw);
/* The path of file `file` in r->path; BAD: noted, reason set. */
enum progress file_path(struct shim *r, struct slot *s, uint32_t file, bool temporary);
/* A call on `path` failed so. The file system's trouble is nobody's: LATER. All else is BAD, for
 * which the caller notes what it means. */
enum progress file_failed(struct shim *r, const char *path, int err);
/* The first file from s->file on, and of it the first check from s->check on, that is not good;
 * GOOD: there is none among `n`, the first of which is number `first` in the plan. `temporary`:
 * they are looked for under their temporary names. */
enum progress files_look(struct shim *r, struct slot *s, uint32_t first, uint32_t n,
    bool temporary);
/* The same of the inputs, of those only that are waited for, or of the others, too. */
enum progress files_look_inputs(struct shim *r, struct slot *s, bool waited);
/* That of the output when the attempt started; 0: there was none. */
uint64_t file_before(const struct shim *r, const struct slot *s, uint32_t output);
bool file_has_check(const struct plan *p, const struct plan_file *f, enum plan_check_kind kind);
/* Puts what is no output aside, as PATH.failed, which goes when the task is done; noted. */
void file_put_aside(struct shim *r, struct slot *s, const char *path);
/* Makes room where an output will be, or must not be: what this task had made before (`ours`) goes;
 * what the record does not know is not ours to remove, and gets another name, which is said. 0 or
 * errno. */
int file_make_way(struct shim *r, const struct slot *s, const char *path, bool ours);
/* What the record will say of the output at `path`: adds it to s->wrote. */
enum progress file_record(struct shim *r, struct slot *s, const char *path);
/* A checkpoint of the task is there (GOOD; r->path is which), or none is (BAD). LATER: it cannot be
 * told. A path that cannot be made sets s->reason, too. */
enum progress file_checkpoint(struct shim *r, struct slot *s);

#endif
