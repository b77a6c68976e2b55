/* Proofs about paths: no output lies inside of another one, nor of what tasks read. */
#include "config.h"

#include "planner/prove.h"

#include "diag/checks.h"
#include "util/list.h"
#include "util/parallel.h"

#include <stdlib.h>
#include <string.h>

/* Paths are made in blocks of tasks, a block in pieces, each by whichever thread comes first. */
enum { BLOCK = 1 << 16, PIECE = 1 << 11 };

/* Inputs are looked at only among so many tasks: what they hit is no output, but a file of the
 * user's, and to prove it is often impossible. */
enum { MOST_INPUTS = 1 << 18 };

/* What no task may write: files that the campaign is made of, and the folder that wflc builds into.
 */
struct own {
    char *path;  /* as people know it */
    char *plain; /* in its one spelling */
    const char *what;
    bool build;
    struct shape shape;
};

struct guard {
    struct own *own;
    unsigned n, cap;
    struct map128 above; /* hash of each, and of each folder above one -> its number */
    uint8_t *needs;      /* [consumer][producer]: families, through others or not */
};

/* --- what is wflc's own --- */

static void
add_plain(struct guard *g, const char *path, const char *plain, const char *what)
{
    size_t len = strlen(plain);
    for (size_t n = 1; n <= len; n++) {
        bool found;
        if (plain[n - 1] == '/')
            map128_add(&g->above, hash128(plain, n), g->n, &found);
    }
    ARRAY_GROW(g->own, g->n, g->cap);
    struct own *own = &g->own[g->n++];
    *own = (struct own){.path = xstrdup(path), .plain = xstrdup(plain), .what = what};
    own->plain[len - 1] = 0;
    shape_constant(own->plain, &own->shape);
    own->plain[len - 1] = '/';
}

static void
add_own(struct outputs *o, const char *path, const char *what)
{
    struct buf plain = {0};
    if (path_plain(o->v->cwd.p, path, &plain) && plain.n > 1)
        add_plain(o->guard, path, plain.p, what);
    buf_free(&plain);
}

static void
add_source(void *arg, const char *path, bool is_pattern)
{
    size_t n = is_pattern ? strcspn(path, "*?[") : strlen(path);
    while (is_pattern && n && path[n - 1] != '/')
        n--;
    struct buf folder = {0};
    buf_add(&folder, path, n);
    if (n)
        add_own(arg, folder.p, "of which the campaign is made");
    buf_free(&folder);
}

static void
find_own(struct outputs *o)
{
    const struct model *m = o->v->p->m;
    if (m->build) {
        struct buf path = {0};
        buf_printf(&path, "%s/%s", m->build, m->campaign);
        add_own(o, path.p, "where wflc keeps the plan and the record");
        for (unsigned k = 0; k < o->guard->n; k++)
            o->guard->own[k].build = true;
        buf_free(&path);
    }
    if (o->v->cwd.n > 1)
        add_plain(o->guard, o->v->cwd.p, o->v->cwd.p, "where the tasks start");
    diag_each_dependency(o->v->p->d, add_source, o);
}

/* --- what could be --- */

static void
find_needs(struct outputs *o)
{
    const struct plan *p = o->v->plan;
    size_t n = p->nfamilies;
    uint8_t *needs = xcalloc(n * n + 1, 1);
    /* producers come before their consumers */
    for (uint32_t i = 0; i < n; i++) {
        const struct plan_family *f = &p->family[i];
        for (uint32_t k = f->first_need; k < f->first_need + f->nneeds; k++) {
            uint32_t producer = p->need[k].producer;
            needs[i * n + producer] = 1;
            for (size_t j = 0; j < n; j++)
                needs[i * n + j] |= needs[producer * n + j];
        }
    }
    o->guard->needs = needs;
}

/* Is it fine that a task's file `e` lies in output `folder` of the same task? What is written under
 * a temporary name replaces what is there. */
static bool
own_may(const struct outputs *o, const struct output *e, const struct output *folder)
{
    return e->of == FILE_CHECKPOINT || o->v->plan->file[outputs_file(o, folder)].name == 0;
}

/* Is it fine that an input lies in an output? */
static bool
input_may(const struct outputs *o, const struct output *e, const struct output *folder)
{
    return o->guard->needs[(size_t)e->family * o->v->plan->nfamilies + folder->family];
}

static bool
may_lie_in(const struct outputs *o, const struct output *e, const struct output *folder)
{
    const struct plan_family *f = o->v->plan->family;
    if (e->of == FILE_INPUT &&
        (input_may(o, e, folder) ||
            f[e->family].ntasks + (uint64_t)f[folder->family].ntasks > MOST_INPUTS))
        return false;
    if (!shape_may_hold(&folder->shape, &e->shape))
        return false;
    /* in that of the same task only, where it may be */
    return !(e->family == folder->family && folder->apart &&
             shape_begins(&folder->shape, &e->shape) && own_may(o, e, folder));
}

void
inside_find(struct outputs *o)
{
    o->guard = xcalloc(1, sizeof *o->guard);
    find_own(o);
    find_needs(o);
    for (unsigned a = 0; a < o->n; a++) {
        struct output *folder = &o->output[a];
        for (unsigned b = 0; b < o->nall; b++)
            if (may_lie_in(o, &o->output[b], folder))
                folder->compared = o->output[b].within = true;
        for (unsigned k = 0; k < o->guard->n && !folder->guarded; k++) {
            const struct own *own = &o->guard->own[k];
            folder->guarded = shape_may_hold(&folder->shape, &own->shape) ||
                              !shapes_differ(&folder->shape, &own->shape) ||
                              (own->build && shape_may_hold(&own->shape, &folder->shape));
        }
    }
}

void
inside_free(struct outputs *o)
{
    struct guard *g = o->guard;
    for (unsigned k = 0; k < g->n; k++) {
        free(g->own[k].path);
        free(g->own[k].plain);
        shape_free(&g->own[k].shape);
    }
    map128_free(&g->above);
    free(g->own);
    free(g->needs);
    free(g);
}

/* --- what is --- */

struct hit {
    uint32_t at;    /* of the block; or PLAN_NONE */
    bool own;       /* `other` is the number of what is wflc's */
    uint64_t other; /* number of the output << 32 | task */
};

struct scan {
    const struct outputs *o;
    const struct plan_family *f;
    uint32_t first, n; /* tasks */
    unsigned nfiles;
    const struct output **file;
    struct hit hit[BLOCK / PIECE];
};

static bool
is_fine(const struct outputs *o, const struct output *e, uint32_t task, uint64_t other)
{
    const struct output *folder = &o->output[other >> 32];
    if (e->of == FILE_INPUT && input_may(o, e, folder))
        return true;
    return folder->family == e->family && (uint32_t)other == task && own_may(o, e, folder);
}

static bool
find_hit(const struct outputs *o, const struct output *e, uint32_t task, const struct buf *plain,
    struct hit *h)
{
    const struct guard *g = o->guard;
    h->own = false;
    for (size_t n = 1; n < plain->n && (e->within || e->guarded); n++) {
        if (plain->p[n - 1] != '/')
            continue;
        struct hash128 hash = hash128(plain->p, n);
        h->own = e->guarded && map128_find(&g->above, hash, &h->other) && g->own[h->other].build &&
                 strlen(g->own[h->other].plain) == n;
        if (h->own)
            return true;
        if (e->within && map128_find(&o->seen, hash, &h->other) && !is_fine(o, e, task, h->other))
            return true;
    }
    const struct buf *whole = plain->n ? plain : &o->v->cwd; /* which is all of what is relative */
    struct hash128 hash = hash128(whole->p, whole->n);
    h->own = e->guarded && map128_find(&g->above, hash, &h->other);
    return h->own || (e->of == FILE_CHECKPOINT && map128_find(&o->seen, hash, &h->other));
}

static void
scan_piece(void *arg, unsigned piece)
{
    struct scan *s = arg;
    struct plan_eval *e = plan_eval_new(s->o->v->plan);
    struct buf path = {0}, plain = {0};
    uint32_t from = piece * PIECE, to = s->n - from < PIECE ? s->n : from + PIECE;
    struct hit *h = &s->hit[piece];
    h->at = PLAN_NONE;
    for (uint32_t i = from * s->nfiles; i < to * s->nfiles && h->at == PLAN_NONE; i++) {
        const struct output *file = s->file[i % s->nfiles];
        uint32_t task = s->first + i / s->nfiles;
        buf_reset(&path);
        /* what cannot be made, or told, is no matter of ours */
        if (plan_path(e, task, outputs_file(s->o, file), NULL, &path) &&
            path_plain(s->o->v->cwd.p, path.p, &plain) && find_hit(s->o, file, task, &plain, h))
            h->at = i;
    }
    buf_free(&path);
    buf_free(&plain);
    plan_eval_free(e);
}

static void
say_own(const struct outputs *o, const struct output *e, uint32_t task, const struct buf *path,
    const struct hit *h, size_t n)
{
    const struct own *own = &o->guard->own[h->other];
    size_t len = strlen(own->plain);
    struct diag *m = diag_add(o->v->p->d, DIAG_ERROR, RULE_OUTPUT, outputs_spec(o, e)->path->at,
        "the output of %s %s '%s', %s", prover_label(o->v, task),
        n > len    ? "lies in"
        : n == len ? "is"
                   : "is a folder that holds",
        own->path, own->what);
    diag_note(m, NO_SPAN, "the output is %.200s", path->p);
    if (own->build)
        diag_help(m, "write elsewhere, or build into another folder, with -o DIR");
    else
        diag_help(m, "an output takes the place of what is there: write elsewhere");
}

static void
say_within(const struct outputs *o, const struct output *e, uint32_t task, const struct buf *path,
    const struct hit *h)
{
    struct prover *v = o->v;
    const struct output *other = &o->output[h->other >> 32];
    bool own = other->family == e->family && (uint32_t)h->other == task;
    struct buf label = {0}, folder = {0};
    plan_task_label(v->plan, (uint32_t)h->other, &label);
    plan_path(v->eval, (uint32_t)h->other, outputs_file(o, other), NULL, &folder);
    static const char *const does[] = {"writes", "has a checkpoint", "reads"};
    struct diag *m = diag_add(v->p->d, DIAG_ERROR, RULE_OUTPUT, outputs_spec(o, e)->path->at,
        "%s %s within %s%s%s", prover_label(v, task), does[e->of],
        own ? "its own output" : "the output of ", own ? "" : label.p,
        e->of == FILE_INPUT && !own ? ", which it does not need" : "");
    diag_note(m, NO_SPAN, "the output is %.200s", folder.p);
    diag_note(m, NO_SPAN, "the file is %.200s", path->p);
    diag_note(m, outputs_spec(o, other)->path->at, "that output is here");
    if (e->of == FILE_INPUT && !own)
        diag_help(m, "let the one need the other; or if the file is yours, keep it elsewhere: an "
                     "output takes the place of what is there, with all in it");
    else if (own && e->of == FILE_OUTPUT)
        diag_help(m, "give a name to one of them only, the inner one: each output with a name is "
                     "written under a temporary name of its own");
    else
        diag_help(m, "an output takes the place of what is there, with all in it: keep them in "
                     "different folders");
    buf_free(&label);
    buf_free(&folder);
}

static void
say_hit(const struct outputs *o, const struct scan *s, const struct hit *h)
{
    const struct output *e = s->file[h->at % s->nfiles];
    uint32_t task = s->first + h->at / s->nfiles;
    struct buf path = {0}, plain = {0};
    plan_path(o->v->eval, task, outputs_file(o, e), NULL, &path);
    path_plain(o->v->cwd.p, path.p, &plain);
    if (h->own)
        say_own(o, e, task, &path, h, plain.n ? plain.n : o->v->cwd.n);
    else
        say_within(o, e, task, &path, h);
    buf_free(&path);
    buf_free(&plain);
}

/* The first hit of a family is told. */
static bool
family_ok(const struct outputs *o, struct scan *s)
{
    const struct family *f = o->v->p->fam[s->file[0]->family].f;
    if (!planner_few(o->v->p, f, s->f->ntasks, MOST_LISTED / s->nfiles,
            outputs_spec(o, s->file[0])->path->at, "compare the paths of"))
        return false;
    for (uint32_t t = 0; t < s->f->ntasks; t += s->n) {
        s->first = s->f->first_task + t;
        s->n = s->f->ntasks - t < BLOCK ? s->f->ntasks - t : BLOCK;
        unsigned pieces = (s->n + PIECE - 1) / PIECE;
        parallel_for(pieces, scan_piece, s);
        for (unsigned i = 0; i < pieces; i++)
            if (s->hit[i].at != PLAN_NONE) {
                say_hit(o, s, &s->hit[i]);
                return false;
            }
    }
    return true;
}

bool
inside_ok(struct outputs *o)
{
    bool ok = true;
    struct scan s = {.o = o, .file = xcalloc((size_t)o->nall + 1, sizeof(struct output *))};
    for (uint32_t i = 0; i < o->v->plan->nfamilies; i++) {
        s.f = &o->v->plan->family[i];
        s.nfiles = 0;
        for (unsigned k = 0; k < o->nall; k++)
            if (o->output[k].family == i && (o->output[k].within || o->output[k].guarded))
                s.file[s.nfiles++] = &o->output[k];
        if (s.nfiles)
            ok = family_ok(o, &s) && ok;
    }
    free(s.file);
    return ok;
}
