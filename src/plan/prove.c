#include "config.h"

#include "plan/planner.h"

#include "model/checks.h"
#include "util/map128.h"

#include <string.h>

/* One instance after the other, on the finished plan: what only its values can tell. */
struct prover {
    struct planner *p;
    const struct plan *plan;
    struct plan_eval *eval;
    struct map128 outputs; /* hash of an output's path -> file spec number and task */
    struct buf path, plain, label;
};

static const char *
label_of(struct prover *v, uint32_t task)
{
    buf_reset(&v->label);
    plan_task_label(v->plan, task, &v->label);
    return v->label.p;
}

/* A cost must be more than nothing. Only the first bad instance is told. */
static bool
cost_ok(struct prover *v, uint32_t task, struct plan_code code, const struct expr *e,
    const char *what)
{
    double n = 1;
    if (!e)
        return true;
    if (!plan_number(v->eval, task, code, &n)) {
        diag_add(v->p->d, DIAG_ERROR, RULE_VALUE, e->at, "%s of %s: %s", what,
            label_of(v, task), plan_eval_error(v->eval));
        return false;
    }
    if (n > 0 && (strcmp(what, "cores") != 0 || n <= 65535))
        return true;
    diag_add(v->p->d, DIAG_ERROR, RULE_VALUE, e->at, "%s of %s is %g; it must be %s", what,
        label_of(v, task), n, n > 0 ? "at most 65535" : "more than nothing");
    return false;
}

static bool
costs_ok(struct prover *v, const struct plan_family *pf, const struct family *f)
{
    if (pf->constant) /* the checker has seen these */
        return true;
    for (uint32_t t = pf->first_task; t < pf->first_task + pf->ntasks; t++)
        if (!cost_ok(v, t, pf->memory, f->memory, "memory") ||
            !cost_ok(v, t, pf->cores, f->cores, "cores") ||
            !cost_ok(v, t, pf->time, f->time, "time") ||
            !cost_ok(v, t, pf->limit, f->limit, "limit"))
            return false;
    return true;
}

/* The hash of a path less what does not matter: "a//b", "./a/./b" are "a/b". (".." matters: what
 * is before it may be a link.) */
static struct hash128
path_hash(struct prover *v)
{
    struct buf *b = &v->plain;
    buf_reset(b);
    const char *s = v->path.p;
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

static bool
output_ok(struct prover *v, const struct plan_family *pf, const struct family *f, uint32_t task,
    unsigned i)
{
    struct diags *d = v->p->d;
    const struct file_spec *o = &f->output[i];
    buf_reset(&v->path);
    if (!plan_path(v->eval, task, pf->first_output + i, false, &v->path)) {
        diag_add(d, DIAG_ERROR, RULE_VALUE, o->path->at, "output of %s: %s", label_of(v, task),
            plan_eval_error(v->eval));
        return false;
    }
    const char *slash = strrchr(v->path.p, '/');
    size_t base = v->path.n - (slash ? (size_t)(slash - v->path.p) + 1 : 0);
    /* a temporary name is up to 40 bytes longer than the final one; NAME_MAX is 255 */
    if (base == 0 || base > 215 || v->path.n > 4000) {
        struct diag *m = diag_add(d, DIAG_ERROR, RULE_PATH, o->path->at,
            base ? "the path of %s is too long" : "the path of %s is a folder, not a file",
            label_of(v, task));
        diag_note(m, NO_SPAN, "%.200s", v->path.p);
        return false;
    }
    bool found;
    uint64_t me = (uint64_t)(pf->first_output + i) << 32 | task;
    uint64_t other = map128_add(&v->outputs, path_hash(v), me, &found);
    if (!found)
        return true;
    struct buf first = {0};
    plan_task_label(v->plan, (uint32_t)other, &first);
    const struct family *of = v->p->fam[plan_family_of(v->plan, (uint32_t)other)].f;
    const struct file_spec *oo =
        &of->output[(uint32_t)(other >> 32) -
                    v->plan->family[plan_family_of(v->plan, (uint32_t)other)].first_output];
    struct diag *m = diag_add(d, DIAG_ERROR, RULE_OUTPUT, o->path->at,
        "two tasks write one file: %s and %s", first.p, label_of(v, task));
    diag_note(m, NO_SPAN, "the file is %.200s", v->path.p);
    if (oo != o)
        diag_note(m, oo->path->at, "the other output is here");
    if (oo == o)
        diag_help(m, "let the path name every variable that tells the tasks apart");
    buf_free(&first);
    return false;
}

static bool
outputs_ok(struct prover *v, const struct plan_family *pf, const struct family *f)
{
    for (uint32_t t = pf->first_task; t < pf->first_task + pf->ntasks; t++)
        for (unsigned i = 0; i < f->noutputs; i++)
            if (!output_ok(v, pf, f, t, i))
                return false;
    return true;
}

/* `{task.output}` without :list stands for one path. */
struct single {
    struct prover *v;
    const struct plan_family *pf;
    const struct family *f;
    bool ok;
};

static void
check_single(const struct expr *e, void *arg)
{
    struct single *s = arg;
    if (e->kind != EX_NEED_OUT || e->mode != 0 || !s->ok)
        return;
    const struct relation *r = &s->v->plan->relation[s->pf->first_need + e->index];
    if (r->arithmetic && relation_count(r, 0) == 1)
        return;
    for (uint32_t t = 0; t < s->pf->ntasks && s->ok; t++) {
        uint32_t count = relation_count(r, relation_group(r, t));
        if (count == 1)
            continue;
        const char *name = s->f->need[e->index].producer->name;
        struct diag *m = diag_add(s->v->p->d, DIAG_ERROR, RULE_NEEDS, e->at,
            "one path is wanted here, and %s needs %u tasks of '%s'",
            label_of(s->v, s->pf->first_task + t), count, name);
        if (count)
            diag_help(m, "write :list for all of them: {%s.output:list}", name);
        s->ok = false;
    }
}

static bool
singles_ok(struct prover *v, const struct plan_family *pf, const struct family *f)
{
    struct single s = {v, pf, f, true};
    for (unsigned i = 0; i < f->nargs; i++)
        expr_walk(f->arg[i].text, check_single, &s);
    for (unsigned i = 0; i < f->nenvs; i++)
        expr_walk(f->env[i].value, check_single, &s);
    for (unsigned i = 0; i < f->ninputs; i++)
        expr_walk(f->input[i].path, check_single, &s);
    return s.ok;
}

bool
plan_prove(struct planner *p, const struct plan *plan)
{
    struct prover v = {.p = p, .plan = plan, .eval = plan_eval_new(plan)};
    bool ok = true;
    for (uint32_t i = 0; i < plan->nfamilies; i++) {
        const struct plan_family *pf = &plan->family[i];
        const struct family *f = p->fam[i].f;
        ok = costs_ok(&v, pf, f) && ok;
        ok = outputs_ok(&v, pf, f) && ok;
        ok = singles_ok(&v, pf, f) && ok;
    }
    plan_eval_free(v.eval);
    map128_free(&v.outputs);
    buf_free(&v.path);
    buf_free(&v.plain);
    buf_free(&v.label);
    return ok;
}
