/* Lists of paths that are longer than what a program can be given. */
#include "config.h"

#include "planner/prove.h"

#include "diag/checks.h"
#include "util/buf.h"

/* Of Linux: a quarter of the stack's limit, 8 MiB nearly everywhere, for the words of a command and
 * of its environment, each with a pointer. */
enum { MOST_BYTES = 2 << 20, ENVIRONMENT = 128 << 10, POINTER = 8, FEW = 400 };

struct lists {
    struct prover *v;
    const struct plan_family *pf;
    const struct family *f;
    uint64_t bytes; /* of the lists so far of one command */
    bool told;
};

/* The largest group of the need, and a task that waits for it. */
static uint32_t
largest(const struct plan_family *pf, const struct relation *r, uint32_t *task)
{
    uint32_t n = 0;
    for (uint32_t t = 0; t < pf->ntasks; t++) {
        uint32_t g = relation_group(r, t), count = g == RELATION_NONE ? 0 : relation_count(r, g);
        if (count > n) {
            n = count;
            *task = t;
        }
        if (r->arithmetic && t > 0)
            break; /* they are alike */
    }
    return n;
}

static void
add_paths(struct lists *s, const struct expr *e, const struct relation *r, uint32_t task)
{
    const struct plan *p = s->v->plan;
    const struct plan_family *producer = &p->family[p->need[s->pf->first_need + e->index].producer];
    struct relation_walk w;
    struct buf path = {0};
    uint32_t member;
    size_t before = e->mode & 4 ? s->v->cwd.n : 0;
    relation_members(r, relation_group(r, task), &w);
    while (s->bytes <= MOST_BYTES - ENVIRONMENT && relation_next(&w, &member)) {
        buf_reset(&path);
        if (!plan_path(s->v->eval, producer->first_task + member,
                producer->first_output + e->output, NULL, &path))
            break;
        s->bytes += before + path.n + 1 + POINTER;
    }
    buf_free(&path);
}

static void
look(const struct expr *e, void *arg)
{
    struct lists *s = arg;
    if (e->kind != EX_NEED_OUT || ((e->mode & 3) != 1 && (e->mode & 3) != 2) || e->inside ||
        s->told)
        return;
    if ((e->mode & 3) == 1)
        s->bytes = 0; /* a command of a script is a process of its own */
    const struct relation *r = &s->v->plan->relation[s->pf->first_need + e->index];
    uint32_t task = 0, n = largest(s->pf, r, &task);
    if (n < FEW)
        return;
    add_paths(s, e, r, task);
    if (s->bytes <= MOST_BYTES - ENVIRONMENT)
        return;
    char number[THOUSANDS_SIZE];
    const struct family *producer = s->f->need[e->index].producer;
    const char *output = producer->output[e->output].name;
    struct diag *m = diag_add(s->v->p->d, DIAG_WARNING, RULE_LONG_LIST, e->at,
        "%s: %s paths of '%s' are more than a program can be given, on most machines 2 MiB with "
        "its "
        "environment",
        prover_label(s->v, s->pf->first_task + task), thousands(n, number), producer->name);
    diag_help(m,
        "let it read them from a file: {%s.%s:file} is the path of one that has them, one a line, "
        "made when the task starts (xargs -a, tar -T, an option of the program)",
        producer->name, *output ? output : "output");
    s->told = true;
}

void
lists_fit(struct prover *v, const struct plan_family *pf, const struct family *f)
{
    struct lists s = {.v = v, .pf = pf, .f = f};
    for (unsigned i = 0; i < f->nargs; i++) {
        s.told = false;
        expr_walk(f->arg[i].text, look, &s);
    }
}
