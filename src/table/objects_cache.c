/* The file: MAGIC, the number of sensors, the entries, and a hash of all before it. An entry: its
 * size, its id, the lines dropped, the files (size, inode, time, content, name), and the counts.
 * All numbers as this machine has them: nobody else reads it. */
#include "config.h"

#include "table/objects_cache.h"

#include "util/file.h"
#include "util/map128.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char MAGIC[8] = "wflobj1\n";

/* More is not read, and not written. */
#define MOST_BYTES ((size_t)256 << 20)

struct entry {
    struct hash128 id;
    size_t at, size;
};

struct objects_cache {
    uint32_t nsensors;
    struct buf path, bytes;
    struct entry *entry;
    uint32_t n;
    struct map128 number; /* of an id's entry */
};

/* What is read of an entry. */
struct cursor {
    const char *p;
    size_t left;
};

static bool
take(struct cursor *c, void *to, size_t n)
{
    if (n > c->left)
        return false;
    memcpy(to, c->p, n);
    c->p += n;
    c->left -= n;
    return true;
}

static void
put(struct buf *b, const void *p, size_t n)
{
    buf_add(b, p, n);
}
#define PUT(b, v) put(b, &(v), sizeof(v))
#define TAKE(c, v) take(c, &(v), sizeof(v))

/* --- reading --- */

static bool
cache_path(struct hash128 key, struct buf *out)
{
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    if (cache && *cache == '/')
        buf_puts(out, cache);
    else if (home && *home == '/')
        buf_printf(out, "%s/.cache", home);
    else
        return false;
    buf_printf(out, "/wfl/objects-%016llx%016llx", (unsigned long long)key.a,
        (unsigned long long)key.b);
    return true;
}

static void
index_entries(struct objects_cache *k)
{
    struct cursor c = {k->bytes.p, k->bytes.n};
    char magic[sizeof MAGIC];
    uint32_t nsensors;
    uint64_t hash, size;
    if (c.left < sizeof hash)
        return;
    c.left -= sizeof hash;
    memcpy(&hash, c.p + c.left, sizeof hash);
    if (hash != hash64(c.p, c.left, 0) || !TAKE(&c, magic) ||
        memcmp(magic, MAGIC, sizeof magic) != 0 || !TAKE(&c, nsensors) || nsensors != k->nsensors)
        return;
    while (TAKE(&c, size) && size <= c.left && size >= sizeof(struct hash128)) {
        struct entry e = {.at = (size_t)(c.p - k->bytes.p), .size = size};
        bool found;
        memcpy(&e.id, c.p, sizeof e.id);
        if ((k->n & (k->n - 1)) == 0)
            k->entry = xrealloc(k->entry, (k->n ? 2 * (size_t)k->n : 1) * sizeof *k->entry);
        map128_add(&k->number, e.id, k->n, &found);
        k->entry[k->n++] = e;
        c.p += size;
        c.left -= size;
    }
}

struct objects_cache *
objects_cache_open(struct hash128 key, uint32_t nsensors)
{
    struct objects_cache *k = xcalloc(1, sizeof *k);
    struct stat st;
    k->nsensors = nsensors;
    if (cache_path(key, &k->path) && stat(k->path.p, &st) == 0 && S_ISREG(st.st_mode) &&
        (uint64_t)st.st_size <= MOST_BYTES && file_read(k->path.p, &k->bytes) == 0)
        index_entries(k);
    return k;
}

void
objects_cache_close(struct objects_cache *k)
{
    if (!k)
        return;
    buf_free(&k->path);
    buf_free(&k->bytes);
    map128_free(&k->number);
    free(k->entry);
    free(k);
}

static bool
take_file(struct cursor *c, struct object_file *f)
{
    uint32_t n;
    if (!TAKE(c, f->size) || !TAKE(c, f->inode) || !TAKE(c, f->changed) || !TAKE(c, f->content) ||
        !TAKE(c, n) || n > c->left)
        return false;
    f->name = xcalloc((size_t)n + 1, 1);
    return take(c, f->name, n);
}

static bool
take_counts(const struct objects_cache *k, const struct entry *e, struct object_counts *out)
{
    struct cursor c = {k->bytes.p + e->at, e->size};
    struct hash128 id;
    uint32_t nfiles;
    *out = (struct object_counts){0};
    if (!TAKE(&c, id) || !TAKE(&c, out->dropped) || !TAKE(&c, nfiles) || nfiles > e->size)
        return false;
    out->file = xcalloc((size_t)nfiles + 1, sizeof *out->file);
    while (out->nfiles < nfiles)
        if (!take_file(&c, &out->file[out->nfiles++]))
            return false;
    out->count = xcalloc((size_t)k->nsensors + 1, sizeof *out->count);
    return take(&c, out->count, k->nsensors * sizeof *out->count) && c.left == 0 && nfiles > 0;
}

/* Are all files what they were? `content`: else if they hold what they held; what they are like now
 * is noted then. */
static bool
still_holds(struct object_counts *c, const char *catalog, bool content)
{
    struct buf path = {0};
    bool ok = true;
    for (uint32_t i = 0; i < c->nfiles && ok; i++) {
        struct object_file now = {0}, *then = &c->file[i];
        object_path(catalog, then->name, &path);
        ok = object_file_look(path.p, false, &now) && now.size == then->size;
        bool same = now.inode == then->inode && now.changed == then->changed;
        if (ok && !same)
            ok = content && object_file_look(path.p, true, &now) && now.content == then->content;
        then->inode = now.inode;
        then->changed = now.changed;
    }
    buf_free(&path);
    return ok;
}

bool
objects_cache_find(struct objects_cache *k, struct hash128 id, const char *path,
    struct object_counts *out, bool *fresh)
{
    uint64_t number;
    *out = (struct object_counts){0};
    if (!map128_find(&k->number, id, &number))
        return false;
    for (int content = 0; content < 2; content++) {
        *fresh = !content;
        if (take_counts(k, &k->entry[number], out) && still_holds(out, path, content))
            return true;
        counts_free(out);
    }
    return false;
}

/* --- writing --- */

static void
put_entry(struct buf *b, const struct kept_counts *k, uint32_t nsensors)
{
    const struct object_counts *c = k->counts;
    size_t from = b->n;
    uint64_t size = 0;
    PUT(b, size);
    PUT(b, k->id);
    PUT(b, c->dropped);
    PUT(b, c->nfiles);
    for (uint32_t i = 0; i < c->nfiles; i++) {
        const struct object_file *f = &c->file[i];
        uint32_t n = (uint32_t)strlen(f->name);
        PUT(b, f->size);
        PUT(b, f->inode);
        PUT(b, f->changed);
        PUT(b, f->content);
        PUT(b, n);
        put(b, f->name, n);
    }
    put(b, c->count, nsensors * sizeof *c->count);
    size = b->n - from - sizeof size;
    memcpy(b->p + from, &size, sizeof size);
}

/* Old entries that none of the new ones replaces. */
static void
put_old(const struct objects_cache *k, struct buf *b, const struct map128 *now)
{
    uint64_t value;
    for (uint32_t i = 0; i < k->n; i++) {
        const struct entry *e = &k->entry[i];
        uint64_t size = e->size;
        if (map128_find(now, e->id, &value))
            continue;
        if (b->n + size + 16 > MOST_BYTES)
            return;
        PUT(b, size);
        put(b, k->bytes.p + e->at, e->size);
    }
}

/* Without the care that files of worth get: a torn one is seen by its hash. */
static void
write_file(const char *path, const struct buf *b)
{
    struct buf temporary = {0};
    buf_printf(&temporary, "%s.%ld", path, (long)getpid());
    int fd = dir_make_parent(path) == 0
                 ? open(temporary.p, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600)
                 : -1;
    if (fd >= 0) {
        bool ok = write_all(fd, b->p, b->n) == 0;
        ok = close(fd) == 0 && ok;
        if (!ok || rename(temporary.p, path) != 0)
            unlink(temporary.p);
    }
    buf_free(&temporary);
}

void
objects_cache_keep(struct objects_cache *k, const struct kept_counts *kept, size_t n)
{
    if (!k->path.n)
        return;
    struct buf b = {0};
    struct map128 now = {0};
    bool found;
    put(&b, MAGIC, sizeof MAGIC);
    PUT(&b, k->nsensors);
    for (size_t i = 0; i < n && b.n < MOST_BYTES / 2; i++) {
        put_entry(&b, &kept[i], k->nsensors);
        map128_add(&now, kept[i].id, i, &found);
    }
    put_old(k, &b, &now);
    uint64_t hash = hash64(b.p, b.n, 0);
    PUT(&b, hash);
    write_file(k->path.p, &b);
    map128_free(&now);
    buf_free(&b);
}
