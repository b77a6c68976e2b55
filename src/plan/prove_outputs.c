#include "config.h"

#include "plan/prove.h"

#include "model/checks.h"
#include "util/map128.h"
#include "util/parallel.h"

#include <stdlib.h>
#include <string.h>

/* A temporary name is up to 40 bytes longer than the final one; NAME_MAX is 255. */
enum { LONGEST = 4000, LONGEST_NAME = 215 };

/* Paths are made in blocks of tasks, a block in pieces, each by whichever thread comes first. */
enum { BLOCK = 1 << 16, PIECE = 1 << 11 };

struct output {
    uint32_t family;
    unsigned index;
    struct shape shape;
    bool compared; /* nothing proves it: its path is made for every task */
};

struct outputs {
    struct prover *v;
    unsigned n;
    struct output *output; /* of all families, in their order */
    unsigned *first;       /* of each family */
    struct map128 seen;    /* hash of a path -> number of the output << 32 | task */
};

/* Do the columns of each variable, as far as the path tells them, tell its rows apart? */
static bool
tells_tasks_apart(const struct planned *f, const struct shape *s)
{
    for (unsigned v = 0; v < f->f->nvars; v++) {
        unsigned column[VM_MAX_VARS];
        const struct table *t = f->f->var[v].table;
        unsigned n = shape_columns(s, v, column, VM_MAX_VARS);
        if (t->nrows > 1 && (n == 0 || !table_is_key(t, column, n)))
            return false;
    }
    return true;
}

struct outputs *
outputs_new(struct prover *v)
{
    struct outputs *o = xcalloc(1, sizeof *o);
    const struct plan *plan = v->plan;
    o->v = v;
    o->first = xcalloc((size_t)plan->nfamilies + 1, sizeof *o->first);
    for (uint32_t i = 0; i < plan->nfamilies; i++)
        o->first[i + 1] = o->first[i] + v->p->fam[i].f->noutputs;
    o->n = o->first[plan->nfamilies];
    o->output = xcalloc(o->n, sizeof *o->output);
    for (uint32_t i = 0; i < plan->nfamilies; i++) {
        for (unsigned k = o->first[i]; k < o->first[i + 1]; k++) {
            struct output *out = &o->output[k];
            out->family = i;
            out->index = k - o->first[i];
            shape_make(v->shapes, v->p->fam[i].f->output[out->index].path, LONGEST, LONGEST_NAME,
                &out->shape);
            out->compared = !out->shape.known || !tells_tasks_apart(&v->p->fam[i], &out->shape);
        }
    }
    for (unsigned a = 0; a < o->n; a++)
        for (unsigned b = 0; b < a; b++)
            if (!shapes_differ(&o->output[a].shape, &o->output[b].shape))
                o->output[a].compared = o->output[b].compared = true;
    return o;
}

void
outputs_free(struct outputs *o)
{
    for (unsigned k = 0; k < o->n; k++)
        shape_free(&o->output[k].shape);
    map128_free(&o->seen);
    free(o->output);
    free(o->first);
    free(o);
}

/* The hash of a path less what does not matter: "a//b", "./a/./b" are "a/b". (".." matters: what
 * is before it may be a link.) */
static struct hash128
path_hash(const char *s, struct buf *b)
{
    buf_reset(b);
    if (*s == '/')
        buf_putc(b, '/');
    while (*s) {
        size_t n = strcspn(s, "/");
        if (n && !(n == 1 && *s == '.')) {
            buf_add(b, s, n);
            buf_putc(b, '/');
        }
        s += n + (s[n] == '/');
    }
    return hash128(b->p, b->n);
}

/* The bytes of the last component; SIZE_MAX: it may not be written like that. */
static size_t
base_of(const struct buf *path)
{
    const char *slash = strrchr(path->p, '/');
    size_t base = path->n - (slash ? (size_t)(slash - path->p) + 1 : 0);
    return base > LONGEST_NAME || path->n > LONGEST ? SIZE_MAX : base;
}

/* What the threads work on: tasks first .. first + n - 1 of a family, and the outputs of it that
 * are compared. */
struct block {
    const struct outputs *o;
    const struct plan_family *f;
    uint32_t first, n;
    unsigned noutputs;
    unsigned *output;     /* which of the family */
    struct hash128 *hash; /* [n][noutputs] */
    uint32_t bad[BLOCK / PIECE]; /* the first of a piece's that has no path, or NONE */
};

static void
make_piece(void *arg, unsigned piece)
{
    struct block *b = arg;
    struct plan_eval *e = plan_eval_new(b->o->v->plan);
    struct buf path = {0}, plain = {0};
    uint32_t from = piece * PIECE, to = b->n - from < PIECE ? b->n : from + PIECE;
    b->bad[piece] = PLAN_NONE;
    for (uint32_t i = from * b->noutputs; i < to * b->noutputs; i++) {
        buf_reset(&path);
        uint32_t task = b->first + i / b->noutputs;
        if (!plan_path(e, task, b->f->first_output + b->output[i % b->noutputs], false, &path) ||
            base_of(&path) == 0 || base_of(&path) == SIZE_MAX) {
            b->bad[piece] = i;
            break;
        }
        b->hash[i] = path_hash(path.p, &plain);
    }
    buf_free(&path);
    buf_free(&plain);
    plan_eval_free(e);
}

/* Says what is wrong with a path that could not be made, or not be written. */
static void
say_bad(const struct outputs *o, const struct file_spec *spec, uint32_t task, uint32_t file)
{
    struct prover *v = o->v;
    struct buf path = {0};
    if (!plan_path(v->eval, task, file, false, &path)) {
        diag_add(v->p->d, DIAG_ERROR, RULE_VALUE, spec->path->at, "output of %s: %s",
            prover_label(v, task), plan_eval_error(v->eval));
    } else {
        struct diag *m = diag_add(v->p->d, DIAG_ERROR, RULE_PATH, spec->path->at,
            base_of(&path) ? "the path of %s is too long"
                           : "the path of %s is a folder, not a file",
            prover_label(v, task));
        diag_note(m, NO_SPAN, "%.200s", path.p);
    }
    buf_free(&path);
}

static void
say_same(const struct outputs *o, const struct file_spec *spec, uint32_t task, uint32_t file,
    uint64_t other)
{
    struct prover *v = o->v;
    struct buf first = {0}, path = {0};
    plan_task_label(v->plan, (uint32_t)other, &first);
    plan_path(v->eval, task, file, false, &path);
    const struct output *oo = &o->output[other >> 32];
    const struct file_spec *was = &v->p->fam[oo->family].f->output[oo->index];
    struct diag *m = diag_add(v->p->d, DIAG_ERROR, RULE_OUTPUT, spec->path->at,
        "two tasks write one file: %s and %s", first.p, prover_label(v, task));
    diag_note(m, NO_SPAN, "the file is %.200s", path.p);
    if (was != spec)
        diag_note(m, was->path->at, "the other output is here");
    if (was == spec)
        diag_help(m, "let the path name every variable that tells the tasks apart");
    buf_free(&first);
    buf_free(&path);
}

/* Takes the hashes of a block in the order of the tasks. */
static bool
compare_block(struct outputs *o, const struct block *b, uint32_t family)
{
    const struct family *f = o->v->p->fam[family].f;
    for (uint32_t i = 0; i < b->n * b->noutputs; i++) {
        uint32_t task = b->first + i / b->noutputs;
        unsigned index = b->output[i % b->noutputs];
        if (b->bad[i / b->noutputs / PIECE] == i) {
            say_bad(o, &f->output[index], task, b->f->first_output + index);
            return false;
        }
        bool found;
        uint64_t me = (uint64_t)(o->first[family] + index) << 32 | task;
        uint64_t other = map128_add(&o->seen, b->hash[i], me, &found);
        if (found) {
            say_same(o, &f->output[index], task, b->f->first_output + index, other);
            return false;
        }
    }
    return true;
}

bool
outputs_ok(struct outputs *o, uint32_t i)
{
    const struct plan_family *f = &o->v->plan->family[i];
    struct block b = {.o = o, .f = f, .output = xcalloc(f->noutputs, sizeof *b.output)};
    for (unsigned k = 0; k < f->noutputs; k++)
        if (o->output[o->first[i] + k].compared)
            b.output[b.noutputs++] = k;
    if (!b.noutputs) {
        free(b.output);
        return true;
    }
    const struct family *family = o->v->p->fam[i].f;
    if (!planner_few(o->v->p, family, f->ntasks, MOST_LISTED / b.noutputs,
            family->output[b.output[0]].path->at, "compare the paths of")) {
        free(b.output);
        return false;
    }
    b.hash = xmalloc((size_t)(f->ntasks < BLOCK ? f->ntasks : BLOCK) * b.noutputs *
                     sizeof *b.hash + 1);
    bool ok = true;
    for (uint32_t t = 0; t < f->ntasks && ok; t += b.n) {
        b.first = f->first_task + t;
        b.n = f->ntasks - t < BLOCK ? f->ntasks - t : BLOCK;
        parallel_for((b.n + PIECE - 1) / PIECE, make_piece, &b);
        ok = compare_block(o, &b, i);
    }
    free(b.hash);
    free(b.output);
    return ok;
}
