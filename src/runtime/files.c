#include "config.h"

#include "runtime/run.h"

#include "util/file.h"
#include "util/hash.h"

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* --- small ones --- */

/* The path of a file of the slot's task in r->path; false: noted, reason set. */
static bool
path_of(struct run *r, struct slot *s, uint32_t file, bool temporary)
{
    buf_reset(&r->path);
    if (plan_path(r->eval, s->task, file, temporary, &r->path))
        return true;
    slot_note(s, "line %u: a path cannot be made: %s", r->plan->place[PLACE_FILE][file].line,
        plan_eval_error(r->eval));
    s->reason = REASON_INPUT;
    return false;
}

/* Changes whenever a file is written or replaced; 0: there is none. No clock is compared with
 * another one, so that a file server may have its own. */
static uint64_t
signature(const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return 0;
    uint64_t v[] = {st.st_ino, (uint64_t)st.st_size, (uint64_t)st.st_mtim.tv_sec,
        (uint64_t)st.st_mtim.tv_nsec, (uint64_t)st.st_ctim.tv_sec, (uint64_t)st.st_ctim.tv_nsec};
    uint64_t h = hash64(v, sizeof v, 0);
    return h ? h : 1;
}

static uint64_t
signature_before(const struct run *r, const struct slot *s, uint32_t output)
{
    uint64_t v = 0;
    size_t i = (size_t)s->at * r->plan->family[s->family].noutputs + output;
    if ((i + 1) * sizeof v <= s->before.n)
        memcpy(&v, s->before.p + i * sizeof v, sizeof v);
    return v;
}

static int
remove_entry(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)kind;
    (void)ftw;
    return remove(path) == 0 || errno == ENOENT ? 0 : -1;
}

/* Removes a file, or a folder with all in it. 0 or errno; nothing there is fine. */
static int
remove_all(const char *path)
{
    if (unlink(path) == 0 || errno == ENOENT)
        return 0;
    if (errno != EISDIR && errno != EPERM)
        return errno;
    return nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS) == 0 ? 0 : errno;
}

/* --- before the start --- */

static bool
make_folder(struct run *r, struct slot *s)
{
    const char *slash = strrchr(r->path.p, '/');
    size_t n = slash ? (size_t)(slash - r->path.p) : 0;
    if (slash && n == 0)
        n = 1;
    if (r->folder.n == n && n && memcmp(r->folder.p, r->path.p, n) == 0)
        return true;
    buf_reset(&r->folder);
    buf_add(&r->folder, n ? r->path.p : ".", n ? n : 1);
    int err = dir_make(r->folder.p);
    if (!err && access(r->folder.p, W_OK | X_OK) != 0)
        err = errno;
    if (!err)
        return true;
    slot_note(s, "folder %s cannot be made or written: %s", r->folder.p, strerror(err));
    s->reason = REASON_OUTPUT;
    buf_reset(&r->folder);
    return false;
}

/* A checkpoint of the task is there; r->path is which. Or its path cannot be made: s->reason. */
static bool
checkpoint_there(struct run *r, struct slot *s)
{
    const struct plan_family *f = &r->plan->family[s->family];
    for (uint32_t i = 0; i < f->ncheckpoints; i++)
        if (!path_of(r, s, f->first_checkpoint + i, false) || access(r->path.p, F_OK) == 0)
            return s->reason == REASON_OK;
    return false;
}

static bool
prepare_outputs(struct run *r, struct slot *s)
{
    const struct plan_family *f = &r->plan->family[s->family];
    /* who goes on from a checkpoint may have written an output before */
    bool goes_on = checkpoint_there(r, s);
    if (s->reason != REASON_OK)
        return false;
    for (uint32_t i = 0; i < f->noutputs; i++) {
        bool named = r->plan->file[f->first_output + i].name != 0;
        uint64_t before = 0;
        if (!path_of(r, s, f->first_output + i, true) || !make_folder(r, s))
            return false;
        if (!named) {
            before = goes_on ? 0 : signature(r->path.p);
        } else {
            int err = remove_all(r->path.p);
            if (err) {
                slot_note(s, "%s is in the way: %s", r->path.p, strerror(err));
                s->reason = REASON_OUTPUT;
                return false;
            }
        }
        buf_add(&s->before, &before, sizeof before);
    }
    return true;
}

/* --- checks --- */

/* Inputs are checked before the start, outputs after the end. */
static const char *
word(const struct slot *s)
{
    return s->launched ? "output" : "input";
}

static bool
bad(struct slot *s)
{
    s->reason = s->launched ? REASON_OUTPUT : REASON_INPUT;
    return false;
}

static bool
folder_is_empty(const char *path)
{
    DIR *d = opendir(path);
    if (!d)
        return true;
    const struct dirent *e;
    bool empty = true;
    while (empty && (e = readdir(d)))
        empty = strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0;
    closedir(d);
    return empty;
}

static bool
has_check(const struct plan *p, const struct plan_file *f, enum plan_check_kind kind)
{
    for (uint32_t i = 0; i < f->nchecks; i++)
        if (p->check[f->first_check + i].kind == kind)
            return true;
    return false;
}

/* The file at hand, as an index in the plan. */
static uint32_t
file_at_hand(const struct run *r, const struct slot *s)
{
    const struct plan_family *f = &r->plan->family[s->family];
    return (s->launched ? f->first_output : f->first_input) + s->file;
}

/* What people call it; an output is checked under its temporary name. */
static const char *
file_name(struct run *r, const struct slot *s)
{
    buf_reset(&r->text);
    return plan_path(r->eval, s->task, file_at_hand(r, s), false, &r->text) ? r->text.p : r->path.p;
}

static bool
is_empty(const char *path, const struct stat *st)
{
    return S_ISDIR(st->st_mode) ? folder_is_empty(path) : st->st_size == 0;
}

/* What holds for every output that is there: a file or folder, written by this attempt, and not
 * empty (unless the campaign asks for its existence only). */
static bool
check_default(struct run *r, struct slot *s, const struct plan_file *f, const struct stat *st)
{
    if (!S_ISREG(st->st_mode) && !S_ISDIR(st->st_mode)) {
        slot_note(s, "output %s: neither a regular file nor a folder", file_name(r, s));
        return bad(s);
    }
    if (is_empty(r->path.p, st) &&
        (!has_check(r->plan, f, CHECK_EXISTS) || has_check(r->plan, f, CHECK_NONEMPTY))) {
        slot_note(s, "output %s: is empty", file_name(r, s));
        return bad(s);
    }
    if (!f->name && signature(r->path.p) == signature_before(r, s, s->file)) {
        slot_note(s, "output %s: was there before and has not been written", file_name(r, s));
        return bad(s);
    }
    return true;
}

static bool
compare(enum plan_compare op, double a, double b)
{
    switch (op) {
    case CMP_LT:
        return a < b;
    case CMP_LE:
        return a <= b;
    case CMP_EQ:
        return a == b;
    case CMP_NE:
        return a != b;
    case CMP_GE:
        return a >= b;
    case CMP_GT:
        return a > b;
    }
    return false;
}

static bool
check_size(struct run *r, struct slot *s, const struct plan_check *c, off_t size)
{
    static const char *const sign[] = {"<", "<=", "==", "!=", ">=", ">"};
    double want = 0;
    if (!plan_number(r->eval, s->task, c->code, &want)) {
        slot_note(s, "%s %s: its size cannot be checked: %s", word(s), r->path.p,
            plan_eval_error(r->eval));
        return bad(s);
    }
    if (compare(c->op, (double)size, want))
        return true;
    slot_note(s, "%s %s: has %lld bytes, must have %s %.0f", word(s), file_name(r, s),
        (long long)size, c->op <= CMP_GT ? sign[c->op] : "?", want);
    return bad(s);
}

/* Whole files are read by another process, so that the loop never waits for a disk. */
static enum progress
check_by_process(struct run *r, struct slot *s, const struct plan_check *c)
{
    const char *program = "/proc/self/exe";
    int err;
    if (c->kind == CHECK_COMMAND) {
        buf_reset(&r->text);
        if (!plan_text(r->eval, s->task, c->code, &r->text)) {
            slot_note(s, "%s %s: its check cannot be made: %s", word(s), r->path.p,
                plan_eval_error(r->eval));
            bad(s);
            return PROGRESS_BAD;
        }
        program = plan_shell_program(c->op);
        err = spawn_check(r, s, c->op, r->text.p, r->path.p);
    } else {
        char *kind = c->kind == CHECK_FITS ? "fits" : "gzip";
        char *argv[] = {"/proc/self/exe", "check", kind, r->path.p, NULL};
        err = spawn_words(r, s, argv);
    }
    if (!err)
        return PROGRESS_CHILD;
    if (err == EAGAIN || err == ENOMEM)
        return PROGRESS_LATER;
    slot_note(s, "%s %s: its check cannot be started: %s%s", word(s), file_name(r, s),
        strerror(err), shell_advice(program, err));
    bad(s);
    return PROGRESS_BAD;
}

/* Goes on with the checks of the file at hand; r->path is where it is. */
static enum progress
check_file(struct run *r, struct slot *s, const struct plan_file *f)
{
    struct stat st;
    if (stat(r->path.p, &st) != 0) {
        if (errno == ENOENT && f->optional && s->launched)
            return PROGRESS_GOOD;
        slot_note(s, "%s %s: %s", word(s), r->path.p, strerror(errno));
        bad(s);
        return PROGRESS_BAD;
    }
    if (s->launched && s->check == 0 && !check_default(r, s, f, &st))
        return PROGRESS_BAD;
    while (s->check < f->nchecks) {
        const struct plan_check *c = &r->plan->check[f->first_check + s->check];
        if (c->kind == CHECK_NONEMPTY && is_empty(r->path.p, &st)) {
            slot_note(s, "%s %s: is empty", word(s), file_name(r, s));
            bad(s);
            return PROGRESS_BAD;
        }
        if (c->kind == CHECK_SIZE) {
            if (!check_size(r, s, c, st.st_size))
                return PROGRESS_BAD;
        } else if (c->kind >= CHECK_FITS) {
            enum progress v = check_by_process(r, s, c);
            if (v == PROGRESS_CHILD)
                s->check++;
            return v;
        }
        s->check++;
    }
    return PROGRESS_GOOD;
}

void
files_check_failed(struct run *r, struct slot *s)
{
    const struct plan_file *file = &r->plan->file[file_at_hand(r, s)];
    uint32_t kind = r->plan->check[file->first_check + s->check - 1].kind; /* it went on */
    int status = s->status;
    slot_note(s, "%s %s: failed its check %s (%s %d)", word(s), file_name(r, s),
        kind == CHECK_FITS   ? "fits"
        : kind == CHECK_GZIP ? "gzip"
                             : "command",
        WIFSIGNALED(status) ? "signal" : "exit",
        WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    bad(s);
}

enum progress
files_prepare(struct run *r, struct slot *s)
{
    const struct plan_family *f = &r->plan->family[s->family];
    for (; s->file < f->ninputs; s->file++, s->check = 0) {
        if (!path_of(r, s, f->first_input + s->file, false))
            return PROGRESS_BAD;
        enum progress v = check_file(r, s, &r->plan->file[f->first_input + s->file]);
        if (v != PROGRESS_GOOD)
            return v;
    }
    return prepare_outputs(r, s) ? PROGRESS_GOOD : PROGRESS_BAD;
}

/* --- after the end --- */

static bool
no_checkpoint_left(struct run *r, struct slot *s)
{
    if (checkpoint_there(r, s)) {
        slot_note(s, "checkpoint %s is left: the task is not done", r->path.p);
        return bad(s);
    }
    return s->reason == REASON_OK;
}

static bool
publish(struct run *r, struct slot *s)
{
    const struct plan_family *f = &r->plan->family[s->family];
    for (uint32_t i = 0; i < f->noutputs; i++) {
        const struct plan_file *file = &r->plan->file[f->first_output + i];
        if (!file->name)
            continue;
        if (!path_of(r, s, f->first_output + i, true))
            return false;
        buf_reset(&r->text);
        if (!plan_path(r->eval, s->task, f->first_output + i, false, &r->text))
            return bad(s);
        int err = rename(r->path.p, r->text.p) == 0 ? 0 : errno;
        if (err == ENOENT && file->optional)
            continue;
        if (err == ENOTEMPTY || err == EEXIST) {
            /* a folder takes the place of an older one: rename alone cannot do that */
            err = remove_all(r->text.p);
            if (!err && rename(r->path.p, r->text.p) != 0)
                err = errno;
        }
        if (err) {
            slot_note(s, "output %s: cannot be given its name: %s", r->text.p, strerror(err));
            return bad(s);
        }
    }
    return true;
}

enum progress
files_check(struct run *r, struct slot *s)
{
    const struct plan_family *f = &r->plan->family[s->family];
    for (; s->file < f->noutputs; s->file++, s->check = 0) {
        if (!path_of(r, s, f->first_output + s->file, true))
            return PROGRESS_BAD;
        enum progress v = check_file(r, s, &r->plan->file[f->first_output + s->file]);
        if (v != PROGRESS_GOOD)
            return v;
    }
    return no_checkpoint_left(r, s) && publish(r, s) ? PROGRESS_GOOD : PROGRESS_BAD;
}

void
files_discard(struct run *r, struct slot *s)
{
    const struct plan_family *f = &r->plan->family[s->family];
    /* who stopped in good order before the end of the job goes on from a checkpoint, and may need
     * what it wrote */
    enum journal_reason reason = s->reason;
    s->reason = REASON_OK;
    bool goes_on = reason == REASON_WALLTIME && s->exited && checkpoint_there(r, s);
    s->reason = reason;
    /* an attempt that never got to its outputs has written none */
    size_t first = (size_t)s->at * f->noutputs, n = s->before.n / sizeof(uint64_t);
    for (uint32_t i = 0; i < f->noutputs && first + i < n; i++) {
        buf_reset(&r->path);
        if (!plan_path(r->eval, s->task, f->first_output + i, true, &r->path))
            continue;
        if (r->plan->file[f->first_output + i].name) {
            int err = remove_all(r->path.p);
            if (err)
                slot_note(s, "%s cannot be removed: %s", r->path.p, strerror(err));
            continue;
        }
        uint64_t now = signature(r->path.p);
        if (goes_on || !now || now == signature_before(r, s, i))
            continue;
        buf_reset(&r->text);
        buf_printf(&r->text, "%s.failed", r->path.p);
        remove_all(r->text.p);
        if (rename(r->path.p, r->text.p) == 0)
            slot_note(s, "output %s was renamed to %s", r->path.p, r->text.p);
        else
            slot_note(s, "output %s cannot be renamed: %s", r->path.p, strerror(errno));
    }
}

void
files_abandon(struct run *r, struct slot *s)
{
    const struct plan_family *f = &r->plan->family[s->family];
    for (uint32_t i = 0; i < s->nmembers; i++) {
        for (uint32_t k = f->first_output; k < f->first_output + f->noutputs; k++) {
            buf_reset(&r->path);
            if (r->plan->file[k].name &&
                plan_path(r->eval, slot_members(s)[i].task, k, true, &r->path))
                remove_all(r->path.p);
        }
    }
}

/* --- after a crash --- */

/* File times come from a clock that ticks; a write just after `start_us` may carry an earlier
 * time, by a tick at most. */
static bool
newer(const struct stat *st, int64_t start_us)
{
    int64_t t = (int64_t)st->st_mtim.tv_sec * 1000000 + st->st_mtim.tv_nsec / 1000;
    return t >= start_us - 20000;
}

bool
files_settle(struct run *r, uint32_t task, const char *tag, int64_t start_us)
{
    const struct plan_family *f = &r->plan->family[plan_family_of(r->plan, task)];
    struct slot s = {.task = task, .family = plan_family_of(r->plan, task)};
    bool complete = true, proof = false;
    struct stat st;
    plan_eval_tag(r->eval, tag);
    for (uint32_t i = 0; i < f->noutputs && complete; i++) {
        const struct plan_file *file = &r->plan->file[f->first_output + i];
        complete = file->name != 0 && path_of(r, &s, f->first_output + i, true) &&
            lstat(r->path.p, &st) != 0;
        if (!complete || !path_of(r, &s, f->first_output + i, false))
            break;
        bool there = stat(r->path.p, &st) == 0 && newer(&st, start_us);
        proof |= there && !file->optional;
        complete = there || file->optional;
    }
    complete = complete && proof;
    for (uint32_t i = 0; i < f->noutputs && !complete; i++) {
        bool named = r->plan->file[f->first_output + i].name != 0;
        if (!path_of(r, &s, f->first_output + i, true) || lstat(r->path.p, &st) != 0)
            continue;
        if (named) {
            remove_all(r->path.p);
        } else if (newer(&st, start_us)) {
            buf_reset(&r->text);
            buf_printf(&r->text, "%s.failed", r->path.p);
            remove_all(r->text.p);
            if (rename(r->path.p, r->text.p) != 0)
                say("%s cannot be renamed: %s", r->path.p, strerror(errno));
        }
    }
    plan_eval_tag(r->eval, r->tag);
    buf_free(&s.note);
    return complete;
}

bool
files_present(struct run *r, uint32_t task)
{
    const struct plan_family *f = &r->plan->family[plan_family_of(r->plan, task)];
    for (uint32_t i = 0; i < f->noutputs; i++) {
        if (r->plan->file[f->first_output + i].optional)
            continue;
        buf_reset(&r->path);
        if (!plan_path(r->eval, task, f->first_output + i, false, &r->path) ||
            access(r->path.p, F_OK) != 0)
            return false;
    }
    return true;
}
