#include "config.h"

#include "node/lists.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/file.h"

static void
list_path(const char *spool, uint32_t number, struct buf *path)
{
    buf_printf(path, "%s.list%u", spool, number);
}

/* That it is not there is an answer; all else, be it that one may not look, is none. */
static int
there(void *arg, const char *path)
{
    (void)arg;
    struct stat st;
    int err = stat(path, &st) == 0 ? 0 : errno;
    return err == ENOTDIR ? ENOENT : err;
}

static int
write_list(void *arg, const struct buf *text, struct buf *path)
{
    struct lists *l = arg;
    size_t from = path->n;
    list_path(l->spool.p, (*l->n)++, path);
    int fd = open(path->p + from, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return errno;
    int err = write_all(fd, text->p, text->n);
    if (close(fd) != 0 && !err)
        err = errno;
    return err;
}

void
lists_begin(struct lists *l, struct plan_eval *eval, uint32_t *n)
{
    l->host = (struct plan_host){there, write_list, l};
    l->n = n;
    *n = 0; /* of a start that failed: they are written again */
    plan_eval_host(eval, &l->host);
}

int
lists_made(struct plan_eval *eval)
{
    int err = plan_eval_trouble(eval);
    plan_eval_host(eval, NULL);
    return err;
}

void
lists_drop(const char *spool, uint32_t *n)
{
    struct buf path = {0};
    for (; *n; --*n) {
        buf_reset(&path);
        list_path(spool, *n - 1, &path);
        unlink(path.p);
    }
    buf_free(&path);
}
