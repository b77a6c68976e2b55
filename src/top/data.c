#include "config.h"

#include "top/data.h"

#include "util/list.h"

#include <stdlib.h>
#include <string.h>

bool
top_data_read(const char *dir, int64_t now_us, struct top_data *d, struct buf *why)
{
    *d = (struct top_data){0};
    if (!facts_open(dir, &d->facts, why) || !facts_read(dir, now_us, NULL, &d->facts, why)) {
        top_data_free(d);
        return false;
    }
    const struct account_sum *sum = &d->facts.status->account;
    d->node = xcalloc(sum->n + 1, sizeof *d->node);
    for (size_t i = 0; i < sum->n; i++)
        if (sum->node[i].live)
            d->node[d->nnodes++] = (uint32_t)i;
    return true;
}

void
top_data_free(struct top_data *d)
{
    facts_free(&d->facts);
    free(d->running.task);
    free(d->others.task);
    free(d->node);
    *d = (struct top_data){0};
}

/* --- which tasks --- */

struct order {
    const struct facts *facts;
    const struct top_sort *sort;
};

static int
compare(const void *pa, const void *pb, void *arg)
{
    const struct order *o = arg;
    uint32_t a = *(const uint32_t *)pa, b = *(const uint32_t *)pb;
    const struct fact *x = &o->facts->task[a], *y = &o->facts->task[b];
    int c = ask_compare(o->facts, o->sort->by, a, x, b, y);
    if (!c && o->sort->by == ASK_ENDED)
        c = (x->ended_ms < y->ended_ms) - (x->ended_ms > y->ended_ms);
    if (o->sort->reverse)
        c = -c;
    return c ? c : (a > b) - (a < b);
}

static void
cut(struct top_list *l, const struct order *o)
{
    if (l->n)
        qsort_r(l->task, l->n, sizeof *l->task, compare, (void *)o);
    l->n = l->n < TOP_MOST ? l->n : TOP_MOST;
}

/* Of millions the first ones are kept: who comes behind the last of those is passed over. */
static void
add(struct top_list *l, const struct order *o, uint32_t task)
{
    l->all++;
    if (l->n >= TOP_MOST && compare(&task, &l->task[TOP_MOST - 1], (void *)o) > 0 &&
        l->all > 2 * TOP_MOST)
        return;
    ARRAY_GROW(l->task, l->n, l->cap);
    l->task[l->n++] = task;
    if (l->n == 2 * TOP_MOST)
        cut(l, o);
}

void
top_data_choose(struct top_data *d, const struct selector *filter, const struct top_sort *running,
    const struct top_sort *others)
{
    const struct facts *f = &d->facts;
    const struct order order[] = {{f, running}, {f, others}};
    d->running.n = d->others.n = 0;
    d->running.all = d->others.all = 0;
    for (uint32_t t = 0; t < f->plan->head->ntasks; t++) {
        bool runs = f->status->state[t] == STATUS_RUNNING;
        if (filter ? selector_takes(filter, t, &f->task[t]) : runs || f->task[t].ended_s)
            add(runs ? &d->running : &d->others, &order[!runs], t);
    }
    cut(&d->running, &order[0]);
    cut(&d->others, &order[1]);
}

/* --- the filter --- */

void
top_terms_free(char **term, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(term[i]);
    free(term);
}

bool
top_terms(const char *line, char ***term, size_t *n, struct buf *why)
{
    struct buf word = {0};
    size_t cap = 0;
    char open = 0; /* what would close it */
    *term = NULL;
    *n = 0;
    for (const char *p = line;; p++) {
        if ((*p == ' ' && !open) || !*p) {
            if (word.n) {
                ARRAY_GROW(*term, *n, cap);
                (*term)[(*n)++] = xstrdup(word.p);
            }
            buf_reset(&word);
            if (!*p)
                break;
            continue;
        }
        bool quote = *p == '\'' || *p == '"', ends = *p == open;
        if (!open && (quote || *p == '['))
            open = *p == '[' ? ']' : *p;
        else if (ends)
            open = 0;
        if (!quote || (open && open != *p)) /* the quotes themselves are left out */
            buf_putc(&word, *p);
    }
    buf_free(&word);
    if (open) {
        buf_printf(why, "a closing %c is missing", open);
        top_terms_free(*term, *n);
        *term = NULL;
        *n = 0;
    }
    return !open;
}

struct selector *
top_filter(const struct facts *f, const char *line, struct buf *why)
{
    char **term;
    size_t n;
    struct selector *s = NULL;
    if (top_terms(line, &term, &n, why) && n)
        s = selector_new(f, term, n, why);
    top_terms_free(term, n);
    return s;
}
