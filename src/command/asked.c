#include "config.h"

#include "command/asked.h"

#include "codegen/place.h"
#include "command/build.h"
#include "journal/paths.h"
#include "util/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- which shards matter --- */

enum { FEW = 64, MOST_NEEDED = 100000 };

struct needed {
    const struct plan *plan;
    uint32_t *task; /* n, each once */
    size_t n, cap;
    uint64_t *known, *shards; /* bits of tasks and shards */
};

static bool
set_bit(uint64_t *bits, uint32_t i)
{
    bool was = bits[i / 64] >> i % 64 & 1;
    bits[i / 64] |= (uint64_t)1 << i % 64;
    return !was;
}

static void
add_needed(struct needed *n, uint32_t task)
{
    if (!set_bit(n->known, task))
        return;
    ARRAY_GROW(n->task, n->n, n->cap);
    n->task[n->n++] = task;
    set_bit(n->shards, plan_shard_of(n->plan, task));
}

/* All that these need, directly or not. False: that is too much. */
static bool
add_all_needed(struct needed *n)
{
    const struct plan *p = n->plan;
    for (size_t i = 0; i < n->n && n->n < MOST_NEEDED; i++) {
        const struct plan_family *f = &p->family[plan_family_of(p, n->task[i])];
        for (uint32_t k = f->first_need; k < f->first_need + f->nneeds; k++) {
            uint32_t group = relation_group(&p->relation[k], n->task[i] - f->first_task), member;
            struct relation_walk w;
            if (group == RELATION_NONE)
                continue;
            for (relation_members(&p->relation[k], group, &w);
                 n->n < MOST_NEEDED && relation_next(&w, &member);)
                add_needed(n, p->family[p->need[k].producer].first_task + member);
        }
    }
    return n->n < MOST_NEEDED;
}

/* The shards of a few tasks and of what they need; NULL: they are not few, or it cannot be told
 * without the record. The caller frees it. */
static uint64_t *
shards_that_matter(const struct asked *a)
{
    const struct plan *p = a->facts.plan;
    if (!selector_needs_no_record(a->selector))
        return NULL;
    struct needed n = {.plan = p,
        .known = xcalloc(p->head->ntasks / 64 + 1, sizeof *n.known),
        .shards = xcalloc(p->nshards / 64 + 1, sizeof *n.shards)};
    for (uint32_t t = 0; (t = selector_next(a->selector, t, NULL)) != PLAN_NONE && n.n <= FEW; t++)
        add_needed(&n, t);
    bool few = n.n <= FEW && add_all_needed(&n);
    free(n.task);
    free(n.known);
    if (few)
        return n.shards;
    free(n.shards);
    return NULL;
}

/* --- reading --- */

static bool
go_back(int here)
{
    if (here >= 0 && fchdir(here) == 0 && close(here) == 0)
        return true;
    say("cannot go back to the working folder: %s", strerror(errno));
    return false;
}

/* What the selector asks of files is looked at where tasks run. */
static int
look_at_files(struct asked *a)
{
    struct buf state = {0};
    int here = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC), code = asked_enter(a, NULL);
    if (code == EXIT_OK) {
        buf_printf(&state, "%s/" BUILD_STATE, a->dir.p);
        facts_look(&a->facts, state.p);
    }
    if (!go_back(here))
        code = EXIT_FILES;
    buf_free(&state);
    return code;
}

bool
asked_is_term(const struct options *o, const char *arg)
{
    return selector_is_term(arg) || find_is_task(o, arg);
}

/* The first argument may name the build. */
static int
first_term(const struct options *o)
{
    return o->nargs && !asked_is_term(o, o->arg[0]);
}

struct selector *
asked_selector(const struct options *o, const struct facts *f, struct buf *why)
{
    int first = first_term(o);
    return selector_new(f, o->arg + first, (size_t)(o->nargs - first), why);
}

int
asked_read(const struct options *o, enum asked_record record, struct asked *a)
{
    struct buf why = {0};
    *a = (struct asked){0};
    int code = find_build(o, first_term(o) ? o->arg[0] : NULL, &a->dir);
    if (code == EXIT_OK && !facts_open(a->dir.p, &a->facts, &why))
        code = EXIT_FILES;
    if (code == EXIT_OK) {
        a->selector = asked_selector(o, &a->facts, &why);
        code = a->selector ? EXIT_OK : EXIT_USAGE;
    }
    bool none = code == EXIT_OK && record == ASKED_NONE && selector_needs_no_record(a->selector);
    if (code == EXIT_OK && !none) {
        uint64_t *shards = record == ASKED_NEEDS ? shards_that_matter(a) : NULL;
        if (!facts_read(a->dir.p, now_us(), shards, &a->facts, &why))
            code = EXIT_FILES;
        free(shards);
    }
    if (why.n)
        say("%s", why.p);
    if (code == EXIT_OK && selector_asks_changed(a->selector))
        code = look_at_files(a);
    buf_free(&why);
    return code;
}

bool
asked_takes(const struct asked *a, uint32_t task)
{
    return selector_takes(a->selector, task, a->facts.task ? &a->facts.task[task] : NULL);
}

uint32_t
asked_next(const struct asked *a, uint32_t task)
{
    return selector_next(a->selector, task, a->facts.task);
}

static int
enter_work(struct asked *a, const struct place *place, const char *writes)
{
    if (!place->work.n)
        say("%s: its job.sh does not tell where tasks run", a->dir.p);
    else if (writes && place->elsewhere)
        say("%s is a copy, of which the record says nothing to those who work in %s; %s there",
            a->dir.p, place->work.p, writes);
    else if (chdir(place->work.p) != 0)
        say("%s, where tasks run: %s", place->work.p, strerror(errno));
    else
        return EXIT_OK;
    return EXIT_FILES;
}

int
asked_enter(struct asked *a, const char *writes)
{
    struct place place;
    char *dir = realpath(a->dir.p, NULL);
    if (dir) {
        buf_reset(&a->dir);
        buf_puts(&a->dir, dir);
        free(a->facts.status->dir);
        a->facts.status->dir = dir;
    }
    place_read(a->dir.p, &place);
    int code = enter_work(a, &place, writes);
    place_free(&place);
    return code;
}

void
asked_changes(const struct asked *a, const uint32_t *task, uint32_t n, struct buf *out)
{
    struct place place;
    struct buf state = {0};
    char *dir = realpath(a->dir.p, NULL);
    int here = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    place_read(a->dir.p, &place);
    if (dir && here >= 0 && place.work.n && chdir(place.work.p) == 0) {
        buf_printf(&state, "%s/" BUILD_STATE, dir);
        facts_tell_changed(&a->facts, state.p, task, n, out);
        go_back(here);
    } else if (here >= 0) {
        close(here);
    }
    place_free(&place);
    buf_free(&state);
    free(dir);
}

void
asked_free(struct asked *a)
{
    selector_free(a->selector);
    facts_free(&a->facts);
    buf_free(&a->dir);
}

bool
asked_form(const struct options *o, enum ask_form *form)
{
    *form = o->json ? ASK_JSON : o->csv ? ASK_CSV : ASK_TEXT;
    if (o->json && o->csv)
        say("either --json or --csv");
    return !(o->json && o->csv);
}

bool
asked_columns(const char *option, const char *names, struct ask_list *list)
{
    struct buf why = {0};
    bool ok = ask_columns(names, list, &why);
    if (!ok)
        say("--%s: %s", option, why.p);
    buf_free(&why);
    return ok;
}

enum { CHUNK = 1 << 16 };

void
asked_begin(struct asked_lines *l, const struct facts *f, const struct ask_list *list,
    enum ask_form form, int *code)
{
    *l = (struct asked_lines){f, list, form, code, {0}, false};
    if (form == ASK_JSON)
        buf_putc(&l->out, '[');
    ask_head(list, form, &l->out);
}

void
asked_line(struct asked_lines *l, uint32_t task, const struct fact *fact)
{
    if (l->over)
        return;
    ask_row(l->facts, l->list, l->form, task, fact, &l->out);
    if (l->out.n >= CHUNK)
        l->over = !put_out(&l->out, l->code);
}

void
asked_end(struct asked_lines *l)
{
    if (l->form == ASK_JSON)
        buf_puts(&l->out, "\n]\n");
    if (!l->over)
        put_out(&l->out, l->code);
    buf_free(&l->out);
}
