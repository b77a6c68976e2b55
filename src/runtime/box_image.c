#include "config.h"

#include "runtime/box.h"

#include "util/file.h"
#include "util/sha256.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- where it is --- */

/* The path of the image, absolute: the runtime is started where the tasks are, but a path that
 * begins with a name may be taken for an image's. */
static void
find_path(const struct run *r, struct box *b)
{
    const char *source = plan_box_text(r->plan, b->plan->source);
    buf_reset(&b->image);
    if (source[0] != '/' && b->plan->prepared) {
        buf_puts(&b->image, r->state_dir);
        b->image.n = (size_t)(strrchr(b->image.p, '/') - b->image.p); /* DIR/state */
        buf_putc(&b->image, '/');
    } else if (source[0] != '/') {
        buf_printf(&b->image, "%s/", r->boxes->work);
    }
    buf_puts(&b->image, source);
}

static bool
is_there(const struct run *r, const struct box *b, struct stat *st)
{
    const char *name = plan_string(r->plan, b->plan->name);
    int err = stat(b->image.p, st) == 0 ? 0 : errno;
    if (!err && S_ISDIR(st->st_mode) == (b->plan->form == PLAN_IMAGE_DIR))
        return true;
    if (!err)
        say("container %s: the image %s is %s", name, b->image.p,
            S_ISDIR(st->st_mode) ? "a folder" : "no folder");
    else if (b->plan->prepared)
        say("container %s: its image has not been made ready (%s: %s); run %s/prepare.sh once", name,
            b->image.p, strerror(err), r->dir);
    else
        say("container %s: the image %s cannot be read: %s", name, b->image.p, strerror(err));
    return false;
}

/* --- what has to be in a folder --- */

/* A place to mount on. An image may be one that we must not write to. */
static bool
mount_point(const struct box *b, const char *inside, bool file)
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
mount_points(const struct run *r, struct box *b)
{
    static const char *const folder[] = {"/dev", "/proc", "/sys", "/tmp"};
    static const char *const file[] = {"/etc/passwd", "/etc/group"};
    const struct plan *p = r->plan;
    bool good = true;
    for (unsigned i = 0; i < 4; i++)
        good &= mount_point(b, folder[i], false);
    for (unsigned i = 0; i < 2; i++)
        good &= mount_point(b, file[i], true);
    for (unsigned i = 0; i < BOX_FOLDERS; i++)
        good &= !box_folder(r, b, i) || mount_point(b, box_folder(r, b, i), false);
    for (uint32_t i = b->plan->first_bind; i < b->plan->first_bind + b->plan->nbinds; i++) {
        const char *inside = plan_string(p, p->bind[i].inside);
        good &= path_below(inside, "/tmp") || mount_point(b, inside, false);
    }
    return good;
}

/* What is not there cannot be bound: better told once than by every task. */
static bool
binds_are_there(const struct run *r, const struct box *b)
{
    const struct plan *p = r->plan;
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

/* --- the node's copy --- */

/* $NAME and ${NAME} by the environment. */
static void
expand(const char *text, struct buf *out)
{
    while (*text) {
        size_t n = strcspn(text, "$");
        buf_add(out, text, n);
        text += n;
        if (!*text)
            return;
        bool braces = text[1] == '{';
        const char *name = text + 1 + braces;
        n = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789");
        char *key = strndup(name, n);
        const char *value = n ? getenv(key) : "$";
        buf_puts(out, value ? value : "");
        free(key);
        text = name + n + (braces && name[n] == '}');
    }
}

/* What is known of the image: the plan's digest, or what prepare.sh wrote beside it. */
static void
known_digest(const struct run *r, const struct box *b, struct buf *digest)
{
    const char *told = b->plan->prepared ? NULL : plan_box_text(r->plan, b->plan->digest);
    struct buf path = {0};
    buf_reset(digest);
    if (told) {
        buf_puts(digest, told + strlen("sha256:"));
    } else {
        buf_printf(&path, "%s.sha256", b->image.p);
        if (file_read(path.p, digest) != 0 || digest->n < SHA256_HEX)
            buf_reset(digest);
        else
            digest->n = SHA256_HEX, digest->p[SHA256_HEX] = 0;
    }
    buf_free(&path);
}

/* Writes the copy under another name, which it loses once it is whole and right. */
static bool
copy_file(const struct run *r, const struct box *b, const char *to, const char *digest)
{
    struct buf part = {0};
    char hex[SHA256_HEX + 1];
    buf_printf(&part, "%s.part", to);
    int fd = open(part.p, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    int err = fd < 0 ? errno : sha256_file(b->image.p, fd, hex);
    if (fd >= 0 && close(fd) != 0 && !err)
        err = errno;
    bool right = err || !*digest || strcmp(hex, digest) == 0;
    if (!err && right && rename(part.p, to) != 0)
        err = errno;
    if (err)
        say("the image %s cannot be copied to %s: %s", b->image.p, to, strerror(err));
    if (!right)
        say("the image %s is not what the plan was made for: its sha256 is %s, and should be %s; build "
            "the campaign again, or run %s/prepare.sh again", b->image.p, hex, digest, r->dir);
    if (err || !right)
        unlink(part.p);
    buf_free(&part);
    return !err && right;
}

/* Nobody but us may write to what we are going to run. */
static bool
own_folder(const char *path)
{
    struct stat st;
    if (mkdir(path, 0700) == 0 || errno == EEXIST) {
        if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid() &&
            !(st.st_mode & 022))
            return true;
        errno = EPERM;
    }
    return false;
}

/* The first shim of the user on this node copies, others wait for it; the last one takes the copy
 * away. Its lock tells: shared by all who use it. */
static bool
node_copy(struct run *r, struct box *b, const struct stat *st)
{
    struct buf path = {0}, lock = {0}, digest = {0};
    expand(r->local ? r->local : plan_box_text(r->plan, b->plan->copy_dir), &path);
    buf_printf(&path, "/wfl-%u", (unsigned)geteuid());
    bool good = own_folder(path.p);
    if (!good)
        say("the image %s cannot be copied to %s: %s", b->image.p, path.p, strerror(errno));
    known_digest(r, b, &digest);
    /* the same image by its digest, or the same file as it was last written */
    if (digest.n)
        buf_printf(&path, "/%s", digest.p);
    else
        buf_printf(&path, "/%llx-%llx-%llx-%lx", (unsigned long long)st->st_dev,
            (unsigned long long)st->st_ino, (unsigned long long)st->st_mtim.tv_sec,
            (unsigned long)st->st_mtim.tv_nsec);
    buf_puts(&path, b->plan->form == PLAN_IMAGE_SIF ? ".sif" : ".sqfs");
    buf_printf(&lock, "%s.lock", path.p);
    if (good && (b->copy_lock = open(lock.p, O_RDWR | O_CREAT | O_CLOEXEC, 0600)) < 0) {
        say("%s cannot be made: %s", lock.p, strerror(errno));
        good = false;
    }
    struct stat copied;
    good = good && flock(b->copy_lock, LOCK_EX) == 0;
    if (good && (stat(path.p, &copied) != 0 || copied.st_size != st->st_size))
        good = copy_file(r, b, path.p, digest.n ? digest.p : "");
    good = good && flock(b->copy_lock, LOCK_SH) == 0;
    if (good && b->plan->copy == PLAN_COPY_RAM)
        r->memory -= r->memory > (uint64_t)st->st_size ? (uint64_t)st->st_size : r->memory - 1;
    if (good) {
        buf_reset(&b->image);
        buf_puts(&b->image, path.p);
        b->copied = true;
    }
    buf_free(&path);
    buf_free(&lock);
    buf_free(&digest);
    return good;
}

bool
box_image(struct run *r, struct box *b)
{
    struct stat st;
    const struct plan_container *c = b->plan;
    if (!binds_are_there(r, b))
        return false;
    if (c->form == PLAN_IMAGE_NAME) {
        buf_puts(&b->image, plan_box_text(r->plan, c->source));
        return true;
    }
    find_path(r, b);
    if (!is_there(r, b, &st))
        return false;
    if (c->copy && c->form != PLAN_IMAGE_DIR)
        return node_copy(r, b, &st);
    if (c->runtime != PLAN_RUNTIME_CHARLIECLOUD || c->form != PLAN_IMAGE_DIR)
        return true;
    struct buf path = {0};
    buf_printf(&path, "%s/ch/environment", b->image.p);
    b->has_env = access(path.p, R_OK) == 0;
    buf_free(&path);
    return mount_points(r, b);
}

void
box_image_close(struct box *b)
{
    if (b->copied && flock(b->copy_lock, LOCK_EX | LOCK_NB) == 0)
        unlink(b->image.p); /* the lock's file stays: who waits for it must not wait for another one */
    if (b->copy_lock >= 0)
        close(b->copy_lock);
}
