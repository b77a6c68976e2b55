/* Files of paths that a command names, `{task.output:file}`: beside the spool of the slot, which is
 * seen in containers, too. They live as long as the process that reads them. */
#include "config.h"

#include "runtime/shim.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/file.h"

static void
list_path(const struct shim *r, const struct slot *s, uint32_t number, struct buf *path)
{
    slot_spool_path(r, s, path);
    buf_printf(path, ".list%u", number);
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
    struct shim *r = arg;
    struct slot *s = r->lists.of;
    size_t from = path->n;
    list_path(r, s, s->nlists++, path);
    int fd = open(path->p + from, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return errno;
    int err = write_all(fd, text->p, text->n);
    if (close(fd) != 0 && !err)
        err = errno;
    return err;
}

void
lists_begin(struct shim *r, struct slot *s)
{
    r->lists.host = (struct plan_host){there, write_list, r};
    r->lists.of = s;
    s->nlists = 0; /* of a start that failed: they are written again */
    plan_eval_host(r->eval, &r->lists.host);
}

int
lists_made(struct shim *r)
{
    int err = plan_eval_trouble(r->eval);
    plan_eval_host(r->eval, NULL);
    return err;
}

void
lists_drop(struct shim *r, struct slot *s)
{
    for (; s->nlists; s->nlists--) {
        buf_reset(&r->path);
        list_path(r, s, s->nlists - 1, &r->path);
        unlink(r->path.p);
    }
}
