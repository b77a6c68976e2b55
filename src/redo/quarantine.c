/* Old outputs keep the names that they had from the working folder on, below a folder that is new
 * with each redo. */
#include "config.h"

#include "redo/redo.h"

#include "journal/paths.h"
#include "util/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FIRST_TRIES = 1000000 };

void
quarantine_free(struct quarantine *q)
{
    buf_free(&q->folder);
    buf_free(&q->last);
    buf_free(&q->example);
    buf_free(&q->trouble);
}

/* The first number that nobody had yet. */
static int
make_folder(struct quarantine *q)
{
    int err = EEXIST;
    for (unsigned n = 1; err == EEXIST && n < FIRST_TRIES; n++) {
        buf_reset(&q->folder);
        buf_printf(&q->folder, "%s/" STATE_QUARANTINE "/%u", q->state, n);
        err = n == 1 ? dir_make_parent(q->folder.p) : 0;
        if (!err && mkdir(q->folder.p, 0777) != 0)
            err = errno;
        q->number = n;
    }
    return err;
}

/* Names that do not start there, or leave it, are spelled so that they stay below the folder. */
static void
add_name(const char *path, struct buf *to)
{
    if (*path == '/')
        buf_puts(to, "/root");
    for (const char *p = path; *p;) {
        size_t n = strcspn(p, "/");
        if (n == 2 && memcmp(p, "..", 2) == 0)
            buf_puts(to, "/up");
        else if (n && !(n == 1 && *p == '.')) {
            buf_putc(to, '/');
            buf_add(to, p, n);
        }
        p += n + (p[n] == '/');
    }
}

static bool
is_there(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0;
}

/* One output may be a folder in which another one was, which is there already. */
static void
find_free(struct buf *to)
{
    size_t n = to->n;
    for (unsigned i = 2; is_there(to->p); i++) {
        to->n = n;
        buf_printf(to, ".%u", i);
    }
}

static int
make_place(struct quarantine *q, const char *to)
{
    size_t n = (size_t)(strrchr(to, '/') - to);
    if (q->last.n == n && memcmp(q->last.p, to, n) == 0)
        return 0;
    buf_reset(&q->last);
    buf_add(&q->last, to, n);
    int err = dir_make(q->last.p);
    if (err)
        buf_reset(&q->last);
    return err;
}

static int
move_in(struct quarantine *q, const char *path)
{
    struct buf to = {0};
    int err = q->folder.n ? 0 : make_folder(q);
    buf_puts(&to, q->folder.p);
    add_name(path, &to);
    if (!err)
        err = make_place(q, to.p);
    if (!err) {
        find_free(&to);
        err = rename(path, to.p) == 0 ? 0 : errno;
    }
    buf_free(&to);
    return err;
}

/* Where it is, as it cannot be brought elsewhere but by a copy. */
static int
put_aside(struct quarantine *q, const char *path)
{
    struct buf to = {0};
    buf_printf(&to, "%s.before-redo-%u", path, q->number);
    find_free(&to);
    int err = rename(path, to.p) == 0 ? 0 : errno;
    if (!err && !q->aside++)
        buf_puts(&q->example, to.p);
    buf_free(&to);
    return err;
}

void
quarantine_move(struct quarantine *q, const char *path)
{
    if (!is_there(path)) /* what cannot be seen cannot be moved, and shows when it is made again */
        return;
    int err = move_in(q, path);
    q->moved += !err;
    if (err)
        err = put_aside(q, path);
    if (err && !q->left++)
        buf_printf(&q->trouble, "%s: %s", path, strerror(err));
}
