/* Control groups: where ours is, what limits it, and how often something in it was killed. */
#include "config.h"

#include "cost/cgroup.h"

#include "util/file.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum version { V1, V2 };

static bool
read_file(const char *root, const char *path, struct buf *text)
{
    struct buf whole = {0};
    buf_reset(text);
    buf_printf(&whole, "%s%s", root, path);
    bool good = file_read(whole.p, text) == 0 && text->n;
    buf_free(&whole);
    return good;
}

/* Is `word` one of `list`, which commas divide? */
static bool
listed(const char *list, const char *word)
{
    size_t n = strlen(word);
    for (; *list; list += strcspn(list, ","), list += *list == ',')
        if (strncmp(list, word, n) == 0 && (!list[n] || list[n] == ','))
            return true;
    return false;
}

/* Our group, as /proc/self/cgroup names it: lines NUMBER:CONTROLLERS:PATH, without controllers of
 * v2. */
static bool
group_path(const char *root, enum version v, struct buf *path)
{
    struct buf text = {0};
    bool found = false;
    char *line = read_file(root, "/proc/self/cgroup", &text) ? text.p : NULL;
    for (char *next; line && *line && !found; line = next) {
        next = line + strcspn(line, "\n");
        next += *next ? (*next = 0, 1) : 0;
        char *controllers = strchr(line, ':'),
             *at = controllers ? strchr(++controllers, ':') : NULL;
        if (!at)
            continue;
        *at++ = 0;
        found = v == V2 ? strcmp(line, "0:") == 0 && !*controllers : listed(controllers, "memory");
        if (found)
            buf_puts(path, at);
    }
    buf_free(&text);
    return found;
}

/* Blanks and their like stand as \ooo. */
static void
decode(char *s)
{
    char *to = s;
    while (*s) {
        if (*s == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] && s[3]) {
            *to++ = (char)((s[1] - '0') * 64 + (s[2] - '0') * 8 + (s[3] - '0'));
            s += 4;
        } else {
            *to++ = *s++;
        }
    }
    *to = 0;
}

/* A line of /proc/self/mountinfo: ... ROOT MOUNT OPTIONS ... - TYPE SOURCE OPTIONS. Is it where
 * groups with memory are seen? */
static bool
is_mount(char *line, enum version v, char **from, char **mount)
{
    char *behind = strstr(line, " - "), *word[5], *more = NULL;
    if (!behind)
        return false;
    *behind = 0;
    behind += 3;
    for (int i = 0; i < 5; i++)
        if (!(word[i] = strtok_r(i ? NULL : line, " ", &more)))
            return false;
    char *type = strtok_r(behind, " ", &more), *source = strtok_r(NULL, " ", &more);
    char *options = strtok_r(NULL, " ", &more);
    *from = word[3];
    *mount = word[4];
    decode(*from);
    decode(*mount);
    if (!type || !source || !options)
        return false;
    return v == V2 ? strcmp(type, "cgroup2") == 0
                   : strcmp(type, "cgroup") == 0 && listed(options, "memory");
}

/* The folder of our group, and how much of that is the mount, above which nothing is seen. In a
 * container the path of the group may be another one than what is mounted: then that is ours. */
static bool
group_folder(const char *root, enum version v, struct buf *folder, size_t *mounted)
{
    struct buf path = {0}, text = {0};
    bool found = false;
    char *line = group_path(root, v, &path) && read_file(root, "/proc/self/mountinfo", &text)
                     ? text.p
                     : NULL;
    for (char *next, *from, *mount; line && *line && !found; line = next) {
        next = line + strcspn(line, "\n");
        next += *next ? (*next = 0, 1) : 0;
        found = is_mount(line, v, &from, &mount);
        if (!found)
            continue;
        size_t n = strcmp(from, "/") == 0 ? 0 : strlen(from);
        bool below = strncmp(path.p, from, n) == 0 && path.p[n] == '/' && !strstr(path.p, "/..");
        buf_puts(folder, mount);
        *mounted = folder->n;
        if (below && path.p[n + 1])
            buf_puts(folder, path.p + n);
    }
    buf_free(&path);
    buf_free(&text);
    return found;
}

bool
cgroup_own(const char *root, struct buf *folder)
{
    size_t mounted;
    return group_folder(root, V2, folder, &mounted);
}

static uint64_t
least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* "max" is no number. */
static uint64_t
limit_in(const char *root, const struct buf *folder, const char *name, const char *word)
{
    struct buf path = {0}, text = {0};
    buf_printf(&path, "%s/%s", folder->p, name);
    const char *at = read_file(root, path.p, &text) ? text.p : NULL;
    if (at && *word) {
        at = strstr(at, word);
        at = at ? at + strlen(word) : NULL;
    }
    uint64_t n = at && *at >= '0' && *at <= '9' ? strtoull(at, NULL, 10) : UINT64_MAX;
    buf_free(&path);
    buf_free(&text);
    return n;
}

/* Of the group itself. */
static uint64_t
limit_of(const char *root, enum version v, const struct buf *folder)
{
    if (v == V2)
        return least(limit_in(root, folder, "memory.max", ""),
            limit_in(root, folder, "memory.high", ""));
    uint64_t n = limit_in(root, folder, "memory.limit_in_bytes", "");
    return n >= INT64_MAX / 4096 * 4096 ? UINT64_MAX : n;
}

/* To the folder of the group above, if that is seen. */
static bool
go_up(struct buf *folder, size_t mounted)
{
    if (folder->n <= mounted)
        return false;
    folder->n = (size_t)(strrchr(folder->p, '/') - folder->p);
    folder->p[folder->n] = 0;
    return true;
}

uint64_t
cgroup_memory(const char *root)
{
    struct buf folder = {0};
    size_t mounted = 0;
    uint64_t n = UINT64_MAX;
    if (group_folder(root, V1, &folder, &mounted)) {
        n = limit_in(root, &folder, "memory.stat", "hierarchical_memory_limit ");
        n = n >= INT64_MAX / 4096 * 4096 ? UINT64_MAX : n;
    }
    buf_reset(&folder);
    for (bool more = group_folder(root, V2, &folder, &mounted); more;
         more = go_up(&folder, mounted))
        n = least(n, limit_of(root, V2, &folder));
    buf_free(&folder);
    return n;
}

bool
cgroup_kills(const char *text, uint64_t *n)
{
    return file_number(text, "oom_kill", n);
}

bool
cgroup_kills_file(const char *root, struct buf *path)
{
    static const char *const name[] = {"memory.oom_control", "memory.events"};
    struct buf folder = {0}, text = {0};
    size_t mounted;
    uint64_t kills;
    bool found = false;
    for (enum version v = V1; v <= V2 && !found; v++) {
        buf_reset(&folder);
        if (!group_folder(root, v, &folder, &mounted))
            continue;
        buf_printf(&folder, "/%s", name[v]);
        found = read_file(root, folder.p, &text) && cgroup_kills(text.p, &kills);
    }
    if (found)
        buf_printf(path, "%s%s", root, folder.p);
    buf_free(&folder);
    buf_free(&text);
    return found;
}

/* --- what is left --- */

enum { WATCHED = 8 }; /* groups with a limit: more are hardly ever above each other */

struct watched {
    enum version version;
    uint64_t limit;
    int used, stat; /* files */
};

struct cgroup_watch {
    struct watched group[WATCHED];
    unsigned n;
    struct buf text;
};

static int
open_in(const char *root, const struct buf *folder, const char *name)
{
    struct buf path = {0};
    buf_printf(&path, "%s%s/%s", root, folder->p, name);
    int fd = open(path.p, O_RDONLY | O_CLOEXEC);
    buf_free(&path);
    return fd;
}

static void
watch_group(struct cgroup_watch *w, const char *root, enum version v, const struct buf *folder)
{
    struct watched g = {.version = v, .limit = limit_of(root, v, folder)};
    if (g.limit == UINT64_MAX || w->n == WATCHED)
        return;
    g.used = open_in(root, folder, v == V2 ? "memory.current" : "memory.usage_in_bytes");
    g.stat = open_in(root, folder, "memory.stat");
    w->group[w->n++] = g;
}

struct cgroup_watch *
cgroup_watch_new(const char *root)
{
    struct cgroup_watch *w = xcalloc(1, sizeof *w);
    struct buf folder = {0};
    for (enum version v = V1; v <= V2; v++) {
        size_t mounted = 0;
        buf_reset(&folder);
        for (bool more = group_folder(root, v, &folder, &mounted); more;
             more = go_up(&folder, mounted))
            watch_group(w, root, v, &folder);
    }
    buf_free(&folder);
    return w;
}

void
cgroup_watch_free(struct cgroup_watch *w)
{
    if (!w)
        return;
    for (unsigned i = 0; i < w->n; i++) {
        if (w->group[i].used >= 0)
            close(w->group[i].used);
        if (w->group[i].stat >= 0)
            close(w->group[i].stat);
    }
    buf_free(&w->text);
    free(w);
}

/* From the file's start; false: it cannot be read. */
static bool
read_again(int fd, struct buf *text)
{
    buf_reset(text);
    buf_reserve(text, 16384);
    ssize_t n = fd < 0 ? -1 : pread(fd, text->p, text->cap - 1, 0);
    text->n = n > 0 ? (size_t)n : 0;
    text->p[text->n] = 0;
    return n > 0;
}

static uint64_t
spare_in(const char *stat, enum version v)
{
    static const char *const spare[][3] = {[V1] = {"total_inactive_file", "total_active_file"},
        [V2] = {"inactive_file", "active_file", "slab_reclaimable"}};
    uint64_t sum = 0;
    for (unsigned i = 0; i < 3 && spare[v][i]; i++) {
        uint64_t n = 0;
        file_number(stat, spare[v][i], &n);
        sum += n;
    }
    return sum;
}

uint64_t
cgroup_spare(const char *stat)
{
    return spare_in(stat, V2);
}

/* Of a group: UINT64_MAX, it cannot be told. What of it is spare is asked only when much is used,
 * as the kernel may have to add that up. */
static uint64_t
left_in(const struct watched *g, struct buf *text)
{
    if (!read_again(g->used, text))
        return UINT64_MAX;
    uint64_t used = strtoull(text->p, NULL, 10);
    bool much = used >= g->limit / 2;
    if (much && !read_again(g->stat, text))
        return UINT64_MAX; /* it may all be copies of files */
    uint64_t spare = much ? spare_in(text->p, g->version) : 0;
    used = used > spare ? used - spare : 0;
    return g->limit > used ? g->limit - used : 0;
}

uint64_t
cgroup_watch_left(struct cgroup_watch *w, uint64_t *limit)
{
    uint64_t found = UINT64_MAX;
    for (unsigned i = 0; i < w->n; i++) {
        uint64_t left = left_in(&w->group[i], &w->text);
        if (left >= found)
            continue;
        found = left;
        *limit = w->group[i].limit;
    }
    return found;
}
