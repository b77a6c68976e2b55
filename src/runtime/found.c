/* Outputs that an earlier shim left: what the record says of them against what is there. Clocks are
 * not asked: sizes and times are compared with what was recorded of the same files. */
#include "config.h"

#include "runtime/files-private.h"

#include "util/file.h"
#include "util/hash.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

uint64_t
found_mark(uint32_t output, const struct journal_file *f, enum journal_type type, bool exact)
{
    uint64_t v[] = {output, type, f->size,
        exact && type == JOURNAL_FILE ? (uint64_t)f->mtime_ns : 0};
    return hash64(v, sizeof v, exact);
}

bool
found_checks_content(const struct shim *r, uint32_t family)
{
    const struct plan_family *f = &r->plan->family[family];
    for (uint32_t i = f->first_output; i < f->first_output + f->noutputs; i++) {
        const struct plan_file *file = &r->plan->file[i];
        for (uint32_t k = file->first_check; k < file->first_check + file->nchecks; k++)
            if (r->plan->check[k].kind >= CHECK_FITS)
                return true;
    }
    return false;
}

/* A slot that stands for the task, as the functions about files want one. */
static struct slot
stand_in(const struct shim *r, struct member *m, const char *tag)
{
    return (struct slot){.member = m,
        .at = m,
        .nmembers = 1,
        .tag = tag,
        .family = plan_family_of(r->plan, m->task),
        .files = FILES_FOUND};
}

enum found
found_now(struct shim *r, uint32_t task, bool exact, uint64_t *sum)
{
    struct member m = {.task = task};
    struct slot s = stand_in(r, &m, NULL);
    const struct plan_family *f = &r->plan->family[s.family];
    enum found found = FOUND_THERE;
    *sum = 0;
    for (uint32_t i = 0; i < f->noutputs && found <= FOUND_EMPTY; i++) {
        const struct plan_file *file = &r->plan->file[f->first_output + i];
        struct journal_file now;
        enum journal_type type;
        if (file_path(r, &s, f->first_output + i, false) != PROGRESS_GOOD) {
            found = FOUND_GONE;
            break;
        }
        int err = file_describe(r->path.p, &now, &type);
        if (file_trouble(err))
            found = FOUND_UNKNOWN;
        else if (type == JOURNAL_ABSENT && !file->optional)
            found = FOUND_GONE;
        else if (type != JOURNAL_ABSENT && !now.size &&
                 !file_has_check(r->plan, file, CHECK_EXISTS))
            found = FOUND_EMPTY;
        if (exact || !file->optional)
            *sum += found_mark(i, &now, type, exact);
    }
    buf_free(&s.note);
    return found;
}

uint64_t
found_before(struct shim *r, uint32_t task)
{
    struct member m = {.task = task};
    struct slot s = stand_in(r, &m, NULL);
    const struct plan_family *f = &r->plan->family[s.family];
    uint64_t sum = 0;
    struct stat st;
    for (uint32_t i = f->first_output; i < f->first_output + f->noutputs; i++)
        if (!r->plan->file[i].name && file_path(r, &s, i, false) == PROGRESS_GOOD &&
            stat(r->path.p, &st) == 0)
            sum = hash64(&(uint64_t){file_signature(&st)}, sizeof sum, sum + i);
    buf_free(&s.note);
    return sum;
}

void
found_keep(struct shim *r, uint32_t task)
{
    struct member m = {.task = task};
    struct slot s = stand_in(r, &m, NULL);
    const struct plan_family *f = &r->plan->family[s.family];
    struct buf to = {0};
    for (uint32_t i = f->first_output; i < f->first_output + f->noutputs; i++) {
        if (file_path(r, &s, i, false) != PROGRESS_GOOD)
            continue;
        int err = file_keep(r->path.p, &to);
        if (!err)
            say("%s is of before a redo, which was interrupted: it is %s now", r->path.p, to.p);
        else if (err != ENOENT && err != ENOTDIR)
            say("%s is of before a redo, and cannot be renamed: %s", r->path.p, strerror(err));
    }
    buf_free(&to);
    buf_free(&s.note);
}

void
found_discard(struct shim *r, uint32_t task, const char *tag, bool published, uint64_t before)
{
    struct member m = {.task = task};
    struct slot s = stand_in(r, &m, tag);
    const struct plan_family *f = &r->plan->family[s.family];
    bool written = published || found_before(r, task) != before;
    for (uint32_t i = f->first_output; i < f->first_output + f->noutputs; i++) {
        bool named = r->plan->file[i].name != 0;
        if (named && file_path(r, &s, i, true) == PROGRESS_GOOD)
            file_remove(r->path.p);
        if (written && (published || !named) && file_path(r, &s, i, false) == PROGRESS_GOOD)
            file_put_aside(r, &s, r->path.p);
    }
    if (s.note.n)
        (void)!write(2, s.note.p, s.note.n);
    buf_free(&s.note);
}

enum progress
found_check(struct shim *r, struct slot *s)
{
    const struct plan_family *f = &r->plan->family[s->family];
    s->files = FILES_FOUND;
    enum progress v = s->reason == REASON_OK ? files_look(r, s, f->first_output, f->noutputs, false)
                                             : PROGRESS_BAD;
    if (v == PROGRESS_GOOD) {
        enum progress there = file_checkpoint(r, s);
        if (there != PROGRESS_BAD)
            v = there == PROGRESS_GOOD ? PROGRESS_BAD : there;
        if (v == PROGRESS_BAD && s->reason == REASON_OK)
            file_flaw(s, REASON_OUTPUT, FLAW_CHECKPOINT);
    }
    buf_reset(&s->wrote);
    for (uint32_t i = f->first_output; i < f->first_output + f->noutputs && v == PROGRESS_GOOD;
         i++) {
        v = file_path(r, s, i, false);
        if (v == PROGRESS_GOOD)
            v = file_record(r, s, r->path.p);
    }
    if (v == PROGRESS_BAD && s->reason == REASON_OUTPUT) /* others say nothing of the files */
        for (uint32_t i = f->first_output; i < f->first_output + f->noutputs; i++)
            if (file_path(r, s, i, false) == PROGRESS_GOOD)
                file_put_aside(r, s, r->path.p);
    return v;
}
