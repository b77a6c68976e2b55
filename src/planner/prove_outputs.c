/* Proofs about names: no two tasks write one file, and file systems take the names. */
#include "config.h"

#include "planner/prove.h"

#include "diag/checks.h"
#include "util/map128.h"
#include "util/parallel.h"

#include <stdlib.h>
#include <string.h>

/* A temporary name is up to 40 bytes longer than the final one; NAME_MAX is 255. */
enum { LONGEST = 4000, LONGEST_NAME = 215 };

/* Paths are made in blocks of tasks, a block in pieces, each by whichever thread comes first. */
enum { BLOCK = 1 << 16, PIECE = 1 << 11 };

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

const struct file_spec *
outputs_spec(const struct outputs *o, const struct output *e)
{
    const struct family *f = o->v->p->fam[e->family].f;
    const struct file_spec *of[] = {f->output, f->checkpoint, f->input};
    return &of[e->of][e->index];
}

uint32_t
outputs_file(const struct outputs *o, const struct output *e)
{
    const struct plan_family *f = &o->v->plan->family[e->family];
    const uint32_t first[] = {f->first_output, f->first_checkpoint, f->first_input};
    return first[e->of] + e->index;
}

static void
add(struct outputs *o, enum file_of of, uint32_t family, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        struct output *e = &o->output[o->nall++];
        *e = (struct output){.of = of, .family = family, .index = i};
        shape_make(o->v->shapes, outputs_spec(o, e)->path, LONGEST, LONGEST_NAME, &e->shape);
    }
}

struct outputs *
outputs_new(struct prover *v)
{
    struct outputs *o = xcalloc(1, sizeof *o);
    const struct plan *plan = v->plan;
    unsigned most = 0;
    o->v = v;
    o->first = xcalloc((size_t)plan->nfamilies + 1, sizeof *o->first);
    for (uint32_t i = 0; i < plan->nfamilies; i++) {
        const struct family *f = v->p->fam[i].f;
        o->first[i + 1] = o->first[i] + f->noutputs;
        most += f->noutputs + f->ncheckpoints + f->ninputs;
    }
    o->n = o->first[plan->nfamilies];
    o->output = xcalloc((size_t)most + 1, sizeof *o->output);
    for (uint32_t i = 0; i < plan->nfamilies; i++)
        add(o, FILE_OUTPUT, i, v->p->fam[i].f->noutputs);
    for (uint32_t i = 0; i < plan->nfamilies; i++) {
        add(o, FILE_CHECKPOINT, i, v->p->fam[i].f->ncheckpoints);
        add(o, FILE_INPUT, i, v->p->fam[i].f->ninputs);
    }
    for (unsigned a = 0; a < o->n; a++) {
        struct output *e = &o->output[a];
        e->apart = e->shape.known && tells_tasks_apart(&v->p->fam[e->family], &e->shape);
        e->compared |= !e->apart;
        for (unsigned b = 0; b < a; b++)
            if (!shapes_differ(&e->shape, &o->output[b].shape))
                e->compared = o->output[b].compared = true;
    }
    inside_find(o);
    return o;
}

void
outputs_free(struct outputs *o)
{
    for (unsigned k = 0; k < o->nall; k++)
        shape_free(&o->output[k].shape);
    inside_free(o);
    map128_free(&o->seen);
    free(o->output);
    free(o->first);
    free(o);
}

bool
path_plain(const char *cwd, const char *path, struct buf *b)
{
    buf_reset(b);
    bool up = *path != '/' && cwd; /* still at its beginning */
    if (*path == '/')
        buf_putc(b, '/');
    for (const char *s = path; *s;) {
        size_t n = strcspn(s, "/");
        if (n == 2 && memcmp(s, "..", 2) == 0) {
            if (!up)
                return false;
            if (!b->n)
                buf_puts(b, cwd);
            if (b->n == 1)
                return false;
            b->n--;
            while (b->p[b->n - 1] != '/')
                b->n--;
            b->p[b->n] = 0;
        } else if (n && !(n == 1 && *s == '.')) {
            buf_add(b, s, n);
            buf_putc(b, '/');
            up = false;
        }
        s += n + (s[n] == '/');
    }
    size_t n = cwd ? strlen(cwd) : 0;
    if (n && b->n >= n && memcmp(b->p, cwd, n) == 0) {
        memmove(b->p, b->p + n, b->n - n + 1);
        b->n -= n;
    }
    return true;
}

/* Why an output cannot be written there; NULL: it can. `b` gets its one spelling. */
static const char *
path_fault(const struct outputs *o, const struct buf *path, struct buf *b)
{
    const char *slash = strrchr(path->p, '/'), *base = slash ? slash + 1 : path->p;
    size_t n = path->n - (size_t)(base - path->p);
    if (n > LONGEST_NAME || path->n > LONGEST)
        return "is too long";
    if (!n || strcmp(base, ".") == 0 || strcmp(base, "..") == 0)
        return "does not end with a name";
    if (!path_plain(o->v->cwd.p, path->p, b))
        return "goes back by '..' from a folder";
    return b->n ? NULL : "is the folder that it starts from";
}

/* What the threads work on: tasks first .. first + n - 1 of a family, and the outputs of it that
 * are compared. */
struct block {
    const struct outputs *o;
    const struct plan_family *f;
    uint32_t first, n;
    unsigned noutputs;
    unsigned *output;            /* which of the family */
    struct hash128 *hash;        /* [n][noutputs] */
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
        if (!plan_path(e, task, b->f->first_output + b->output[i % b->noutputs], NULL, &path) ||
            path_fault(b->o, &path, &plain)) {
            b->bad[piece] = i;
            break;
        }
        b->hash[i] = hash128(plain.p, plain.n);
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
    struct buf path = {0}, plain = {0};
    if (!plan_path(v->eval, task, file, NULL, &path)) {
        diag_add(v->p->d, DIAG_ERROR, RULE_VALUE, spec->path->at, "output of %s: %s",
            prover_label(v, task), plan_eval_error(v->eval));
    } else {
        const char *fault = path_fault(o, &path, &plain);
        struct diag *m = diag_add(v->p->d, DIAG_ERROR, RULE_PATH, spec->path->at,
            "the path of %s %s", prover_label(v, task), fault);
        diag_note(m, NO_SPAN, "%.200s", path.p);
        if (strstr(fault, "a name"))
            diag_help(m, "an output, be it a folder, is written like \"out/name\"");
        if (strstr(fault, "'..'"))
            diag_help(m, "the folder may be a link, so that two names of one file cannot be told: "
                         "write the path without '..', or with all of them at its beginning");
    }
    buf_free(&path);
    buf_free(&plain);
}

static void
say_same(const struct outputs *o, const struct file_spec *spec, uint32_t task, uint32_t file,
    uint64_t other)
{
    struct prover *v = o->v;
    struct buf first = {0}, path = {0};
    plan_task_label(v->plan, (uint32_t)other, &first);
    plan_path(v->eval, task, file, NULL, &path);
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
    b.hash =
        xmalloc((size_t)(f->ntasks < BLOCK ? f->ntasks : BLOCK) * b.noutputs * sizeof *b.hash + 1);
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
