/* Jobs that submit.sh sent: it leaves what the scheduler said of each in a file of its own in state/by-hand,
 * made whole at once. They become jobs of the record, like others. */
#include "config.h"

#include "submit/scheduler.h"

#include "util/file.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static bool
is_known(const struct record *r, const char *id)
{
    for (size_t i = 0; i < r->n; i++)
        if (strcmp(r->job[i].id, id) == 0)
            return true;
    return false;
}

/* Kept, under a name that is not looked at again. */
static void
say_odd(const char *path, const char *why)
{
    struct buf to = {0};
    buf_printf(&to, "%s.odd", path);
    if (rename(path, to.p) == 0)
        fprintf(stderr, "wflc: submit.sh sent a job whose id cannot be told (%s): see %s\n", why, to.p);
    buf_free(&to);
}

static int
take(const struct scheduler *s, struct record *r, const char *path, int64_t when_s)
{
    struct buf text = {0}, id = {0}, name = {0}, why = {0};
    int err = file_read(path, &text);
    bool found = !err && text.n &&
                 job_id_read((enum site_kind)s->site->scheduler.kind, s->site->scheduler.id_regex, text.p,
                     &id, &why);
    err = err == ENOENT ? 0 : err; /* another wflc took it */
    if (found && !is_known(r, id.p)) {
        buf_printf(&name, RECORD_BY_HAND "%s", id.p);
        err = record_add(r, &(struct record_line){.word = RECORD_INTENT, .name = name.p, .now_s = when_s});
        size_t i = 0; /* it may have been there from an earlier try */
        while (i < r->n && strcmp(r->job[i].name, name.p) != 0)
            i++;
        if (!err && i < r->n)
            err = record_add(r, &(struct record_line){.word = RECORD_JOB, .i = i, .id = id.p, .now_s = when_s});
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

int
scheduler_by_hand(const struct scheduler *s, struct record *r)
{
    struct buf path = {0};
    int err = 0;
    buf_printf(&path, "%s/state/by-hand", s->dir);
    size_t folder = path.n;
    DIR *d = opendir(path.p);
    if (!d)
        err = errno == ENOENT ? 0 : errno;
    for (const struct dirent *e; d && !err && (e = readdir(d));) {
        long long when_s = 0;
        int end = 0; /* "SECONDS.PROCESS" */
        if (sscanf(e->d_name, "%lld.%*u%n", &when_s, &end) != 1 || !end || e->d_name[end])
            continue;
        buf_printf(&path, "/%s", e->d_name);
        err = take(s, r, path.p, when_s);
        path.n = folder;
        path.p[folder] = 0;
    }
    if (d)
        closedir(d);
    buf_free(&path);
    return err;
}
