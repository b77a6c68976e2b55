/* Jobs that submit.sh sent: it leaves what the scheduler said of each in a file of its own in
 * state/by-hand, made whole at once. They become jobs of the record, like others. */
#include "config.h"

#include "submit/scheduler.h"

#include "journal/paths.h"
#include "util/file.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Kept, under a name that is not looked at again. */
static void
say_odd(const char *path, const char *why)
{
    struct buf to = {0};
    buf_printf(&to, "%s.odd", path);
    if (rename(path, to.p) == 0)
        fprintf(stderr, "wflc: submit.sh sent a job whose id cannot be told (%s): see %s\n", why,
            to.p);
    buf_free(&to);
}

static int
take(const struct scheduler *s, struct record *r, const char *path, int64_t when_s)
{
    struct buf text = {0}, id = {0}, name = {0}, why = {0};
    int err = file_read(path, &text);
    bool found = !err && text.n &&
                 job_id_read((enum site_kind)s->site->scheduler.kind, s->site->scheduler.id_regex,
                     text.p, &id, &why);
    err = err == ENOENT ? 0 : err; /* another wflc took it */
    if (found && !record_with_id(r, id.p)) {
        buf_printf(&name, RECORD_BY_HAND "%s", id.p);
        err = record_add(r,
            &(struct record_line){.word = RECORD_INTENT, .name = name.p, .now_s = when_s});
        /* it may be there from an earlier try */
        const struct record_job *j = record_named(r, name.p);
        if (!err && j)
            err = record_add(r, &(struct record_line){.word = RECORD_JOB,
                                    .i = (size_t)(j - r->job),
                                    .id = id.p,
                                    .now_s = when_s});
    }
    if (!err && r->fd >= 0 && found)
        (void)unlink(path); /* it is known now */
    else if (!err && r->fd >= 0 && text.n)
        say_odd(path, why.p);
    buf_free(&text);
    buf_free(&id);
    buf_free(&name);
    buf_free(&why);
    return err;
}

/* The folder of the notes; NULL, and *err: 0 if there is none. */
static DIR *
open_notes(const char *state_dir, struct buf *path, int *err)
{
    buf_printf(path, "%s/" STATE_BY_HAND, state_dir);
    DIR *d = opendir(path->p);
    *err = d || errno == ENOENT ? 0 : errno;
    return d;
}

/* Is a file of this name a note, "SECONDS.PROCESS", and of when? */
static bool
is_note(const char *name, long long *when_s)
{
    int end = 0;
    return sscanf(name, "%lld.%*u%n", when_s, &end) == 1 && end && !name[end];
}

size_t
scheduler_notes(const char *state_dir)
{
    struct buf path = {0};
    size_t n = 0;
    int err;
    long long when_s;
    DIR *d = open_notes(state_dir, &path, &err);
    for (const struct dirent *e; d && (e = readdir(d));)
        n += is_note(e->d_name, &when_s);
    if (d)
        closedir(d);
    buf_free(&path);
    return n;
}

int
scheduler_by_hand(const struct scheduler *s, struct record *r)
{
    struct buf path = {0}, state = {0};
    int err;
    buf_printf(&state, "%s/" BUILD_STATE, s->dir);
    DIR *d = open_notes(state.p, &path, &err);
    size_t folder = path.n;
    for (const struct dirent *e; d && !err && (e = readdir(d));) {
        long long when_s = 0;
        if (!is_note(e->d_name, &when_s))
            continue;
        buf_printf(&path, "/%s", e->d_name);
        err = take(s, r, path.p, when_s);
        path.n = folder;
        path.p[folder] = 0;
    }
    if (d)
        closedir(d);
    buf_free(&path);
    buf_free(&state);
    return err;
}
