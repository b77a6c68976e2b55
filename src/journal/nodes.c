#include "config.h"

#include "journal/nodes.h"

#include "journal/paths.h"
#include "util/file.h"
#include "util/list.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool
node_name_good(const char *name)
{
    size_t n = strlen(name);
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)name[i]) && (i == 0 || !strchr("._-", name[i])))
            return false;
    return n > 0 && n < NODE_NAME_SIZE;
}

static void
node_path(struct buf *b, const char *state_dir, const char *name)
{
    buf_printf(b, "%s/" STATE_NODES "/%s", state_dir, name);
}

/* The file is complete before it has its name. */
int
nodes_add(const char *state_dir, const struct bad_node *n)
{
    struct buf path = {0}, temporary = {0}, text = {0};
    node_path(&path, state_dir, n->name);
    buf_printf(&temporary, "%s/" STATE_NODES "/.%s", state_dir, n->holder);
    buf_printf(&text, "wfl-node 1 %" PRIu32 " %" PRId64 " %d %d %s %s\n", n->failures, n->since_s,
        (int)n->reason, n->code, n->holder, *n->job ? n->job : "-");
    buf_printf(&text,
        "%" PRIu32 " processes in a row failed on %s (%s %d), and others did what failed "
        "there, or worked meanwhile\n",
        n->failures, n->name, journal_reason_name(n->reason), n->code);
    int err = dir_make_parent(path.p);
    int fd = err ? -1 : open(temporary.p, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (!err)
        err = fd < 0 ? errno : write_all(fd, text.p, text.n);
    if (!err && link(temporary.p, path.p) != 0)
        err = errno;
    /* where there are no links to files: nobody else is on this node */
    if (err && err != EEXIST && fd >= 0 && access(path.p, F_OK) != 0)
        err = rename(temporary.p, path.p) == 0 ? 0 : errno;
    if (fd >= 0) {
        unlink(temporary.p);
        close(fd);
    }
    buf_free(&path);
    buf_free(&temporary);
    buf_free(&text);
    return err;
}

/* The job is the rest of the line. */
static bool
parse(const char *text, struct bad_node *n)
{
    int reason, code, end = 0;
    if (sscanf(text, "wfl-node 1 %" SCNu32 " %" SCNd64 " %d %d %23s %n", &n->failures, &n->since_s,
            &reason, &code, n->holder, &end) != 5 ||
        !end || !text[end])
        return false;
    if (reason < 0 || reason >= JOURNAL_NREASONS || code < 0 || code > 255)
        return false;
    n->reason = (enum journal_reason)reason;
    n->code = (uint8_t)code;
    snprintf(n->job, sizeof n->job, "%.*s", (int)strcspn(text + end, "\n"), text + end);
    return true;
}

bool
nodes_find(const char *state_dir, const char *name, struct bad_node *n)
{
    char text[512];
    struct buf path = {0};
    struct stat st;
    if (!node_name_good(name))
        return false;
    node_path(&path, state_dir, name);
    int fd = open(path.p, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    buf_free(&path);
    if (fd < 0)
        return false;
    ssize_t got = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? read(fd, text, sizeof text - 1) : 0;
    close(fd);
    text[got > 0 ? got : 0] = 0;
    *n = (struct bad_node){0};
    snprintf(n->name, sizeof n->name, "%s", name);
    return parse(text, n);
}

static int
by_name(const void *a, const void *b)
{
    return strcmp(((const struct bad_node *)a)->name, ((const struct bad_node *)b)->name);
}

static DIR *
open_nodes(const char *state_dir, int *err)
{
    struct buf path = {0};
    buf_printf(&path, "%s/" STATE_NODES, state_dir);
    DIR *d = opendir(path.p);
    *err = d || errno == ENOENT ? 0 : errno;
    buf_free(&path);
    return d;
}

int
nodes_read(const char *state_dir, struct bad_node **v, size_t *n)
{
    int err;
    size_t cap = 0;
    DIR *d = open_nodes(state_dir, &err);
    const struct dirent *e;
    *v = NULL;
    *n = 0;
    while (d && *n < NODES_MOST && (e = readdir(d))) {
        ARRAY_GROW(*v, *n, cap);
        *n += nodes_find(state_dir, e->d_name, &(*v)[*n]);
    }
    if (d)
        closedir(d);
    if (*n)
        qsort(*v, *n, sizeof **v, by_name);
    return err;
}

void
nodes_clear(const char *state_dir, const char *holder)
{
    struct bad_node *v;
    size_t n;
    struct buf path = {0};
    nodes_read(state_dir, &v, &n);
    for (size_t i = 0; i < n; i++) {
        if (strcmp(v[i].holder, holder) != 0)
            continue;
        buf_reset(&path);
        node_path(&path, state_dir, v[i].name);
        unlink(path.p);
    }
    buf_free(&path);
    free(v);
}

int
nodes_forget(const char *state_dir, const char *name)
{
    struct buf path = {0};
    node_path(&path, state_dir, name);
    int err = unlink(path.p) == 0 || errno == ENOENT ? 0 : errno;
    buf_free(&path);
    return err;
}

int
nodes_remove(const char *state_dir)
{
    int err;
    DIR *d = open_nodes(state_dir, &err);
    int left = dir_clear(d);
    return left ? left : err;
}

/* --- who is to blame --- */

uint32_t
nodes_suspicious(uint32_t slots)
{
    return slots < NODE_LEAST ? NODE_LEAST : slots > NODE_MOST ? NODE_MOST : slots;
}

enum node_verdict
nodes_judge(const struct node_evidence *e)
{
    if (e->same_failed && e->same_failed >= e->same_done)
        return NODE_CLEARED;
    if (e->same_done)
        return NODE_BAD;
    /* tasks that lie side by side may fail together, wherever: where something has worked before,
     * only the same tasks tell */
    if (e->worked)
        return NODE_OPEN;
    if (e->done > e->failed)
        return NODE_LIKELY;
    if (e->failed || (e->old_failed && !e->old_done))
        return NODE_CLEARED;
    return NODE_OPEN;
}
