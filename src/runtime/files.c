/* Inputs, outputs, temporary names: what is made ready before a task starts, and what becomes of
 * what it wrote. */
#include "config.h"

#include "runtime/files-private.h"

#include "util/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- small ones --- */

enum progress
file_flaw(struct slot *s, enum journal_reason reason, enum journal_flaw flaw)
{
    s->reason = reason;
    s->flaw = flaw;
    return PROGRESS_BAD;
}

enum progress
file_path(struct shim *r, struct slot *s, uint32_t file, bool temporary)
{
    buf_reset(&r->path);
    if (plan_path(r->eval, s->at->task, file, temporary ? s->tag : NULL, &r->path))
        return PROGRESS_GOOD;
    note_add(&s->note, "line %u: a path cannot be made: %s", r->plan->place[PLACE_FILE][file].line,
        plan_eval_error(r->eval));
    return file_flaw(s, REASON_INPUT, FLAW_VALUE);
}

enum progress
file_failed(struct shim *r, const char *path, int err)
{
    if (!file_trouble(err))
        return PROGRESS_BAD;
    trouble_met(r, path, err);
    return PROGRESS_LATER;
}

uint64_t
file_before(const struct shim *r, const struct slot *s, uint32_t output)
{
    uint64_t v = 0;
    size_t i = (size_t)slot_number(s) * r->plan->family[s->family].noutputs + output;
    if ((i + 1) * sizeof v <= s->before.n)
        memcpy(&v, s->before.p + i * sizeof v, sizeof v);
    return v;
}

void
file_put_aside(struct shim *r, struct slot *s, const char *path)
{
    r->known.aside[s->at->task] = ASIDE_HERE;
    struct buf to = {0};
    buf_printf(&to, "%s.failed", path);
    file_remove(to.p);
    if (rename(path, to.p) == 0)
        note_add(&s->note, "output %s was renamed to %s", path, to.p);
    else if (errno != ENOENT)
        note_add(&s->note, "output %s cannot be renamed: %s", path, strerror(errno));
    buf_free(&to);
}

/* --- before the start --- */

/* The folder of the output at r->path. */
static enum progress
make_folder(struct shim *r, struct slot *s)
{
    const char *slash = strrchr(r->path.p, '/');
    size_t n = slash ? (size_t)(slash - r->path.p) : 0;
    if (slash && n == 0)
        n = 1;
    if (r->known.folder.n == n && n && memcmp(r->known.folder.p, r->path.p, n) == 0)
        return PROGRESS_GOOD;
    buf_reset(&r->known.folder);
    buf_add(&r->known.folder, n ? r->path.p : ".", n ? n : 1);
    int err = dir_make(r->known.folder.p);
    if (!err && access(r->known.folder.p, W_OK | X_OK) != 0)
        err = errno;
    if (!err)
        return PROGRESS_GOOD;
    enum progress v = file_failed(r, r->known.folder.p, err);
    if (v == PROGRESS_BAD) {
        note_add(&s->note, "folder %s cannot be made or written: %s", r->known.folder.p,
            strerror(err));
        file_flaw(s, REASON_OUTPUT, FLAW_PLACE);
    }
    buf_reset(&r->known.folder);
    return v;
}

enum progress
file_checkpoint(struct shim *r, struct slot *s)
{
    const struct plan_family *f = &r->plan->family[s->family];
    for (uint32_t i = 0; i < f->ncheckpoints; i++) {
        if (file_path(r, s, f->first_checkpoint + i, false) != PROGRESS_GOOD)
            return PROGRESS_BAD;
        if (access(r->path.p, F_OK) == 0)
            return PROGRESS_GOOD;
        if (file_failed(r, r->path.p, errno) == PROGRESS_LATER)
            return PROGRESS_LATER;
    }
    return PROGRESS_BAD;
}

/* The output's place at r->path: nothing stands there that is not ours. */
static enum progress
prepare_output(struct shim *r, struct slot *s, bool named, bool goes_on)
{
    uint64_t before = 0;
    struct stat st;
    enum progress v = make_folder(r, s);
    if (v != PROGRESS_GOOD)
        return v;
    if (!named && stat(r->path.p, &st) == 0) {
        before = goes_on ? 0 : file_signature(&st);
    } else if (!named) {
        if (file_failed(r, r->path.p, errno) == PROGRESS_LATER)
            return PROGRESS_LATER;
    } else {
        int err = file_remove(r->path.p);
        v = err ? file_failed(r, r->path.p, err) : PROGRESS_GOOD;
        if (v == PROGRESS_BAD) {
            note_add(&s->note, "%s is in the way: %s", r->path.p, strerror(err));
            file_flaw(s, REASON_OUTPUT, FLAW_PLACE);
        }
    }
    buf_add(&s->before, &before, sizeof before);
    return v;
}

static enum progress
prepare_outputs(struct shim *r, struct slot *s)
{
    const struct plan_family *f = &r->plan->family[s->family];
    /* who goes on from a checkpoint may have written an output before */
    enum progress there = file_checkpoint(r, s);
    if (there == PROGRESS_LATER || s->reason != REASON_OK)
        return there;
    s->before.n =
        (size_t)slot_number(s) * f->noutputs * sizeof(uint64_t); /* a second try begins anew */
    for (uint32_t i = 0; i < f->noutputs; i++) {
        enum progress v = file_path(r, s, f->first_output + i, true);
        if (v == PROGRESS_GOOD)
            v = prepare_output(r, s, r->plan->file[f->first_output + i].name != 0,
                there == PROGRESS_GOOD);
        if (v != PROGRESS_GOOD)
            return v;
    }
    return PROGRESS_GOOD;
}

enum progress
files_prepare(struct shim *r, struct slot *s)
{
    enum progress v = files_look_inputs(r, s, false);
    return v == PROGRESS_GOOD ? prepare_outputs(r, s) : v;
}

/* --- after the end --- */

static enum progress
no_checkpoint_left(struct shim *r, struct slot *s)
{
    enum progress there = file_checkpoint(r, s);
    if (there == PROGRESS_LATER)
        return there;
    if (there == PROGRESS_GOOD) {
        note_add(&s->note, "checkpoint %s is left: the task is not done", r->path.p);
        file_flaw(s, REASON_OUTPUT, FLAW_CHECKPOINT);
    }
    return s->reason == REASON_OK ? PROGRESS_GOOD : PROGRESS_BAD;
}

int
file_make_way(struct shim *r, const struct slot *s, const char *path, bool ours)
{
    if (ours && r->known.owned[s->at->task / 8] >> s->at->task % 8 & 1)
        return file_remove(path);
    struct buf to = {0};
    int err = file_keep(path, &to);
    if (!err)
        say("%s was there, and is no output of this campaign: it is %s now", path, to.p);
    buf_free(&to);
    return err;
}

/* The temporary file at r->path gets its name, r->text. */
static enum progress
publish_one(struct shim *r, struct slot *s, bool optional)
{
    struct stat st;
    int err = rename(r->path.p, r->text.p) == 0 ? 0 : errno;
    /* it may have been there before a pause, or an answer got lost on its way */
    if (err == ENOENT && (optional || stat(r->text.p, &st) == 0))
        return PROGRESS_GOOD;
    if (err == ENOENT)
        err = errno;
    /* a folder cannot take the place of one that holds something, nor a file that of a folder */
    bool folders = err == ENOTEMPTY || err == EEXIST;
    if (folders || err == EISDIR || err == ENOTDIR) {
        err = file_make_way(r, s, r->text.p, folders);
        if (!err && rename(r->path.p, r->text.p) != 0)
            err = errno;
    }
    if (!err)
        return PROGRESS_GOOD;
    enum progress v = file_failed(r, r->text.p, err);
    if (v == PROGRESS_BAD) {
        note_add(&s->note, "output %s: cannot be given its name: %s", r->text.p, strerror(err));
        file_flaw(s, REASON_OUTPUT, FLAW_PLACE);
    }
    return v;
}

enum progress
file_record(struct shim *r, struct slot *s, const char *path)
{
    struct wrote e = {0};
    int err = file_describe(path, &e.file, &e.type);
    if (file_trouble(err))
        return file_failed(r, path, err);
    if (e.file.size > r->known.largest[s->family])
        r->known.largest[s->family] = e.file.size;
    buf_add(&s->wrote, &e, sizeof e);
    return PROGRESS_GOOD;
}

static enum progress
publish(struct shim *r, struct slot *s)
{
    const struct plan_family *f = &r->plan->family[s->family];
    buf_reset(&s->wrote);
    for (uint32_t i = 0; i < f->noutputs; i++) {
        const struct plan_file *file = &r->plan->file[f->first_output + i];
        enum progress v = file_path(r, s, f->first_output + i, true);
        buf_reset(&r->text);
        if (v == PROGRESS_GOOD && file->name) {
            if (!plan_path(r->eval, s->at->task, f->first_output + i, NULL, &r->text))
                return file_flaw(s, REASON_OUTPUT, FLAW_VALUE);
            v = publish_one(r, s, file->optional);
        }
        const char *path = file->name ? r->text.p : r->path.p;
        if (v == PROGRESS_GOOD)
            v = file_record(r, s, path);
        uint8_t aside = r->known.aside[s->at->task];
        if (v == PROGRESS_GOOD && (aside == ASIDE_HERE || (aside == ASIDE_PERHAPS && !file->name)))
            file_remove_aside(path); /* of failed attempts: it is of no use any more */
        if (v != PROGRESS_GOOD)
            return v;
    }
    if (f->noutputs)
        r->known.owned[s->at->task / 8] |= (uint8_t)(1u << s->at->task % 8);
    return PROGRESS_GOOD;
}

enum progress
files_check(struct shim *r, struct slot *s)
{
    const struct plan_family *f = &r->plan->family[s->family];
    enum progress v = PROGRESS_GOOD;
    if (!s->checked)
        v = files_look(r, s, f->first_output, f->noutputs, true);
    if (v == PROGRESS_GOOD && !s->ahead)
        v = no_checkpoint_left(r, s);
    if (v != PROGRESS_GOOD || s->ahead)
        return v;
    if (s->parent && !release_was_complete(r, s)) /* it was written to meanwhile */
        return PROGRESS_BAD;
    s->checked = true; /* from here on some may have their names already */
    return publish(r, s);
}

void
files_discard(struct shim *r, struct slot *s)
{
    const struct plan_family *f = &r->plan->family[s->family];
    /* who stopped in good order before the end of the job goes on from a checkpoint, and may need
     * what it wrote */
    enum journal_reason reason = s->reason;
    s->reason = REASON_OK;
    bool goes_on = reason == REASON_WALLTIME && s->exited && file_checkpoint(r, s) == PROGRESS_GOOD;
    s->reason = reason;
    /* an attempt that never got to its outputs has written none */
    size_t first = (size_t)slot_number(s) * f->noutputs, n = s->before.n / sizeof(uint64_t);
    for (uint32_t i = 0; i < f->noutputs && first + i < n; i++) {
        buf_reset(&r->path);
        if (!plan_path(r->eval, s->at->task, f->first_output + i, s->tag, &r->path))
            continue;
        if (r->plan->file[f->first_output + i].name) {
            int err = file_remove(r->path.p);
            if (err)
                note_add(&s->note, "%s cannot be removed: %s", r->path.p, strerror(err));
            continue;
        }
        struct stat st;
        if (!goes_on && stat(r->path.p, &st) == 0 && file_signature(&st) != file_before(r, s, i))
            file_put_aside(r, s, r->path.p);
    }
}

void
files_remove_temporary(struct shim *r, uint32_t task, const char *tag)
{
    const struct plan_family *f = &r->plan->family[plan_family_of(r->plan, task)];
    for (uint32_t k = f->first_output; k < f->first_output + f->noutputs; k++) {
        buf_reset(&r->path);
        if (r->plan->file[k].name && plan_path(r->eval, task, k, tag, &r->path))
            file_remove(r->path.p);
    }
}

void
files_abandon(struct shim *r, struct slot *s)
{
    for (uint32_t i = 0; i < s->nmembers; i++)
        files_remove_temporary(r, s->member[i].task, s->tag);
}
