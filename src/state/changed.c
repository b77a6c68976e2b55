#include "config.h"

#include "state/changed.h"

#include "util/buf.h"
#include "util/hash.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A task by its family and variables, and what it writes. */
struct named {
    struct hash128 name, outputs;
    uint32_t task;
};

static struct hash128
hash_outputs(struct plan_eval *e, const struct plan *p, uint32_t task, struct buf *text)
{
    const struct plan_family *f = &p->family[plan_family_of(p, task)];
    buf_reset(text);
    for (uint32_t i = 0; i < f->noutputs; i++) {
        plan_path(e, task, f->first_output + i, NULL, text);
        buf_putc(text, 0);
    }
    return hash128(text->p, text->n);
}

static int
by_name(const void *pa, const void *pb)
{
    const struct named *a = pa, *b = pb;
    if (a->name.a != b->name.a)
        return a->name.a < b->name.a ? -1 : 1;
    return a->name.b != b->name.b ? (a->name.b < b->name.b ? -1 : 1) : 0;
}

/* Of those tasks for which of[] is as `wanted` says; by their names. */
static struct named *
list_named(const struct plan *p, const uint8_t *of, uint8_t wanted, size_t *n)
{
    struct plan_eval *e = plan_eval_new(p);
    struct buf text = {0};
    size_t cap = 0;
    *n = 0;
    for (uint32_t t = 0; t < p->head->ntasks; t++)
        cap += of[t] == wanted;
    struct named *v = xmalloc((cap + 1) * sizeof *v);
    for (uint32_t t = 0; t < p->head->ntasks; t++) {
        if (of[t] != wanted)
            continue;
        buf_reset(&text);
        plan_task_label(p, t, &text);
        struct hash128 name = hash128(text.p, text.n);
        v[(*n)++] = (struct named){name, hash_outputs(e, p, t, &text), t};
    }
    qsort(v, *n, sizeof *v, by_name);
    buf_free(&text);
    plan_eval_free(e);
    return v;
}

void
changed_find(const struct plan *old, const uint8_t *done, const struct plan *fresh,
    const uint8_t *same, uint32_t *to, struct changed *n)
{
    size_t nwas, nis;
    struct named *was = list_named(old, done, 1, &nwas), *is = list_named(fresh, same, 0, &nis);
    n->command = n->outputs = n->gone = 0;
    for (size_t i = 0, k = 0; i < nwas; i++) {
        while (k < nis && by_name(&is[k], &was[i]) < 0)
            k++;
        if (k == nis || by_name(&is[k], &was[i]) != 0) {
            n->gone++;
        } else if (is[k].outputs.a != was[i].outputs.a || is[k].outputs.b != was[i].outputs.b) {
            n->outputs++;
            k++;
        } else {
            n->command++;
            to[was[i].task] = is[k++].task;
        }
    }
    free(was);
    free(is);
}

/* --- what else is another one --- */

const char *
changed_kind_name(enum changed_kind k)
{
    static const char *const name[] = {
#define X(id, text) text,
        CHANGED_KINDS(X)
#undef X
    };
    return name[k];
}

static void
add_checks(struct plan_eval *e, const struct plan *p, uint32_t task, const struct plan_file *f,
    struct buf *text)
{
    for (uint32_t i = f->first_check; i < f->first_check + f->nchecks; i++) {
        const struct plan_check *c = &p->check[i];
        double n = 0;
        buf_printf(text, "%" PRIu32 " %" PRIu32 " ", c->kind, c->op);
        if (c->kind == CHECK_COMMAND)
            plan_text(e, task, c->code, text);
        else if (plan_number(e, task, c->code, &n))
            buf_printf(text, "%a", n);
        buf_putc(text, 0);
    }
}

/* The image by what the campaign calls it; its digest, which a plan need not know, apart. */
static const char *
image_of(const struct plan *p, const struct plan_family *f, const char **digest)
{
    const struct plan_container *c = f->container ? &p->container[f->container - 1] : NULL;
    *digest = c && c->digest ? plan_container_text(p, c->digest) : NULL;
    return c ? plan_string(p, c->image) : "";
}

static void
add_text(struct plan_eval *e, const struct plan *p, uint32_t task, enum changed_kind kind,
    struct buf *text)
{
    const struct plan_family *f = &p->family[plan_family_of(p, task)];
    uint32_t first = kind == CHANGED_INPUTS ? f->first_input : f->first_output;
    uint32_t n = kind == CHANGED_INPUTS ? f->ninputs : f->noutputs;
    buf_reset(text);
    for (uint32_t i = f->first_env; kind == CHANGED_ENV && i < f->first_env + f->nenvs; i++) {
        buf_puts(text, plan_string(p, p->env[i].name));
        buf_putc(text, 0);
        plan_text(e, task, p->env[i].value, text);
        buf_putc(text, 0);
    }
    for (uint32_t i = first; kind != CHANGED_ENV && i < first + n; i++) {
        if (kind == CHANGED_INPUTS)
            plan_path(e, task, i, NULL, text);
        else
            add_checks(e, p, task, &p->file[i], text);
        buf_putc(text, 0);
    }
}

/* What of a family did not vary, and was compared with which family of the other plan. */
struct compared {
    uint32_t with; /* its number, + 1; 0: none yet */
    bool varies, other;
};

struct two_plans {
    const struct plan *p[2];
    struct plan_eval *e[2];
    struct buf text[2];
    struct compared *family; /* of the first plan: of each, CHANGED_NKINDS */
};

static bool
checks_vary(const struct plan *p, const struct plan_file *f)
{
    bool varies = false;
    for (uint32_t i = f->first_check; i < f->first_check + f->nchecks; i++)
        varies |= plan_varies(p, p->check[i].code);
    return varies;
}

/* Could it be another one for each task of the family? */
static bool
kind_varies(const struct plan *p, const struct plan_family *f, enum changed_kind kind)
{
    bool varies = false;
    for (uint32_t i = 0; kind == CHANGED_ENV && i < f->nenvs; i++)
        varies |= plan_varies(p, p->env[f->first_env + i].value);
    for (uint32_t i = 0; kind == CHANGED_INPUTS && i < f->ninputs; i++)
        varies |= plan_varies(p, p->file[f->first_input + i].path);
    for (uint32_t i = 0; kind == CHANGED_CHECKS && i < f->noutputs; i++)
        varies |= checks_vary(p, &p->file[f->first_output + i]);
    return varies;
}

static bool
is_other(struct two_plans *t, const uint32_t task[2], enum changed_kind kind)
{
    if (kind == CHANGED_IMAGE) {
        const char *name[2], *digest[2];
        for (int i = 0; i < 2; i++)
            name[i] =
                image_of(t->p[i], &t->p[i]->family[plan_family_of(t->p[i], task[i])], &digest[i]);
        return strcmp(name[0], name[1]) != 0 ||
               (digest[0] && digest[1] && strcmp(digest[0], digest[1]) != 0);
    }
    for (int i = 0; i < 2; i++)
        add_text(t->e[i], t->p[i], task[i], kind, &t->text[i]);
    return t->text[0].n != t->text[1].n ||
           (t->text[0].n && memcmp(t->text[0].p, t->text[1].p, t->text[0].n) != 0);
}

/* The same, once for two families of which it does not vary. */
static bool
is_other_here(struct two_plans *t, const uint32_t task[2], enum changed_kind kind)
{
    uint32_t f[2];
    for (int i = 0; i < 2; i++)
        f[i] = plan_family_of(t->p[i], task[i]);
    struct compared *c = &t->family[f[0] * CHANGED_NKINDS + kind];
    if (c->with != f[1] + 1) {
        c->with = f[1] + 1;
        c->varies = kind_varies(t->p[0], &t->p[0]->family[f[0]], kind) ||
                    kind_varies(t->p[1], &t->p[1]->family[f[1]], kind);
        c->other = !c->varies && is_other(t, task, kind);
    }
    return c->varies ? is_other(t, task, kind) : c->other;
}

void
changed_look(const struct plan *old, const struct plan *fresh, const uint32_t *to,
    struct changed *n)
{
    struct two_plans t = {{old, fresh}, {plan_eval_new(old), plan_eval_new(fresh)}, {{0}, {0}},
        xcalloc((size_t)old->nfamilies * CHANGED_NKINDS, sizeof *t.family)};
    for (uint32_t k = 0; k < old->head->ntasks; k++) {
        const uint32_t task[2] = {k, to[k]};
        for (int kind = 0; to[k] != PLAN_NONE && kind < CHANGED_NKINDS; kind++)
            if (is_other_here(&t, task, (enum changed_kind)kind) && !n->other[kind]++)
                n->first[kind] = to[k];
    }
    for (int i = 0; i < 2; i++) {
        plan_eval_free(t.e[i]);
        buf_free(&t.text[i]);
    }
    free(t.family);
}

/* --- what follows --- */

/* By one need. True: some were. */
static bool
clear_stale(const struct plan *p, const struct plan_family *f, uint32_t need, uint8_t *kept)
{
    const struct relation *r = &p->relation[need];
    const uint8_t *producer = kept + p->family[p->need[need].producer].first_task;
    uint8_t *good = xmalloc((size_t)r->ngroups + 1);
    bool changed = false;
    for (uint32_t g = 0; g < r->ngroups; g++) {
        struct relation_walk w;
        uint32_t member;
        good[g] = 1;
        for (relation_members(r, g, &w); good[g] && relation_next(&w, &member);)
            good[g] = producer[member];
    }
    for (uint32_t k = 0; k < f->ntasks; k++) {
        uint8_t *task = &kept[f->first_task + k];
        uint32_t g = *task ? relation_group(r, k) : RELATION_NONE;
        if (g != RELATION_NONE && !good[g]) {
            *task = 0;
            changed = true;
        }
    }
    free(good);
    return changed;
}

void
changed_follow(const struct plan *p, uint8_t *kept)
{
    bool changed = true;
    while (changed) { /* families may stand in any order */
        changed = false;
        for (uint32_t i = 0; i < p->nfamilies; i++) {
            const struct plan_family *f = &p->family[i];
            for (uint32_t k = f->first_need; k < f->first_need + f->nneeds; k++)
                changed |= clear_stale(p, f, k, kept);
        }
    }
}
