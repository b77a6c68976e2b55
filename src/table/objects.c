#include "config.h"

#include "table/objects.h"

#include "diag/checks.h"
#include "table/objects_cache.h"
#include "util/parallel.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum state { UNASKED, BUSY, DONE };

struct visit {
    enum state state; /* guarded by the lock until DONE was seen */
    bool kept;        /* the cache has it */
    struct object_counts counts;
};

struct objects {
    const struct sky_camera *camera;
    const struct sky_visits *pointing;
    const char *const *path;
    struct sky_counter *counter;
    struct objects_cache *cache;
    struct visit *visit;
    pthread_mutex_t lock;
    pthread_cond_t done;
};

/* What decides which sensor a place falls on. */
static struct hash128
camera_key(const struct sky_camera *c, double margin)
{
    struct buf b = {0};
    buf_add(&b, &margin, sizeof margin);
    for (size_t i = 0; i < c->n; i++)
        buf_add(&b, c->sensor[i].corner, sizeof c->sensor[i].corner);
    struct hash128 key = hash128(b.p, b.n);
    buf_free(&b);
    return key;
}

struct objects *
objects_new(const struct sky_camera *c, double margin, const struct sky_visits *v,
    const char *const *path)
{
    struct objects *o = xcalloc(1, sizeof *o);
    o->camera = c;
    o->pointing = v;
    o->path = path;
    o->counter = sky_counter_new(c, margin);
    o->cache = objects_cache_open(camera_key(c, margin), (uint32_t)c->n);
    o->visit = xcalloc(v->n + 1, sizeof *o->visit);
    pthread_mutex_init(&o->lock, NULL);
    pthread_cond_init(&o->done, NULL);
    return o;
}

void
objects_free(struct objects *o)
{
    if (!o)
        return;
    for (size_t i = 0; i < o->pointing->n; i++)
        counts_free(&o->visit[i].counts);
    free(o->visit);
    sky_counter_free(o->counter);
    objects_cache_close(o->cache);
    pthread_mutex_destroy(&o->lock);
    pthread_cond_destroy(&o->done);
    free(o);
}

static struct hash128
visit_id(const struct objects *o, uint32_t visit)
{
    const struct sky_visits *v = o->pointing;
    const double place[] = {v->ra[visit], v->dec[visit], v->phi[visit]};
    const char *path = o->path[visit], *slash = strrchr(path, '/');
    struct buf b = {0};
    buf_add(&b, place, sizeof place);
    buf_puts(&b, slash ? slash + 1 : path);
    struct hash128 id = hash128(b.p, b.n);
    buf_free(&b);
    return id;
}

static void
count_visit(struct objects *o, uint32_t visit)
{
    struct visit *x = &o->visit[visit];
    struct sky_frame frame;
    if (objects_cache_find(o->cache, visit_id(o, visit), o->path[visit], &x->counts, &x->kept))
        return;
    x->kept = false;
    sky_pointing(o->pointing->ra[visit], o->pointing->dec[visit], o->pointing->phi[visit], &frame);
    objects_read(o->path[visit], o->counter, &frame, (uint32_t)o->camera->n, &x->counts);
}

const uint32_t *
objects_of(struct objects *o, uint32_t visit, const char **why)
{
    struct visit *x = &o->visit[visit];
    if (__atomic_load_n(&x->state, __ATOMIC_ACQUIRE) != DONE) {
        pthread_mutex_lock(&o->lock);
        while (x->state == BUSY)
            pthread_cond_wait(&o->done, &o->lock);
        bool ours = x->state == UNASKED;
        if (ours)
            x->state = BUSY;
        pthread_mutex_unlock(&o->lock);
        if (ours) {
            count_visit(o, visit);
            pthread_mutex_lock(&o->lock);
            __atomic_store_n(&x->state, DONE, __ATOMIC_RELEASE);
            pthread_cond_broadcast(&o->done);
            pthread_mutex_unlock(&o->lock);
        }
    }
    *why = x->counts.why;
    return *why ? NULL : x->counts.count;
}

struct wanted {
    struct objects *o;
    const uint8_t *visit;
};

static void
count_wanted(void *arg, unsigned i)
{
    const struct wanted *w = arg;
    const char *why;
    if (w->visit[i])
        objects_of(w->o, i, &why);
}

void
objects_of_all(struct objects *o, const uint8_t *wanted)
{
    struct wanted w = {o, wanted};
    parallel_for((unsigned)o->pointing->n, count_wanted, &w);
}

static void
tell_dropped(const struct objects *o, struct diags *d, struct span at)
{
    uint64_t lines = 0, catalogs = 0;
    const char *first = NULL;
    for (size_t i = 0; i < o->pointing->n; i++) {
        uint64_t n = o->visit[i].counts.why ? 0 : o->visit[i].counts.dropped;
        lines += n;
        catalogs += n > 0;
        if (n && !first)
            first = o->path[i];
    }
    if (!lines)
        return;
    struct diag *m = diag_add(d, DIAG_WARNING, RULE_INSTCAT, at,
        "%llu object%s with an infinite value %s not counted, as imSim does not draw them",
        (unsigned long long)lines, lines == 1 ? "" : "s", lines == 1 ? "is" : "are");
    if (catalogs == 1)
        diag_note(m, NO_SPAN, "in %s", first);
    else
        diag_note(m, NO_SPAN, "in %llu catalogs, of which the first is %s",
            (unsigned long long)catalogs, first);
}

void
objects_finish(struct objects *o, struct diags *d, struct span at)
{
    size_t n = 0, fresh = 0;
    struct kept_counts *keep = xcalloc(o->pointing->n + 1, sizeof *keep);
    struct buf path = {0};
    for (uint32_t i = 0; i < o->pointing->n; i++) {
        struct visit *x = &o->visit[i];
        for (uint32_t f = 0; f < x->counts.nfiles; f++) {
            object_path(o->path[i], x->counts.file[f].name, &path);
            diag_depend(d, path.p);
        }
        if (x->state != DONE || x->counts.why)
            continue;
        keep[n++] = (struct kept_counts){visit_id(o, i), &x->counts};
        fresh += !x->kept;
    }
    tell_dropped(o, d, at);
    if (fresh)
        objects_cache_keep(o->cache, keep, n);
    free(keep);
    buf_free(&path);
}
