/* Where the image of a container is, and whether it can be used here. */
#include "config.h"

#include "node/container.h"

#include "node/say.h"
#include "util/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- where it is --- */

/* The path of the image, absolute: the runtime is started where the tasks are, but a path that
 * begins with a name may be taken for an image's. */
static void
find_path(const struct containers *k, struct container *b)
{
    const char *source = plan_container_text(k->plan, b->plan->source);
    buf_reset(&b->image);
    if (source[0] != '/' && b->plan->prepared) {
        buf_puts(&b->image, k->state_dir);
        b->image.n = (size_t)(strrchr(b->image.p, '/') - b->image.p); /* DIR/state */
        buf_putc(&b->image, '/');
    } else if (source[0] != '/') {
        buf_printf(&b->image, "%s/", k->work);
    }
    buf_puts(&b->image, source);
}

static bool
is_there(const struct containers *k, const struct container *b, struct stat *st)
{
    const char *name = plan_string(k->plan, b->plan->name);
    int err = stat(b->image.p, st) == 0 ? 0 : errno;
    if (!err && S_ISDIR(st->st_mode) == (b->plan->form == PLAN_IMAGE_DIR))
        return true;
    if (!err)
        say("container %s: the image %s is %s", name, b->image.p,
            S_ISDIR(st->st_mode) ? "a folder" : "no folder");
    else if (b->plan->prepared)
        say("container %s: its image has not been made ready (%s: %s); run %s/prepare.sh once",
            name, b->image.p, strerror(err), k->dir);
    else
        say("container %s: the image %s cannot be read: %s", name, b->image.p, file_error(err));
    return false;
}

/* --- what has to be in a folder --- */

/* A place to mount on. An image may be one that we must not write to. */
static bool
mount_point(const struct container *b, const char *inside, bool file)
{
    struct buf path = {0};
    struct stat st;
    buf_printf(&path, "%s%s", b->image.p, inside);
    int err = 0;
    if (stat(path.p, &st) != 0)
        err = errno;
    if (err == ENOENT && !file) {
        err = dir_make(path.p);
    } else if (err == ENOENT) {
        err = dir_make_parent(path.p);
        int fd = err ? -1 : open(path.p, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
        err = err ? err : fd < 0 ? errno : 0;
        if (fd >= 0)
            close(fd);
    }
    if (err)
        say("%s has no %s %s to mount on, and it cannot be made there: %s; add it to the image",
            b->image.p, file ? "file" : "folder", inside, strerror(err));
    buf_free(&path);
    return err == 0;
}

/* Charliecloud mounts on what is there in the image, and on nothing else. */
static bool
mount_points(const struct containers *k, struct container *b)
{
    static const char *const folder[] = {"/dev", "/proc", "/sys", "/tmp"};
    static const char *const file[] = {"/etc/passwd", "/etc/group"};
    const struct plan *p = k->plan;
    bool good = true;
    for (unsigned i = 0; i < 4; i++)
        good &= mount_point(b, folder[i], false);
    for (unsigned i = 0; i < 2; i++)
        good &= mount_point(b, file[i], true);
    for (unsigned i = 0; i < CONTAINER_FOLDERS; i++)
        good &= !container_folder(k, b, i) || mount_point(b, container_folder(k, b, i), false);
    for (uint32_t i = b->plan->first_bind; i < b->plan->first_bind + b->plan->nbinds; i++) {
        const char *inside = plan_string(p, p->bind[i].inside);
        good &= path_below(inside, "/tmp") || mount_point(b, inside, false);
    }
    return good;
}

/* What is not there cannot be bound: better told once than by every task. */
static bool
binds_are_there(const struct containers *k, const struct container *b)
{
    const struct plan *p = k->plan;
    for (uint32_t i = b->plan->first_bind; i < b->plan->first_bind + b->plan->nbinds; i++) {
        const char *path = plan_string(p, p->bind[i].path);
        if (access(path, F_OK) == 0)
            continue;
        say("container %s: the folder %s, which is to be bound, cannot be found on this node: %s",
            plan_string(p, b->plan->name), path, strerror(errno));
        return false;
    }
    return true;
}

bool
container_image(struct containers *k, struct container *b)
{
    struct stat st;
    const struct plan_container *c = b->plan;
    if (!binds_are_there(k, b))
        return false;
    if (c->form == PLAN_IMAGE_NAME) {
        buf_puts(&b->image, plan_container_text(k->plan, c->source));
        return true;
    }
    find_path(k, b);
    if (!is_there(k, b, &st))
        return false;
    if (c->copy && c->form != PLAN_IMAGE_DIR)
        return container_copy(k, b, &st);
    if (c->runtime != PLAN_RUNTIME_CHARLIECLOUD || c->form != PLAN_IMAGE_DIR)
        return true;
    struct buf path = {0};
    buf_printf(&path, "%s/ch/environment", b->image.p);
    b->has_env = access(path.p, R_OK) == 0;
    buf_free(&path);
    return mount_points(k, b);
}
