/* Is a file what the campaign asks for? Inputs are looked at before the start of a task, outputs
 * after its end, or when they were found after a crash. */
#include "config.h"

#include "verify/whole.h"
#include "runtime/files-private.h"

#include "util/file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

static const char *
word(const struct slot *s)
{
    return s->files == FILES_INPUT ? "input" : "output";
}

static enum progress
bad(struct slot *s, enum journal_flaw flaw)
{
    return file_flaw(s, s->files == FILES_INPUT ? REASON_INPUT : REASON_OUTPUT, flaw);
}

bool
file_has_check(const struct plan *p, const struct plan_file *f, enum plan_check_kind kind)
{
    for (uint32_t i = 0; i < f->nchecks; i++)
        if (p->check[f->first_check + i].kind == kind)
            return true;
    return false;
}

/* The file at hand, as an index in the plan. */
static uint32_t
file_at_hand(const struct shim *r, const struct slot *s)
{
    const struct plan_family *f = &r->plan->family[s->family];
    return (s->files == FILES_INPUT ? f->first_input : f->first_output) + s->file;
}

/* What people call it; an output is checked under its temporary name. */
static const char *
file_name(struct shim *r, const struct slot *s)
{
    buf_reset(&r->text);
    return plan_path(r->eval, s->at->task, file_at_hand(r, s), NULL, &r->text) ? r->text.p
                                                                               : r->path.p;
}

/* GOOD: it is not. */
static enum progress
check_nonempty(struct shim *r, struct slot *s, const struct stat *st)
{
    bool empty = st->st_size == 0;
    int err = S_ISDIR(st->st_mode) ? folder_is_empty(r->path.p, &empty) : 0;
    if (file_trouble(err))
        return file_failed(r, r->path.p, err);
    if (err)
        note_add(&s->note, "%s %s: cannot be read: %s", word(s), file_name(r, s), strerror(err));
    else if (empty)
        note_add(&s->note, "%s %s: is empty", word(s), file_name(r, s));
    return err ? bad(s, FLAW_UNREADABLE) : empty ? bad(s, FLAW_EMPTY) : PROGRESS_GOOD;
}

/* Has this attempt left what was at the output's place before? Of a folder that cannot be told, as
 * what is in it may have been written anew; one that need not be there is believed. */
static bool
is_stale(struct shim *r, struct slot *s, const struct plan_file *f, const struct stat *st)
{
    return s->files == FILES_OUTPUT && !f->name && !(f->optional && S_ISDIR(st->st_mode)) &&
           file_signature(st) == file_before(r, s, s->file);
}

/* An optional output that an attempt has not written is none of its, though an earlier one may be
 * there. */
static enum progress
put_stale_away(struct shim *r, struct slot *s)
{
    const char *path = file_name(r, s);
    struct stat st;
    int err = lstat(path, &st) == 0 ? file_make_way(r, s, path, true) : errno;
    if (!err || err == ENOENT)
        return PROGRESS_GOOD;
    enum progress v = file_failed(r, path, err);
    if (v == PROGRESS_BAD) {
        note_add(&s->note, "output %s: is an old one, and cannot be put away: %s", path,
            strerror(err));
        return bad(s, FLAW_STALE);
    }
    return v;
}

/* What holds for every output that is there: a file or folder, written by this attempt, and not
 * empty (unless the campaign asks for its existence only). */
static enum progress
check_default(struct shim *r, struct slot *s, const struct plan_file *f, const struct stat *st)
{
    if (!S_ISREG(st->st_mode) && !S_ISDIR(st->st_mode)) {
        note_add(&s->note, "output %s: neither a regular file nor a folder", file_name(r, s));
        return bad(s, FLAW_TYPE);
    }
    if (!file_has_check(r->plan, f, CHECK_EXISTS) || file_has_check(r->plan, f, CHECK_NONEMPTY)) {
        enum progress v = check_nonempty(r, s, st);
        if (v != PROGRESS_GOOD)
            return v;
    }
    if (is_stale(r, s, f, st)) {
        note_add(&s->note, "output %s: was there before and has not been written", file_name(r, s));
        return bad(s, FLAW_STALE);
    }
    return PROGRESS_GOOD;
}

/* The value that a check needs could not be computed. */
static enum progress
not_told(struct shim *r, struct slot *s, const char *what)
{
    char *why = xstrdup(plan_eval_error(r->eval)); /* the name is made by the same evaluator */
    note_add(&s->note, "%s %s: %s: %s", word(s), file_name(r, s), what, why);
    free(why);
    return bad(s, FLAW_UNCHECKED);
}

static enum progress
check_size(struct shim *r, struct slot *s, const struct plan_check *c, off_t size)
{
    static const char *const sign[] = {"<", "<=", "==", "!=", ">=", ">"};
    double want = 0;
    if (!plan_number(r->eval, s->at->task, c->code, &want))
        return not_told(r, s, "its size cannot be checked");
    if (plan_compares(c->op, (double)size, want))
        return PROGRESS_GOOD;
    note_add(&s->note, "%s %s: has %lld bytes, must have %s %.0f", word(s), file_name(r, s),
        (long long)size, c->op <= CMP_GT ? sign[c->op] : "?", want);
    return bad(s, FLAW_SIZE);
}

/* Whole files are read by another process, so that the loop never waits for a disk. */
static enum progress
check_by_process(struct shim *r, struct slot *s, const struct plan_check *c)
{
    const char *program = "/proc/self/exe";
    int err;
    if (c->kind == CHECK_COMMAND) {
        buf_reset(&r->text);
        plan_eval_tag(r->eval, s->tag);
        bool ok = plan_text(r->eval, s->at->task, c->code, &r->text);
        plan_eval_tag(r->eval, NULL);
        if (!ok)
            return not_told(r, s, "its check cannot be made");
        program = plan_shell_program(c->op);
        err = spawn_check(r, s, c->op, r->text.p, r->path.p);
    } else {
        char *argv[] = {"/proc/self/exe", "check",
            (char *)(uintptr_t)plan_check_name((enum plan_check_kind)c->kind), r->path.p, NULL};
        err = spawn_words(r, s, argv);
    }
    if (!err)
        return PROGRESS_CHILD;
    if (file_trouble(err)) {
        trouble_met(r, "no process can be started", err);
        return PROGRESS_LATER;
    }
    note_add(&s->note, "%s %s: its check cannot be started: %s%s", word(s), file_name(r, s),
        strerror(err), shell_advice(program, err));
    return bad(s, FLAW_UNCHECKED);
}

/* Goes on with the checks of the file at hand; r->path is where it is. */
static enum progress
check_file(struct shim *r, struct slot *s, const struct plan_file *f)
{
    struct stat st;
    enum progress v = PROGRESS_GOOD;
    if (stat(r->path.p, &st) != 0) {
        int err = errno;
        if (file_trouble(err))
            return file_failed(r, r->path.p, err);
        if (err == ENOENT && f->optional && s->files != FILES_INPUT)
            return s->files == FILES_OUTPUT && f->name ? put_stale_away(r, s) : PROGRESS_GOOD;
        if (err == ENOENT)
            note_add(&s->note, "%s %s: is missing", word(s), file_name(r, s));
        else
            note_add(&s->note, "%s %s: cannot be looked at: %s", word(s), file_name(r, s),
                strerror(err));
        return bad(s, err == ENOENT ? FLAW_MISSING : FLAW_UNREADABLE);
    }
    if (f->optional && s->check == 0 && is_stale(r, s, f, &st))
        return put_stale_away(r, s);
    if (s->files != FILES_INPUT && s->check == 0)
        v = check_default(r, s, f, &st);
    for (; v == PROGRESS_GOOD && s->check < f->nchecks; s->check++) {
        const struct plan_check *c = &r->plan->check[f->first_check + s->check];
        if (c->kind == CHECK_NONEMPTY)
            v = check_nonempty(r, s, &st);
        else if (c->kind == CHECK_SIZE)
            v = check_size(r, s, c, st.st_size);
        else if (c->kind >= CHECK_FITS)
            v = check_by_process(r, s, c);
        if (v != PROGRESS_GOOD && v != PROGRESS_CHILD)
            break;
    }
    return v;
}

enum progress
files_look(struct shim *r, struct slot *s, uint32_t first, uint32_t n, bool temporary)
{
    for (; s->file < n; s->file++, s->check = 0) {
        enum progress v = file_path(r, s, first + s->file, temporary);
        if (v == PROGRESS_GOOD)
            v = check_file(r, s, &r->plan->file[first + s->file]);
        if (v != PROGRESS_GOOD)
            return v;
    }
    return PROGRESS_GOOD;
}

/* What has come by now was checked then. */
enum progress
files_look_inputs(struct shim *r, struct slot *s, bool waited)
{
    const struct plan_family *f = &r->plan->family[s->family];
    for (; s->file < f->ninputs; s->file++, s->check = 0) {
        bool waits = r->plan->file[f->first_input + s->file].optional;
        if (waited ? !waits : waits && s->at->came)
            continue;
        enum progress v = files_look(r, s, f->first_input, s->file + 1, false);
        if (v != PROGRESS_GOOD)
            return v;
        s->file--; /* it is behind it */
    }
    return PROGRESS_GOOD;
}

enum progress
files_check_failed(struct shim *r, struct slot *s)
{
    const struct plan_file *file = &r->plan->file[file_at_hand(r, s)];
    uint32_t kind = r->plan->check[file->first_check + s->check - 1].kind; /* it went on */
    int status = s->group.status;
    if (kind != CHECK_COMMAND && WIFEXITED(status) && WEXITSTATUS(status) == VERDICT_TROUBLE) {
        s->check--; /* to be asked again */
        trouble_met(r, file_name(r, s), EIO);
        return PROGRESS_LATER;
    }
    enum journal_flaw flaw = kind == CHECK_FITS   ? FLAW_FITS
                             : kind == CHECK_GZIP ? FLAW_GZIP
                                                  : FLAW_COMMAND;
    if (kind != CHECK_COMMAND && WIFEXITED(status) && WEXITSTATUS(status) == VERDICT_UNREADABLE)
        flaw = FLAW_UNREADABLE;
    note_add(&s->note, "%s %s: failed its check %s (%s %d)", word(s), file_name(r, s),
        plan_check_name((enum plan_check_kind)kind), WIFSIGNALED(status) ? "signal" : "exit",
        WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    return bad(s, flaw);
}
