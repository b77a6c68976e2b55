#include "config.h"

#include "runtime/run.h"

#include <math.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>

#include "util/file.h"
#include "util/hash.h"

#define DEFAULT_MEMORY 1e9

/* --- the node --- */

/* The least memory.max of our control group and those above it; UINT64_MAX: no limit. */
static uint64_t
cgroup_memory(void)
{
    struct buf own = {0}, path = {0}, text = {0};
    uint64_t least = UINT64_MAX;
    const char *group = NULL;
    if (file_read("/proc/self/cgroup", &own) == 0)
        group = strncmp(own.p, "0::", 3) == 0 ? own.p + 3 : strstr(own.p, "\n0::");
    if (group) {
        group += *group == '\n' ? 4 : 0;
        size_t n = strcspn(group, "\n");
        while (n > 1) {
            buf_reset(&path);
            buf_printf(&path, "/sys/fs/cgroup%.*s/memory.max", (int)n, group);
            buf_reset(&text);
            if (file_read(path.p, &text) == 0 && text.p[0] >= '0' && text.p[0] <= '9') {
                uint64_t v = strtoull(text.p, NULL, 10);
                least = v < least ? v : least;
            }
            while (n > 1 && group[--n] != '/')
                ;
        }
    }
    buf_free(&own);
    buf_free(&path);
    buf_free(&text);
    return least;
}

void
feed_node(struct run *r)
{
    if (!r->cores)
        r->cores = r->plan->head->cores;
    if (!r->cores) {
        cpu_set_t set;
        r->cores = sched_getaffinity(0, sizeof set, &set) == 0 ? (uint32_t)CPU_COUNT(&set)
                                                               : (uint32_t)get_nprocs();
    }
    if (!r->memory)
        r->memory = r->plan->head->memory;
    if (!r->memory) {
        struct sysinfo info;
        uint64_t all = sysinfo(&info) == 0 ? (uint64_t)info.totalram * info.mem_unit : 0;
        uint64_t group = cgroup_memory();
        all = group < all ? group : all;
        r->memory = all - all / 10;
    }
}

/* --- classes --- */

struct classes {
    struct sched_class *class;
    uint32_t n, cap;
    uint32_t *slot; /* open addressing: class + 1, or 0 */
    uint32_t nslots;
};

static uint64_t
hash_class(const struct sched_class *c)
{
    uint64_t v[3] = {c->cores, c->memory, c->time_ms};
    return hash64(v, sizeof v, 0);
}

static void
grow(struct classes *k)
{
    free(k->slot);
    k->nslots = k->nslots ? k->nslots * 2 : 256;
    k->slot = xcalloc(k->nslots, sizeof *k->slot);
    for (uint32_t i = 0; i < k->n; i++) {
        uint32_t at = (uint32_t)hash_class(&k->class[i]) & (k->nslots - 1);
        while (k->slot[at])
            at = (at + 1) & (k->nslots - 1);
        k->slot[at] = i + 1;
    }
}

static uint32_t
class_number(struct classes *k, const struct sched_class *c)
{
    if (k->n * 2 >= k->nslots)
        grow(k);
    uint32_t at = (uint32_t)hash_class(c) & (k->nslots - 1);
    for (; k->slot[at]; at = (at + 1) & (k->nslots - 1)) {
        const struct sched_class *d = &k->class[k->slot[at] - 1];
        if (d->cores == c->cores && d->memory == c->memory && d->time_ms == c->time_ms)
            return k->slot[at] - 1;
    }
    if (k->n == k->cap) {
        k->cap = k->cap ? k->cap * 2 : 64;
        k->class = xrealloc(k->class, k->cap * sizeof *k->class);
    }
    k->class[k->n] = *c;
    k->slot[at] = ++k->n;
    return k->n - 1;
}

/* Rounds up to a number of `bits` significant bits. */
static uint64_t
round_up(uint64_t v, unsigned bits)
{
    unsigned length = v ? 64 - (unsigned)__builtin_clzll(v) : 0;
    if (length <= bits)
        return v;
    uint64_t step = (uint64_t)1 << (length - bits);
    return v > UINT64_MAX - step ? v : (v + step - 1) / step * step;
}

static bool
cost_number(struct run *r, uint32_t task, struct plan_code code, const char *what, double *v)
{
    if (plan_number(r->eval, task, code, v) && isfinite(*v) && *v >= 0)
        return true;
    buf_reset(&r->text);
    plan_task_label(r->plan, task, &r->text);
    say("%s: its %s cannot be computed: %s", r->text.p, what,
        isfinite(*v) && *v >= 0 ? plan_eval_error(r->eval) : "not a number of zero or more");
    return false;
}

/* A task's cost. Rounded, so that a family whose memory is a formula gives few classes; memory
 * upwards, but never past the node that the unrounded one fits on. */
static bool
cost_of(struct run *r, uint32_t task, bool coarse, struct sched_class *c)
{
    const struct plan_family *f = &r->plan->family[plan_family_of(r->plan, task)];
    double memory = DEFAULT_MEMORY, cores = 1, time = 0;
    if (!cost_number(r, task, f->memory, "memory", &memory) ||
        !cost_number(r, task, f->cores, "number of cores", &cores) ||
        !cost_number(r, task, f->time, "time", &time))
        return false;
    uint64_t bytes = memory < 1e19 ? (uint64_t)ceil(memory) : UINT64_MAX;
    uint64_t rounded = round_up(bytes, coarse ? 4 : 7);
    *c = (struct sched_class){
        .cores = cores < 1 ? r->cores : cores < 4e9 ? (uint32_t)cores : UINT32_MAX,
        .memory = bytes <= r->memory && rounded > r->memory ? r->memory : rounded,
        .time_ms = round_up(time < 1e12 ? (uint64_t)(time * 1000) : (uint64_t)1e15,
            coarse ? 2 : 5)};
    return true;
}

/* False: a value cannot be computed, said; or there are too many classes. */
static bool
classify(struct run *r, bool coarse, struct classes *k, uint16_t *class_of)
{
    const struct plan *p = r->plan;
    for (uint32_t i = 0; i < p->nfamilies; i++) {
        const struct plan_family *f = &p->family[i];
        uint32_t n = 0;
        for (uint32_t t = 0; t < f->ntasks; t++) {
            struct sched_class c;
            if (t == 0 || !f->constant) {
                if (!cost_of(r, f->first_task + t, coarse, &c))
                    return false;
                n = class_number(k, &c);
                if (n > UINT16_MAX)
                    return false;
            }
            class_of[f->first_task + t] = (uint16_t)n;
        }
    }
    return true;
}

/* --- needs --- */

static struct sched_need *
list_needs(const struct plan *p)
{
    struct sched_need *need = xcalloc(p->nneeds, sizeof *need);
    for (uint32_t i = 0; i < p->nfamilies; i++) {
        const struct plan_family *f = &p->family[i];
        for (uint32_t k = 0; k < f->nneeds; k++) {
            uint32_t n = f->first_need + k;
            need[n] = (struct sched_need){
                .first_consumer = f->first_task,
                .first_producer = p->family[p->need[n].producer].first_task,
                .of = p->relation[n]};
        }
    }
    return need;
}

static void
add_need(struct buf *b, uint32_t cores, double bytes)
{
    buf_printf(b, "%u core%s and ", cores, cores == 1 ? "" : "s");
    if (bytes < 1e6)
        buf_printf(b, "%.0f bytes", bytes);
    else
        buf_printf(b, "%.4g %s", bytes / (bytes < 1e9 ? 1e6 : 1e9), bytes < 1e9 ? "MB" : "GB");
}

static void
say_refused(struct run *r, uint32_t task, const struct sched_class *c)
{
    /* as it was asked for, not as it was rounded */
    double memory = DEFAULT_MEMORY;
    if (!cost_number(
            r, task, r->plan->family[plan_family_of(r->plan, task)].memory, "memory", &memory))
        return;
    buf_reset(&r->text);
    plan_task_label(r->plan, task, &r->text);
    buf_puts(&r->text, " needs ");
    add_need(&r->text, c->cores, memory);
    buf_puts(&r->text, " of memory; this node has ");
    add_need(&r->text, r->cores, (double)r->memory);
    say("%s for tasks", r->text.p);
}

bool
feed_sched(struct run *r)
{
    const struct plan *p = r->plan;
    struct classes k = {0};
    uint16_t *class_of = xcalloc(p->head->ntasks, sizeof *class_of);
    bool ok = classify(r, false, &k, class_of);
    if (!ok && k.n > UINT16_MAX) {
        k.n = 0;
        grow(&k);
        ok = classify(r, true, &k, class_of);
        if (!ok && k.n > UINT16_MAX)
            say("the tasks differ too much in memory, cores and time");
    }
    if (!ok) {
        free(class_of);
        free(k.class);
        free(k.slot);
        return false;
    }
    struct sched_need *need = list_needs(p);
    struct sched_config c = {.cores = r->cores, .memory = r->memory, .ntasks = p->head->ntasks,
        .nclasses = k.n, .class = k.class, .class_of = class_of, .nneeds = p->nneeds,
        .need = need};
    uint32_t refused = 0;
    r->sched = sched_new(&c, &refused);
    if (!r->sched) {
        struct sched_class cost;
        if (cost_of(r, refused, false, &cost))
            say_refused(r, refused, &cost);
    }
    free(need);
    free(k.class);
    free(k.slot);
    return r->sched != NULL;
}
