/* The node's copy of an image, FOLDER/wfl-UID/KEY.sqfs or .sif, is shared by all shims of the user
 * there. Its lock is the file beside it with .lock behind: who uses the copy has it together with
 * others, who makes it or takes it away has it alone. Nobody waits for it without an eye on signals
 * and time. Who cannot have a copy uses the image where it is. */
#include "config.h"

#include "node/container.h"

#include "node/say.h"
#include "util/clock.h"
#include "util/file.h"
#include "util/sha256.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum copied {
    COPY_WHOLE,
    COPY_NONE,  /* it was said why */
    COPY_WRONG, /* the image is not what the plan was made for, said */
};

/* $NAME and ${NAME} by the environment. */
static void
expand_variables(const char *text, struct buf *out)
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
known_digest(const struct containers *k, const struct container *b, struct buf *digest)
{
    const char *told = b->plan->prepared ? NULL : plan_container_text(k->plan, b->plan->digest);
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

/* Writes the copy under another name, which it loses once it is whole and right. In a process of
 * its own, that can be killed. */
static enum copied
copy_file(const struct containers *k, const struct container *b, const char *to, const char *digest)
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
        say("the image %s cannot be copied to %s: %s; it is used where it is", b->image.p, to,
            file_error(err));
    if (!right && b->plan->prepared)
        say("the image %s is not what prepare.sh made: its sha256 is %s, and should be %s; run "
            "%s/prepare.sh --again",
            b->image.p, hex, digest, k->dir);
    else if (!right)
        say("the image %s is not what the plan was made for: its sha256 is %s, and should be %s; "
            "bring that "
            "file back, or build the campaign again",
            b->image.p, hex, digest);
    if (err || !right)
        unlink(part.p);
    buf_free(&part);
    return err ? COPY_NONE : right ? COPY_WHOLE : COPY_WRONG;
}

static enum copied
make_copy(struct containers *k, const struct container *b, const char *to, const char *digest)
{
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* it has the lock, too */
        _exit(copy_file(k, b, to, digest));
    }
    if (pid > 0 && container_wait_for(k, pid, NEVER, &status) && WIFEXITED(status))
        return (enum copied)WEXITSTATUS(status);
    if (pid < 0)
        say("the image %s cannot be copied to %s: %s; it is used where it is", b->image.p, to,
            strerror(errno));
    struct buf part = {0};
    buf_printf(&part, "%s.part", to);
    unlink(part.p);
    buf_free(&part);
    return COPY_NONE;
}

/* Makes the folders that `path` lies in, which the node's disk may lack. The length of the first
 * one that was made, and goes with us; 0: none. */
static size_t
make_parents(const char *path)
{
    size_t made = 0;
    char *name = xstrdup(path);
    for (char *p = name + 1; (p = strchr(p, '/')); p++) {
        *p = 0;
        if (mkdir(name, 0700) == 0 && !made)
            made = (size_t)(p - name);
        *p = '/';
    }
    free(name);
    return made;
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

/* Opens the lock of a copy, and takes it if nobody has it otherwise. -1: not now, for errno;
 * ESTALE: the file was taken away meanwhile, another one counts. */
static int
lock_copy(const char *copy, int how)
{
    struct buf path = {0};
    struct stat ours, there;
    buf_printf(&path, "%s.lock", copy);
    int fd = open(path.p, O_RDWR | O_CREAT | O_CLOEXEC, 0600), err = fd < 0 ? errno : 0;
    if (!err && flock(fd, how | LOCK_NB) != 0)
        err = errno;
    if (!err && (fstat(fd, &ours) != 0 || stat(path.p, &there) != 0 || ours.st_ino != there.st_ino))
        err = ESTALE;
    if (err && fd >= 0)
        close(fd);
    buf_free(&path);
    errno = err;
    return err ? -1 : fd;
}

/* Takes a copy away that nobody uses, and its lock, which is held alone. */
static void
remove_copy(const char *copy)
{
    static const char *const with[] = {"", ".part", ".lock"};
    struct buf path = {0};
    for (int i = 0; i < 3; i++) {
        buf_reset(&path);
        buf_printf(&path, "%s%s", copy, with[i]);
        unlink(path.p);
    }
    buf_free(&path);
}

/* Takes the folder `path` away, and those above it that were made for it, unless others are in
 * them. */
static void
remove_folders(char *path, size_t made)
{
    while (rmdir(path) == 0 && made) {
        char *slash = strrchr(path, '/');
        if (!slash || (size_t)(slash - path) < made)
            return;
        *slash = 0;
    }
}

/* Copies of shims that were killed, of other images: nobody has their locks. */
static void
sweep_copies(const char *folder, const char *ours)
{
    struct buf copy = {0};
    const struct dirent *e;
    DIR *d = opendir(folder);
    while (d && (e = readdir(d))) {
        size_t n = strlen(e->d_name);
        if (n < 6 || strcmp(e->d_name + n - 5, ".lock") != 0)
            continue;
        buf_reset(&copy);
        buf_printf(&copy, "%s/%.*s", folder, (int)n - 5, e->d_name);
        int fd = strcmp(copy.p, ours) != 0 ? lock_copy(copy.p, LOCK_EX) : -1;
        if (fd < 0)
            continue;
        remove_copy(copy.p);
        close(fd);
    }
    if (d)
        closedir(d);
    buf_free(&copy);
}

static bool
copy_is_whole(const char *copy, const struct stat *image)
{
    struct stat st;
    return stat(copy, &st) == 0 && S_ISREG(st.st_mode) && st.st_size == image->st_size;
}

/* One try at a copy that is whole, with the lock that its users have; *again: nothing is decided
 * yet. */
static enum copied
try_copy(struct containers *k, struct container *b, const char *copy, const struct stat *image,
    const char *digest, bool *again)
{
    enum copied result = COPY_NONE;
    int fd = lock_copy(copy, LOCK_SH);
    *again = fd < 0 && (errno == EWOULDBLOCK || errno == ESTALE || errno == EINTR);
    if (fd < 0) {
        if (!*again)
            say("%s.lock cannot be made: %s; the image %s is used where it is", copy,
                strerror(errno), b->image.p);
        return COPY_NONE;
    }
    if (copy_is_whole(copy, image)) {
        b->copy_lock = fd;
        return COPY_WHOLE;
    }
    close(fd);
    fd = lock_copy(copy, LOCK_EX);
    *again = true;
    if (fd >= 0 && !copy_is_whole(copy, image)) {
        result = make_copy(k, b, copy, digest);
        *again = result == COPY_WHOLE; /* for the lock of a user */
    }
    if (fd >= 0)
        close(fd);
    return result;
}

/* Where the copy is to be; false: there can be none, said. */
static bool
copy_path(struct containers *k, struct container *b, const struct stat *st, const char *digest,
    struct buf *path)
{
    expand_variables(k->local ? k->local : plan_container_text(k->plan, b->plan->copy_dir), path);
    buf_printf(path, "/wfl-%u", (unsigned)geteuid());
    b->made = make_parents(path->p);
    if (!own_folder(path->p)) {
        say("the image %s cannot be copied to %s: %s; it is used where it is", b->image.p, path->p,
            strerror(errno));
        return false;
    }
    size_t folder = path->n;
    /* the same image by its digest, or the same file as it was last written */
    if (*digest)
        buf_printf(path, "/%s", digest);
    else
        buf_printf(path, "/%llx-%llx-%llx-%llx-%lx", (unsigned long long)st->st_dev,
            (unsigned long long)st->st_ino, (unsigned long long)st->st_size,
            (unsigned long long)st->st_mtim.tv_sec, (unsigned long)st->st_mtim.tv_nsec);
    buf_puts(path, b->plan->form == PLAN_IMAGE_SIF ? ".sif" : ".sqfs");
    char *name = strndup(path->p, folder);
    sweep_copies(name, path->p);
    free(name);
    return true;
}

/* No copy, be it that there is no room: what was begun goes, if nobody else has it. */
static void
leave_copy(const struct container *b, const char *copy)
{
    int fd = lock_copy(copy, LOCK_EX);
    char *folder = xstrdup(copy);
    *strrchr(folder, '/') = 0;
    if (fd >= 0)
        remove_copy(copy);
    if (fd >= 0)
        close(fd);
    remove_folders(folder, b->made);
    free(folder);
}

bool
container_copy(struct containers *k, struct container *b, const struct stat *st)
{
    struct buf path = {0}, digest = {0};
    enum copied result = COPY_NONE;
    known_digest(k, b, &digest);
    bool placed = copy_path(k, b, st, digest.n ? digest.p : "", &path);
    if (!placed && b->made)
        remove_folders(path.p, b->made);
    if (placed) {
        bool again = true;
        for (bool told = false; again;) {
            result = try_copy(k, b, path.p, st, digest.n ? digest.p : "", &again);
            if (again && result == COPY_NONE && !told && !k->quiet)
                say("waiting for another shim to copy %s", b->image.p);
            told |= again && result == COPY_NONE;
            if (again && !k->pause(k->arg))
                break; /* it is time to end: nothing will be started */
        }
    }
    if (placed && b->copy_lock < 0)
        leave_copy(b, path.p);
    if (result == COPY_WHOLE && b->copy_lock >= 0) {
        if (b->plan->copy == PLAN_COPY_RAM)
            *k->memory -=
                *k->memory > (uint64_t)st->st_size ? (uint64_t)st->st_size : *k->memory - 1;
        buf_reset(&b->image);
        buf_puts(&b->image, path.p);
        b->copied = true;
    }
    buf_free(&path);
    buf_free(&digest);
    return result != COPY_WRONG;
}

void
container_copy_close(struct container *b)
{
    if (b->copied && flock(b->copy_lock, LOCK_EX | LOCK_NB) == 0) {
        remove_copy(b->image.p);
        *strrchr(b->image.p, '/') = 0;
        remove_folders(b->image.p, b->made);
    }
    if (b->copy_lock >= 0)
        close(b->copy_lock);
}
