#include "config.h"

#include "journal/next.h"

#include "journal/names.h"
#include "journal/paths.h"
#include "util/file.h"
#include "util/hash.h"
#include "util/list.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FORMAT = 1 };

/* state/next/N, and what is behind it; appended. */
static void
next_path(const char *state_dir, uint32_t number, const char *behind, struct buf *path)
{
    buf_printf(path, "%s/" STATE_NEXT "/%04" PRIu32 "%s", state_dir, number, behind);
}

void
next_folder(const char *state_dir, uint32_t number, struct buf *path)
{
    next_path(state_dir, number, ".new", path);
}

/* Whole, and on the disk, when it has its name; never in place of another one: EEXIST. */
static int
put_once(const char *path, const struct buf *text)
{
    char host[64] = "";
    struct buf temporary = {0}, folder = {0};
    gethostname(host, sizeof host - 1);
    path_folder(path, &folder);
    buf_printf(&temporary, "%s/.%s.%ld", folder.p, host, (long)getpid());
    int err = dir_make(folder.p);
    if (!err)
        err = file_write_atomic(temporary.p, text->p, text->n, 0666);
    if (!err && link(temporary.p, path) != 0)
        err = errno;
    unlink(temporary.p);
    if (err == EPERM || err == ENOTSUP || err == ENOSYS) { /* no links here: readers want its end */
        int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        err = fd < 0 ? errno : write_all(fd, text->p, text->n);
        if (fd >= 0 && fsync(fd) != 0 && errno != EINVAL && !err)
            err = errno;
        if (fd >= 0)
            close(fd);
    }
    int dir = err ? -1 : open(folder.p, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir >= 0) {
        fsync(dir);
        close(dir);
    }
    buf_free(&temporary);
    buf_free(&folder);
    return err;
}

/* One line, without its end; EINVAL: it is not whole. */
static int
read_line(const char *path, char *line, size_t size)
{
    struct buf text = {0};
    int err = file_read(path, &text);
    if (!err && (text.n < 1 || text.n > size || text.p[text.n - 1] != '\n' ||
                    strlen(text.p) != text.n || strchr(text.p, '\n') != text.p + text.n - 1))
        err = EINVAL;
    if (!err)
        snprintf(line, size, "%.*s", (int)text.n - 1, text.p);
    buf_free(&text);
    return err;
}

/* --- changes --- */

static int
last_number(const char *state_dir, uint32_t *last)
{
    struct buf path = {0};
    uint32_t number;
    *last = 0;
    buf_printf(&path, "%s/" STATE_NEXT, state_dir);
    DIR *d = opendir(path.p);
    int err = d || errno == ENOENT ? 0 : errno;
    buf_free(&path);
    for (const struct dirent *e; d && (e = readdir(d));) {
        const char *behind = names_number(e->d_name, &number);
        if (behind && !*behind && number > *last && number < UINT32_MAX)
            *last = number;
    }
    if (d)
        closedir(d);
    return err;
}

static int
read_end(const char *state_dir, uint32_t number, enum next_state *state)
{
    struct buf path = {0};
    char line[16];
    next_path(state_dir, number, ".end", &path);
    int err = read_line(path.p, line, sizeof line);
    *state = NEXT_OPEN;
    if (!err && strcmp(line, "done") == 0)
        *state = NEXT_DONE;
    else if (!err && strcmp(line, "void") == 0)
        *state = NEXT_VOID;
    buf_free(&path);
    return err == ENOENT || err == EINVAL ? 0 : err; /* it may just be written */
}

int
next_read(const char *state_dir, struct next *x)
{
    struct buf path = {0};
    char line[128];
    int end = 0;
    const uint32_t number = x->number;
    *x = (struct next){.number = number};
    next_path(state_dir, number, "", &path);
    int err = read_line(path.p, line, sizeof line);
    if (!err && (sscanf(line, "wfl-next 1 %16" SCNx64 " %16" SCNx64 " %23s%n", &x->from, &x->to,
                     x->builder, &end) != 3 ||
                    line[end] || strchr(x->builder, '/')))
        err = EINVAL;
    buf_free(&path);
    return err ? err : read_end(state_dir, number, &x->state);
}

int
next_last(const char *state_dir, struct next *x)
{
    *x = (struct next){0};
    int err = last_number(state_dir, &x->number);
    return err || !x->number ? err : next_read(state_dir, x);
}

int
next_open(const char *state_dir, struct next *x)
{
    struct buf path = {0}, text = {0};
    int err = last_number(state_dir, &x->number);
    x->state = NEXT_OPEN;
    buf_printf(&text, "wfl-next %d %016" PRIx64 " %016" PRIx64 " %s\n", FORMAT, x->from, x->to,
        x->builder);
    do {
        x->number++;
        buf_reset(&path);
        next_path(state_dir, x->number, "", &path);
        err = err ? err : put_once(path.p, &text);
    } while (err == EEXIST && (err = 0, true));
    buf_free(&path);
    buf_free(&text);
    return err;
}

int
next_answer(const char *state_dir, uint32_t number, const char *holder, const char *text)
{
    struct buf path = {0}, line = {0};
    next_path(state_dir, number, ".", &path);
    buf_puts(&path, holder);
    buf_printf(&line, "%.*s\n", NEXT_TEXT - 1, text);
    int err = put_once(path.p, &line);
    buf_free(&path);
    buf_free(&line);
    return err == EEXIST ? 0 : err;
}

bool
next_answered(const char *state_dir, uint32_t number, const char *holder, char text[NEXT_TEXT])
{
    struct buf path = {0};
    next_path(state_dir, number, ".", &path);
    buf_puts(&path, holder);
    bool good = read_line(path.p, text, NEXT_TEXT) == 0;
    buf_free(&path);
    return good;
}

int
next_decide(const char *state_dir, struct next *x, bool done)
{
    struct buf path = {0}, text = {0};
    next_path(state_dir, x->number, ".end", &path);
    buf_puts(&text, done ? "done\n" : "void\n");
    int err = put_once(path.p, &text);
    if (!err || err == EEXIST)
        err = read_end(state_dir, x->number, &x->state);
    if (!err && x->state == NEXT_OPEN)
        err = EAGAIN;
    buf_free(&path);
    buf_free(&text);
    return err;
}

/* --- what follows --- */

/* Each file goes once, whoever comes first. On another file system a copy has to do. */
static int
move(const char *from, const char *to)
{
    if (rename(from, to) == 0 || errno == ENOENT)
        return 0;
    if (errno != EXDEV)
        return errno;
    struct buf bytes = {0};
    int err = file_read(from, &bytes);
    if (!err)
        err = file_write_atomic(to, bytes.p, bytes.n, 0666);
    if (!err && unlink(from) != 0 && errno != ENOENT)
        err = errno;
    buf_free(&bytes);
    return err == ENOENT ? 0 : err;
}

static int
move_journals(const char *folder, const char *state_dir)
{
    struct buf dir = {0}, from = {0}, to = {0};
    uint32_t shard, epoch;
    buf_printf(&dir, "%s/" STATE_JOURNAL, folder);
    DIR *d = opendir(dir.p);
    int err = d || errno == ENOENT ? 0 : errno;
    for (const struct dirent *e; d && !err && (e = readdir(d));) {
        if (!journal_name_parse(e->d_name, &shard, &epoch))
            continue;
        buf_reset(&from);
        buf_reset(&to);
        buf_printf(&from, "%s/%s", dir.p, e->d_name);
        buf_printf(&to, "%s/" STATE_JOURNAL "/%s", state_dir, e->d_name);
        err = move(from.p, to.p);
    }
    if (d)
        closedir(d);
    int made = err ? -1 : open(state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int journals = made < 0 ? -1 : openat(made, STATE_JOURNAL, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (journals >= 0) {
        fsync(journals);
        close(journals);
    }
    if (made >= 0)
        close(made);
    buf_free(&dir);
    buf_free(&from);
    buf_free(&to);
    return err;
}

static void
remove_folder(const char *state_dir, uint32_t number)
{
    struct buf path = {0};
    next_folder(state_dir, number, &path);
    size_t n = path.n;
    buf_puts(&path, "/" STATE_JOURNAL);
    dir_clear(opendir(path.p));
    rmdir(path.p);
    path.p[path.n = n] = 0;
    dir_clear(opendir(path.p));
    rmdir(path.p);
    buf_free(&path);
}

int
next_finish(const char *plan, const char *state_dir, const struct next *x)
{
    struct buf folder = {0}, from = {0};
    next_folder(state_dir, x->number, &folder);
    buf_printf(&from, "%s/" NEXT_PLAN, folder.p);
    int err = 0;
    if (access(from.p, F_OK) == 0) {
        err = move_journals(folder.p, state_dir);
        if (!err)
            err = move(from.p, plan);
    }
    if (!err && access(folder.p, F_OK) == 0)
        remove_folder(state_dir, x->number);
    buf_free(&folder);
    buf_free(&from);
    return err;
}

void
next_clear(const char *state_dir, const struct next *x)
{
    struct buf path = {0};
    if (x->state != NEXT_VOID)
        return;
    next_path(state_dir, x->number, ".tasks", &path);
    unlink(path.p);
    buf_free(&path);
    remove_folder(state_dir, x->number);
}

int
next_void(const char *state_dir, struct lease *own, struct next *x)
{
    int err = next_last(state_dir, x);
    if (err || x->state != NEXT_OPEN || lease_judge(own, x->builder, NULL) != LEASE_DEAD)
        return err;
    lease_end(own, x->builder);
    err = next_decide(state_dir, x, false);
    if (!err)
        next_clear(state_dir, x);
    return err;
}

int
next_settle(const char *plan, const char *state_dir, struct lease *own, struct next *x)
{
    int err = next_void(state_dir, own, x);
    return err || x->state != NEXT_DONE ? err : next_finish(plan, state_dir, x);
}

/* --- tasks --- */

void
next_add_task(struct next_tasks *t, const struct next_task *task)
{
    ARRAY_GROW(t->task, t->n, t->cap);
    t->task[t->n++] = *task;
}

void
next_free_tasks(struct next_tasks *t)
{
    free(t->task);
    *t = (struct next_tasks){0};
}

int
next_write_tasks(const char *state_dir, uint32_t number, const struct next_tasks *t)
{
    struct buf path = {0}, text = {0};
    next_path(state_dir, number, ".tasks", &path);
    buf_printf(&text, "wfl-next-tasks %d %016" PRIx64 " %016" PRIx64 "\n", FORMAT, t->from, t->to);
    for (uint32_t i = 0; i < t->n; i++) {
        const struct next_task *k = &t->task[i];
        buf_printf(&text, "%" PRIu32 " %d %" PRIu32 " %" PRIu32 " %" PRIu32 " %016" PRIx64 " %s\n",
            k->task, (k->same ? 1 : 0) + (k->late ? 2 : 0), k->shard, k->epoch, k->was, k->plan,
            k->holder);
    }
    buf_printf(&text, "end %08" PRIx32 "\n", crc32_update(0, text.p, text.n));
    int err = file_write_atomic(path.p, text.p, text.n, 0666);
    buf_free(&path);
    buf_free(&text);
    return err;
}

/* False: the text is damaged. */
static bool
parse_tasks(const struct buf *text, struct next_tasks *t)
{
    const char *s = text->p;
    uint64_t version, task, how, shard, epoch, was, plan, crc;
    if (!s || strlen(s) != text->n || !take_word(&s, "wfl-next-tasks ") ||
        !take_number(&s, 10, FORMAT, ' ', &version) || version != FORMAT ||
        !take_number(&s, 16, UINT64_MAX, ' ', &t->from) ||
        !take_number(&s, 16, UINT64_MAX, '\n', &t->to))
        return false;
    size_t lines;
    while (lines = (size_t)(s - text->p), !take_word(&s, "end ")) {
        struct next_task k;
        if (!take_number(&s, 10, UINT32_MAX, ' ', &task) || !take_number(&s, 10, 3, ' ', &how) ||
            !take_number(&s, 10, UINT32_MAX, ' ', &shard) ||
            !take_number(&s, 10, UINT32_MAX, ' ', &epoch) ||
            !take_number(&s, 10, UINT32_MAX, ' ', &was) ||
            !take_number(&s, 16, UINT64_MAX, ' ', &plan))
            return false;
        size_t n = strcspn(s, "\n/");
        if (!n || n >= sizeof k.holder || s[n] != '\n')
            return false;
        k = (struct next_task){(uint32_t)task, how & 1, how & 2, (uint32_t)shard, (uint32_t)epoch,
            (uint32_t)was, "", plan};
        memcpy(k.holder, s, n);
        next_add_task(t, &k);
        s += n + 1;
    }
    return take_number(&s, 16, UINT32_MAX, '\n', &crc) && !*s &&
           crc == crc32_update(0, text->p, lines);
}

/* The last one that is done; number 0: there is none. */
static int
last_done(const char *state_dir, struct next *x)
{
    uint32_t number;
    int err = last_number(state_dir, &number);
    *x = (struct next){0};
    for (; !err && number; number--) {
        x->number = number;
        err = next_read(state_dir, x);
        if (!err && x->state == NEXT_DONE)
            return 0;
    }
    x->number = 0;
    return err;
}

int
next_read_tasks(const char *state_dir, uint64_t to, struct next_tasks *t)
{
    struct buf path = {0}, text = {0};
    struct next x;
    *t = (struct next_tasks){0};
    int err = last_done(state_dir, &x);
    if (!err && x.number && x.to == to) {
        next_path(state_dir, x.number, ".tasks", &path);
        err = file_read(path.p, &text);
        if (!err && (!parse_tasks(&text, t) || t->to != to))
            err = EINVAL;
    }
    if (err)
        next_free_tasks(t);
    buf_free(&path);
    buf_free(&text);
    return err == ENOENT ? 0 : err;
}

int
next_drop_tasks(const char *state_dir)
{
    struct buf path = {0};
    struct next x;
    int err = last_done(state_dir, &x);
    if (!err && x.number) {
        next_path(state_dir, x.number, ".tasks", &path);
        if (unlink(path.p) != 0 && errno != ENOENT)
            err = errno;
    }
    buf_free(&path);
    return err;
}
