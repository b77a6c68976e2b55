/* What a task costs, where and when it runs, and what happens after failures. */
#include "config.h"

#include "campaign/internal.h"
#include "cost/cost.h"
#include "util/system.h"

#include <signal.h>
#include <string.h>

/* A constant whole number in least .. most; false after a message. */
static bool
constant_number(struct scope *s, const struct ast *a, const char *what, int64_t least, int64_t most,
    int64_t *n)
{
    struct expr *e = check_typed(s, a, TYPE_INT, what);
    if (e->type == TYPE_ERROR)
        return false;
    if (!expr_is_const(e) || e->value.i < least || e->value.i > most) {
        struct diag *m = error_at(s->c, RULE_VALUE, a->span,
            "%s needs a constant from %lld to %lld", what, (long long)least, (long long)most);
        if (!expr_is_const(e))
            diag_help(m,
                "write a number, or the name of a param or let: it is the same for all tasks");
        else if (least == 0)
            diag_help(m, "'%s 0' means none at all", what);
        return false;
    }
    *n = e->value.i;
    return true;
}

static bool
one_value(struct scope *s, const struct ast *p)
{
    if (p->child && !p->child->next)
        return true;
    error_at(s->c, RULE_PROPERTY, p->span, "%s takes one value", p->text);
    return false;
}

/* The word that stands alone as the value of a property, or NULL after a message. */
static const char *
one_word(struct scope *s, const struct ast *p, const char *const *known, size_t n)
{
    const char *word =
        p->child && p->child->kind == AST_NAME && !p->child->next ? p->child->text : NULL;
    for (size_t i = 0; word && i < n; i++)
        if (strcmp(word, known[i]) == 0)
            return known[i];
    struct buf list = {0};
    for (size_t i = 0; i < n; i++)
        buf_printf(&list, "%s%s", i == 0 ? "" : i + 1 < n ? ", " : " or ", known[i]);
    struct span at = p->child ? p->child->span : p->span;
    struct diag *m = error_at(s->c, RULE_PROPERTY, at, "%s is %s", p->text, list.p);
    const char *near = word ? diag_nearest(word, known, n) : NULL;
    if (near)
        diag_help(m, "did you mean '%s'?", near);
    else
        diag_help(m, "as in: %s %s", p->text, known[0]);
    buf_free(&list);
    return NULL;
}

/* --- costs --- */

static void
check_range(struct checker *c, const struct expr *e, enum cost_kind kind, enum type type)
{
    const struct cost_bounds *b = &cost_bounds[kind];
    if (e->type == TYPE_ERROR || !expr_is_const(e))
        return;
    double v = e->value.tag == VAL_INT ? (double)e->value.i : e->value.r;
    if (cost_bounded(b, v))
        return;
    if (v <= b->least && b->least == 0)
        error_at(c, RULE_VALUE, e->at,
            b->may_be_least ? "%s cannot be negative" : "%s must be more than nothing", b->name);
    else if (type == TYPE_INT && b->least == 0)
        error_at(c, RULE_VALUE, e->at, "no node has that many %s", b->name);
    else
        diag_help(error_at(c, RULE_VALUE, e->at, "%s is out of its range", b->name),
            type == TYPE_BYTES      ? "it is at most %g B"
            : type == TYPE_DURATION ? "it is at most %g s"
                                    : "it goes from -%1$g to %1$g",
            b->most);
}

/* True if p is a cost. */
static bool
check_cost(struct scope *s, const struct ast *p)
{
    struct family *f = s->family;
    const struct {
        enum cost_kind kind;
        enum type type;
        struct expr **into;
    } costs[] = {{COST_MEMORY, TYPE_BYTES, &f->memory}, {COST_CORES, TYPE_INT, &f->cores},
        {COST_GPUS, TYPE_INT, &f->gpus}, {COST_TIME, TYPE_DURATION, &f->time},
        {COST_LIMIT, TYPE_DURATION, &f->limit}, {COST_PRIORITY, TYPE_INT, &f->priority}};
    for (size_t i = 0; i < COUNT_OF(costs); i++) {
        const char *name = cost_bounds[costs[i].kind].name;
        if (strcmp(p->text, name) != 0)
            continue;
        if (i == 0 && check_memory_model(s, p))
            return true;
        if (one_value(s, p)) {
            *costs[i].into = check_typed(s, p->child, costs[i].type, name);
            check_range(s->c, *costs[i].into, costs[i].kind, costs[i].type);
        }
        return true;
    }
    return false;
}

/* --- after failures --- */

static bool
has_words(const struct ast *clause, const char *const *word)
{
    const struct ast *x = clause ? clause->child : NULL;
    for (; *word; word++, x = x->next)
        if (!x || x->kind != AST_NAME || strcmp(x->text, *word) != 0)
            return false;
    return !x;
}

/* The signal of this name, or 0, with an error. */
static int
signal_number(struct scope *s, const struct ast *name)
{
    const char *text = strncmp(name->text, "SIG", 3) == 0 ? name->text + 3 : name->text;
    int number = signal_by_name(text);
    if (number)
        return number;
    diag_help(error_at(s->c, RULE_UNKNOWN_NAME, name->span, "unknown signal '%s'", name->text),
        "signals are USR1, USR2, TERM, INT, HUP and others of signal(7)");
    return 0;
}

static void
add_code(uint32_t *codes, int64_t code)
{
    codes[code / 32] |= UINT32_C(1) << code % 32;
}

static bool
is_name(const struct ast *x, const char *name)
{
    return x && x->kind == AST_NAME && strcmp(x->text, name) == 0;
}

static bool
numbers(struct scope *s, const struct ast *x, uint32_t *codes)
{
    bool ok = x != NULL && codes;
    for (; x && ok; x = x->next) {
        int64_t code;
        ok = x->kind == AST_INT;
        if (ok && constant_number(s, x, "an exit code", 1, 255, &code))
            add_code(codes, code);
    }
    return ok;
}

/* `exit 9`, `signal ABRT`. Shells hand the death of a command by a signal on as 128 + its number.
 */
static bool
cause(struct scope *s, const struct ast *x, uint32_t *codes)
{
    if (is_name(x, "exit"))
        return numbers(s, x->next, codes);
    if (!is_name(x, "signal") || !x->next || x->next->kind != AST_NAME || x->next->next)
        return false;
    int number = signal_number(s, x->next);
    if (number)
        add_code(codes, 128 + number);
    return true;
}

/* `memory x 1.5 when out of memory` */
static bool
memory_clause(struct scope *s, const struct ast *clause)
{
    static const char *const out_of_memory[] = {"out", "of", "memory", NULL};
    const struct ast *x = clause->child, *factor = x ? x->next : NULL;
    if (!is_name(x, "x") || !factor || (factor->kind != AST_INT && factor->kind != AST_REAL) ||
        !factor->next || factor->next->kind != AST_CLAUSE ||
        !has_words(factor->next, out_of_memory))
        return false;
    double v = factor->kind == AST_INT ? (double)factor->ival : factor->rval;
    if (v < 1 || v > 1000)
        diag_help(
            error_at(s->c, RULE_VALUE, factor->span, "memory may grow by a factor from 1 to 1000"),
            "each attempt gets so many times the memory of the one before, as in: memory x 1.5 "
            "when out of memory");
    else
        s->family->retry_memory = v;
    return true;
}

/* A code cannot mean to try again and not to. */
static void
check_codes(struct scope *s, const struct ast *p)
{
    const struct family *f = s->family;
    for (int code = 1; code < 256; code++)
        if (f->retry_oom[code / 32] & f->retry_unless[code / 32] & UINT32_C(1) << code % 32) {
            diag_help(error_at(s->c, RULE_VALUE, p->span,
                          "exit %d is both out of memory, and not to be tried again", code),
                "take it out of one of the two%s",
                code > 128 ? "; a signal is the exit code 128 + its number, too" : "");
            return;
        }
}

static void
check_retry(struct scope *s, const struct ast *p)
{
    struct family *f = s->family;
    constant_number(s, p->child, "retry", 0, 1000, &f->retries);
    uint32_t *codes = NULL; /* where exit codes belong that follow, and */
    bool oom = false;       /* whether more causes may */
    for (const struct ast *x = ast_find(p->child, AST_CLAUSE); x;
         x = ast_find(x->next, AST_CLAUSE)) {
        bool ok;
        if (!x->text) { /* `, 2` of `exit 1, 2` */
            ok = numbers(s, x->child, codes);
        } else if (strcmp(x->text, "or") == 0) {
            codes = is_name(x->child, "exit") ? f->retry_oom : NULL;
            ok = oom && cause(s, x->child, f->retry_oom);
        } else if (strcmp(x->text, "unless") == 0) {
            codes = f->retry_unless;
            oom = false;
            ok = is_name(x->child, "exit") && numbers(s, x->child->next, codes);
        } else {
            codes = NULL;
            oom = ok = strcmp(x->text, "memory") == 0 && memory_clause(s, x);
        }
        if (ok)
            continue;
        struct diag *m = error_at(s->c, RULE_PROPERTY, x->span, "unknown rule of retries");
        diag_help(m,
            "the rules are: memory x 1.5 when out of memory or exit 9 or signal ABRT, and: "
            "unless exit 1, 2");
        return;
    }
    check_codes(s, p);
}

/* `after failure stop`, `after 10 failures stop` */
static void
check_after(struct scope *s, const struct ast *p)
{
    const struct ast *what = p->child, *then = what->next, *n = then->next;
    int64_t count = 1;
    if (strcmp(then->text, "stop") != 0 ||
        (strcmp(what->text, "failure") != 0 && strcmp(what->text, "failures") != 0)) {
        struct diag *m = error_at(s->c, RULE_PROPERTY, p->span, "unknown rule after failures");
        diag_help(m, "the rules are: after failure stop, and: after 10 failures stop");
    } else if (!n || constant_number(s, n, "after", 1, 1000000000, &count)) {
        s->family->stop_after = (uint32_t)count;
    }
}

/* --- where and when --- */

/* `signal USR1 10 min before the end` */
static void
check_signal(struct scope *s, const struct ast *p)
{
    static const char *const the_end[] = {"the", "end", NULL};
    struct checker *c = s->c;
    const struct ast *name = p->child, *early = name->next;
    s->family->signal = signal_number(s, name);
    struct expr *e = check_typed(s, early, TYPE_DURATION, "signal");
    if (e->type != TYPE_ERROR && (!expr_is_const(e) || !(e->value.r >= 1 && e->value.r <= 1e6)))
        error_at(c, RULE_VALUE, early->span,
            "the time before the end must be a constant of 1 s or more");
    else if (e->type != TYPE_ERROR)
        s->family->signal_s = e->value.r;
    if (!has_words(early->next, the_end))
        diag_help(error_at(c, RULE_PROPERTY, early->next->span, "a signal is sent before the end"),
            "write: signal USR1 10 min before the end");
}

static void
check_place(struct scope *s, const struct ast *p)
{
    static const char *const place[] = {"node", "head", "submit"};
    const char *word = one_word(s, p, place, COUNT_OF(place));
    for (unsigned i = 0; word && i < COUNT_OF(place); i++)
        if (word == place[i])
            s->family->runs_on = i;
    if (!word || word == place[PLAN_ON_NODE])
        return;
    struct diag *m = error_at(s->c, RULE_PROPERTY, p->span,
        "'place %s' is not possible yet: the task would run on any node, like all others", word);
    if (s->family->runs_on == PLAN_ON_SUBMIT)
        diag_help(m, "do its work before 'wflc submit', by hand or in a campaign of its own with "
                     "'wflc run', and name what it makes as an input: input \"PATH\"");
    else
        diag_help(m, "take 'place %s' away if any node will do", word);
}

static void
check_order(struct scope *s, const struct ast *p)
{
    struct family *f = s->family;
    struct scope head = *s;
    head.family = NULL; /* only the rows tell */
    unsigned n = 0;
    for (const struct ast *x = p->child; x; x = x->next)
        n++;
    f->order = arena_alloc(s->c->a, n * sizeof *f->order);
    for (const struct ast *x = p->child; x; x = x->next) {
        struct expr *e = check_expr(&head, x);
        if (e->type != TYPE_ERROR)
            f->order[f->norder++] = e;
    }
}

/* `bundle by v, w` or `bundle by v, w, whole`; read before everything that depends on it. */
static void
check_bundle(struct scope *s, const struct ast *task)
{
    struct family *f = s->family;
    for (const struct ast *p = ast_find(task->child, AST_PROP); p;
         p = ast_find(p->next, AST_PROP)) {
        if (strcmp(p->text, "bundle") != 0)
            continue;
        for (const struct ast *x = p->child->child; x; x = x->next) {
            unsigned v = 0;
            while (v < f->nvars && strcmp(f->var[v].name, x->text) != 0)
                v++;
            if (v < f->nvars) {
                f->bundle |= UINT32_C(1) << v;
                continue;
            }
            if (f->bundle && !x->next && strcmp(x->text, "whole") == 0) {
                f->whole = true;
                continue;
            }
            struct diag *m = error_at(s->c, RULE_BUNDLE, x->span,
                "'%s' is no variable of task '%s'", x->text, f->name);
            const char *first = f->nvars ? f->var[0].name : "v";
            if (strcmp(x->text, "whole") == 0)
                diag_help(m, "it stands once, behind the variables: bundle by %s, whole", first);
            else
                diag_help(m, "tasks that agree in a variable share a process: bundle by %s", first);
        }
        if (f->nvars && f->bundle == (UINT32_C(1) << f->nvars) - 1)
            diag_help(error_at(s->c, RULE_BUNDLE, p->span,
                          "no two tasks agree in all variables, so there is nothing to bundle"),
                "leave out the variable that differs between the tasks of a bundle");
    }
}

/* Which shell runs its commands; read before they are. */
static void
check_task_shell(struct scope *s, const struct ast *task)
{
    static const char *const shells[] = {"sh", "bash"};
    s->bash = file_has_bash(s->c, task->span.file);
    for (const struct ast *p = ast_find(task->child, AST_PROP); p;
         p = ast_find(p->next, AST_PROP)) {
        if (strcmp(p->text, "shell") != 0)
            continue;
        if (p->child->kind == AST_STRING) {
            diag_help(error_at(s->c, RULE_PROPERTY, p->child->span, "shell is sh or bash"),
                "a command is given by run: run \"...\"");
            continue;
        }
        const char *word = one_word(s, p, shells, 2);
        s->bash = word ? word == shells[1] : s->bash;
    }
}

/* --- all of them --- */

static void
check_sync(struct scope *s, const struct ast *p)
{
    const char *word = one_word(s, p, plan_sync_name, PLAN_NSYNCS);
    if (word)
        s->family->sync = plan_sync_named(word);
}

static void
check_affinity(struct scope *s, const struct ast *p)
{
    static const char *const words[] = {"on", "off"};
    const char *word = one_word(s, p, words, COUNT_OF(words));
    s->family->unbound = word == words[1];
}

static void
check_property(struct scope *s, const struct ast *p)
{
    static const struct {
        const char *name;
        void (*check)(struct scope *s, const struct ast *p);
    } known[] = {{"retry", check_retry}, {"after", check_after}, {"signal", check_signal},
        {"place", check_place}, {"order", check_order}, {"sync", check_sync},
        {"affinity", check_affinity}, {"learn", check_learn}, {"uses", check_task_uses}};
    if (check_cost(s, p))
        return;
    for (size_t i = 0; i < COUNT_OF(known); i++)
        if (strcmp(p->text, known[i].name) == 0)
            known[i].check(s, p);
    if (strcmp(p->text, "nodes") == 0 && one_value(s, p) &&
        constant_number(s, p->child, "nodes", 1, 1000000, &s->family->nodes)) {
        s->family->nodes_at = p->child->span;
        if (s->family->nodes > 1)
            diag_help(error_at(s->c, RULE_PROPERTY, p->span,
                          "'nodes %lld' is not possible yet: a task runs on one node",
                          (long long)s->family->nodes),
                "write 'nodes 1' for a whole node, and split the work into such tasks");
    }
}

/* Behind the checkpoints. */
static void
check_remaining(struct scope *s, const struct ast *task)
{
    struct family *f = s->family;
    struct scope own = *s;
    own.own_only = true;
    const struct ast *p = ast_find(task->child, AST_PROP);
    while (p && strcmp(p->text, "remaining") != 0)
        p = ast_find(p->next, AST_PROP);
    if (!p || !one_value(s, p))
        return;
    if (p->child->kind == AST_STRING) {
        own.shell = true;
        f->remaining_shell = shell_of(s, p->child);
        f->remaining = check_typed(&own, p->child, TYPE_STRING, "what tells the time that remains");
    } else {
        f->remaining = check_typed(&own, p->child, TYPE_DURATION, "remaining");
        if (f->remaining->type == TYPE_DURATION && expr_is_const(f->remaining) &&
            f->remaining->value.r < 0)
            error_at(s->c, RULE_VALUE, f->remaining->at, "what remains cannot be negative");
    }
    if (!f->ncheckpoints)
        diag_help(error_at(s->c, RULE_PROPERTY, p->span,
                      "something remains of a task that goes on from a checkpoint, and '%s' has "
                      "none",
                      f->name),
            "add a line: checkpoint \"PATH\"");
}

/* The same property twice; those that may stand several times are not asked. */
static void
note_property(struct checker *c, struct names *seen, const struct ast *p, const char *name)
{
    const struct ast *before = names_find(seen, name);
    if (before) {
        struct diag *m = error_at(c, RULE_DUPLICATE, p->span, "the task has '%s' already", name);
        diag_note(m, before->span, "here");
        return;
    }
    names_put(seen, name, p);
}

/* Of time and of memory different things are said. */
static const char *
property_name(const struct ast *p)
{
    bool learns = strcmp(p->text, "learn") == 0;
    return learns && strcmp(p->child->text, "time") == 0     ? "learn time"
           : learns && strcmp(p->child->text, "memory") == 0 ? "learn memory"
                                                             : p->text;
}

void
check_properties(struct scope *s, const struct ast *task)
{
    struct checker *c = s->c;
    struct family *f = s->family;
    struct names seen = {0};
    check_task_shell(s, task);
    f->sync = file_sync(c, task->span.file);
    check_bundle(s, task);
    check_inputs(s, task); /* run may name them */
    check_container(s, task);
    for (const struct ast *x = task->child; x; x = x->next) {
        if (x->kind == AST_PROP) {
            if (strcmp(x->text, "bind") != 0 && strcmp(x->text, "uses") != 0)
                note_property(c, &seen, x, property_name(x));
            check_property(s, x);
        } else if (x->kind == AST_RUN) {
            note_property(c, &seen, x, "run");
            if (!f->arg)
                check_run(s, x);
        }
    }
    check_env(s, task);
    check_outputs(s, task);
    check_checkpoints(s, task);
    check_remaining(s, task);
    check_feed(s, task);
    check_forgotten(s, task);
    check_messages(s, task);
    if (f->nodes && f->cores)
        diag_help(
            error_at(c, RULE_PROPERTY, f->cores->at, "a task has whole nodes or cores, not both"),
            "drop 'cores': %s all of them",
            f->nodes == 1 ? "a whole node has" : "whole nodes have");
    if (f->nodes && f->bundle)
        error_at(c, RULE_BUNDLE, f->at, "tasks of whole nodes cannot share a process");
    if (f->bundle)
        check_bundle_use(s);
    check_learn_bundle(s);
    names_free(&seen);
}
