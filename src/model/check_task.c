#include "config.h"

#include "model/check.h"

#include <string.h>

static unsigned
count_kind(const struct ast *a, enum ast_kind kind)
{
    unsigned n = 0;
    for (; a; a = a->next)
        n += a->kind == kind;
    return n;
}

/* --- heads: variables and the names of outputs, which other tasks may ask for --- */

static void
head_vars(struct checker *c, struct family *f, const struct ast *task)
{
    f->var = arena_alloc(c->a, count_kind(task->child, AST_FOR) * sizeof *f->var);
    for (const struct ast *x = task->child; x; x = x->next) {
        if (x->kind != AST_FOR)
            continue;
        if (f->nvars == VM_MAX_VARS / 2) {
            error_at(c, RULE_SIZE, x->span, "a task has at most %d variables",
                VM_MAX_VARS / 2);
            return;
        }
        for (unsigned i = 0; i < f->nvars; i++) {
            if (strcmp(f->var[i].name, x->text) == 0) {
                struct diag *m = error_at(c, RULE_DUPLICATE, x->name_span,
                    "variable '%s' is there already", x->text);
                diag_note(m, f->var[i].at, "its first place");
            }
        }
        struct var *v = &f->var[f->nvars++];
        v->name = x->text;
        v->at = x->name_span;
        v->table = for_table(c, x->child, x->text);
        if (v->table && v->table->nrows == 0)
            error_at(c, RULE_EMPTY, x->child->span,
                "nothing to run: the table of '%s' has no rows", x->text);
    }
}

static void
head_outputs(struct checker *c, struct family *f, const struct ast *task)
{
    f->output = arena_alloc(c->a, count_kind(task->child, AST_OUTPUT) * sizeof *f->output);
    for (const struct ast *x = task->child; x; x = x->next) {
        if (x->kind != AST_OUTPUT)
            continue;
        struct file_spec *o = &f->output[f->noutputs++];
        o->name = x->text ? x->text : "";
        o->at = *o->name ? x->name_span : x->span;
        if (!*o->name)
            continue;
        for (unsigned i = 0; i + 1 < f->noutputs; i++) {
            if (strcmp(f->output[i].name, o->name) == 0) {
                struct diag *m = error_at(c, RULE_DUPLICATE, o->at,
                    "output '%s' is there already", o->name);
                diag_note(m, f->output[i].at, "its first place");
            }
        }
        for (unsigned i = 0; i < f->nvars; i++) {
            if (strcmp(f->var[i].name, o->name) == 0) {
                struct diag *m = error_at(c, RULE_DUPLICATE, o->at,
                    "output '%s' has the name of a variable", o->name);
                diag_note(m, f->var[i].at, "the variable");
            }
        }
    }
}

void
check_task_head(struct checker *c, struct family *f, const struct ast *task)
{
    head_vars(c, f, task);
    head_outputs(c, f, task);
}

/* --- needs --- */

static void
same_tables(struct checker *c, const struct family *f, const struct need *n)
{
    const struct family *p = n->producer;
    for (unsigned i = 0; i < f->nvars; i++) {
        for (unsigned k = 0; k < p->nvars; k++) {
            if (strcmp(f->var[i].name, p->var[k].name) != 0 || !f->var[i].table ||
                !p->var[k].table || f->var[i].table == p->var[k].table)
                continue;
            struct diag *m = error_at(c, RULE_NEEDS, n->at,
                "'%s' runs over different tables in '%s' and '%s'", f->var[i].name, f->name,
                p->name);
            diag_note(m, f->var[i].at, "here over '%s'",
                strpool_get(&c->m->strings, f->var[i].table->name));
            diag_note(m, p->var[k].at, "here over '%s'",
                strpool_get(&c->m->strings, p->var[k].table->name));
            bool values = f->var[i].table->ncols == 1 && p->var[k].table->ncols == 1;
            diag_help(m, "say what agrees: needs %s where %s.%s%s == %s%s", p->name, p->name,
                p->var[k].name, values ? "" : ".COLUMN", f->var[i].name,
                values ? "" : ".COLUMN");
        }
    }
}

static const struct table *
via_table(struct checker *c, const struct ast *via)
{
    struct scope s = {.c = c};
    struct decl *d = find_decl(c, via->text);
    if (d)
        d->used = true;
    if (d && d->kind == DECL_TABLE)
        return decl_table(c, d, via->span);
    if (d)
        error_at(c, RULE_TYPE, via->span, "'%s' is not a table", via->text);
    else
        unknown_name(&s, via->span, via->text, "table");
    return NULL;
}

static void
check_needs(struct checker *c, struct family *f, const struct ast *task)
{
    f->need = arena_alloc(c->a, count_kind(task->child, AST_NEEDS) * sizeof *f->need);
    for (const struct ast *x = task->child; x; x = x->next) {
        if (x->kind != AST_NEEDS)
            continue;
        struct decl *d = find_decl(c, x->text);
        if (!d || d->kind != DECL_TASK) {
            struct scope s = {.c = c};
            if (!d)
                unknown_name(&s, x->name_span, x->text, "task");
            else
                error_at(c, RULE_NEEDS, x->name_span, "'%s' is not a task", x->text);
            continue;
        }
        d->used = true;
        if (find_need(f, x->text) >= 0) {
            error_at(c, RULE_DUPLICATE, x->name_span, "task '%s' is needed twice", x->text);
            continue;
        }
        struct need *n = &f->need[f->nneeds++];
        n->producer = d->family;
        n->at = x->name_span;
        const struct ast *via = ast_find(x->child, AST_VIA);
        if (via)
            n->via = via_table(c, via);
        const struct ast *where = ast_find(x->child, AST_WHERE);
        if (where && via) {
            error_at(c, RULE_NEEDS, where->span, "'via' and 'where' cannot both say what is needed");
        } else if (where) {
            struct scope s = {.c = c, .var = f->var, .nvars = f->nvars, .family = f, .need = n};
            n->where = check_typed(&s, where->child, TYPE_BOOL, "where");
            if (n->where->type != TYPE_ERROR && expr_is_const(n->where) && !n->where->value.i) {
                error_at(c, RULE_EMPTY, where->span, "this condition is never true");
                n->where->type = TYPE_ERROR;
            }
        } else if (!via) {
            same_tables(c, f, n);
        }
    }
}

/* --- inputs, outputs, checks --- */

static void
size_check(struct scope *s, const struct ast *k, struct check_spec *out)
{
    static const struct {
        const char *text;
        enum plan_compare op;
    } op[] = {{"<", CMP_LT}, {"<=", CMP_LE}, {"==", CMP_EQ}, {"!=", CMP_NE}, {">=", CMP_GE},
        {">", CMP_GT}};
    const struct ast *b = k->child;
    out->kind = CHECK_SIZE;
    for (size_t i = 0; b && b->kind == AST_BINARY && i < G_N_ELEMENTS(op); i++) {
        if (strcmp(b->text, op[i].text) != 0)
            continue;
        out->op = op[i].op;
        out->value = check_typed(s, b->child->next, TYPE_BYTES, "a file's size");
        return;
    }
    struct diag *m = error_at(s->c, RULE_PROPERTY, k->span, "size is compared with a number of "
                                                             "bytes");
    diag_help(m, "for example: check size > 1 MB");
}

static void
check_checks(struct scope *s, struct file_spec *f, const struct ast *a)
{
    static const struct {
        const char *text;
        enum plan_check_kind kind;
    } simple[] = {{"exists", CHECK_EXISTS}, {"nonempty", CHECK_NONEMPTY},
        {"non-empty", CHECK_NONEMPTY}, {"fits", CHECK_FITS}, {"gzip", CHECK_GZIP}};
    static const char *const known[] = {"exists", "non-empty", "size", "fits", "gzip", "command",
        "optional"};
    f->check = arena_alloc(s->c->a, count_kind(a->child, AST_CHECK) * sizeof *f->check);
    for (const struct ast *k = a->child; k; k = k->next) {
        if (k->kind != AST_CHECK)
            continue;
        if (strcmp(k->text, "optional") == 0) {
            f->optional = true;
            continue;
        }
        struct check_spec spec = {0};
        bool found = false;
        for (size_t i = 0; i < G_N_ELEMENTS(simple) && !found; i++) {
            found = strcmp(k->text, simple[i].text) == 0;
            spec.kind = simple[i].kind;
        }
        if (strcmp(k->text, "size") == 0) {
            size_check(s, k, &spec);
            found = true;
        } else if (strcmp(k->text, "command") == 0) {
            struct scope shell = *s;
            shell.shell = true;
            spec.kind = CHECK_COMMAND;
            spec.value = check_typed(&shell, k->child, TYPE_STRING, "a check's command");
            found = true;
        }
        if (!found) {
            struct diag *m =
                error_at(s->c, RULE_UNKNOWN_NAME, k->span, "unknown check '%s'", k->text);
            const char *near = diag_nearest(k->text, known, G_N_ELEMENTS(known));
            if (near)
                diag_help(m, "did you mean '%s'?", near);
            else
                diag_help(m, "checks are exists, non-empty, size, fits, gzip, command, "
                             "optional");
            continue;
        }
        f->check[f->nchecks++] = spec;
    }
}

/* Text from data must not lead a path out of its folder: no /x, no .., no control characters. */
static void
check_path_data(const struct expr *e, void *arg)
{
    struct checker *c = arg;
    if (e->kind != EX_COLUMN || e->type != TYPE_STRING || !e->table)
        return;
    const uint32_t *cell = e->table->col[e->column].data;
    for (uint32_t r = 0; r < e->table->nrows; r++) {
        const char *s = strpool_get(&c->m->strings, cell[r]), *why = NULL;
        for (const char *p = s; *p; p++)
            if ((unsigned char)*p < 32 || *p == 127)
                why = "a control character";
        if (s[0] == '/')
            why = "an absolute path";
        if (strcmp(s, "..") == 0 || strncmp(s, "../", 3) == 0 || strstr(s, "/../") ||
            (strlen(s) > 3 && strcmp(s + strlen(s) - 3, "/..") == 0))
            why = "'..'";
        if (!*s)
            why = "no text";
        if (!why)
            continue;
        char place[256];
        table_row_place(e->table, c->d, r, place, sizeof place);
        struct diag *m = error_at(c, RULE_PATH, e->at,
            "data in an output's path holds %s: row %u of '%s'%s%s", why, r + 1,
            strpool_get(&c->m->strings, e->table->name), *place ? ", " : "", place);
        diag_help(m, "correct the data, or build the path from another column");
        return;
    }
}

static void
check_file(struct scope *s, struct file_spec *f, const struct ast *a, const char *what)
{
    f->path = check_typed(s, a->child, TYPE_STRING, what);
    if (f->path->type != TYPE_ERROR && expr_is_const(f->path) && f->path->value.s.n == 0) {
        error_at(s->c, RULE_VALUE, a->child->span, "the path of this %s is empty", what);
        f->path->type = TYPE_ERROR;
    }
}

/* --- properties --- */

struct property {
    const char *name;
    enum type type;
    struct expr **into;
};

static void
positive(struct checker *c, struct expr *e, const char *what)
{
    if (e->type == TYPE_ERROR || !expr_is_const(e))
        return;
    double v = e->value.tag == VAL_INT ? (double)e->value.i : e->value.r;
    if (v <= 0)
        error_at(c, RULE_VALUE, e->at, "%s must be more than nothing", what);
    else if (strcmp(what, "cores") == 0 && v > 65535)
        error_at(c, RULE_VALUE, e->at, "no node has that many cores");
}

static void
check_retry(struct scope *s, struct family *f, const struct ast *p)
{
    const struct ast *clause = ast_find(p->child, AST_CLAUSE);
    if (clause) {
        unsupported(s->c, clause->span, arena_printf(s->c->a, "retry ... %s", clause->text));
        return;
    }
    struct expr *e = check_typed(s, p->child, TYPE_INT, "retry");
    if (e->type == TYPE_ERROR)
        return;
    if (!expr_is_const(e) || e->value.i < 0 || e->value.i > 1000)
        error_at(s->c, RULE_VALUE, e->at, "retry needs a constant from 0 to 1000");
    else
        f->retries = e->value.i;
}

static void
check_property(struct scope *s, struct family *f, const struct ast *p)
{
    const struct property known[] = {{"memory", TYPE_BYTES, &f->memory},
        {"cores", TYPE_INT, &f->cores}, {"time", TYPE_DURATION, &f->time},
        {"limit", TYPE_DURATION, &f->limit}};
    struct checker *c = s->c;
    if (strcmp(p->text, "retry") == 0) {
        check_retry(s, f, p);
        return;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
        if (strcmp(p->text, known[i].name) != 0)
            continue;
        if (!p->child || p->child->next || p->child->kind == AST_TERM) {
            unsupported(c, p->span, arena_printf(c->a, "%s in this form", p->text));
            return;
        }
        *known[i].into = check_typed(s, p->child, known[i].type, known[i].name);
        positive(c, *known[i].into, known[i].name);
        return;
    }
    unsupported(c, p->span, arena_printf(c->a, "the property '%s'", p->text));
}

static void
check_run(struct scope *s, struct family *f, const struct ast *run)
{
    struct checker *c = s->c;
    struct scope inner = *s;
    inner.in_run = true;
    const struct ast *what = run->child;
    if (what->kind == AST_LIST) {
        unsigned n = 0;
        for (const struct ast *x = what->child; x; x = x->next)
            n++;
        if (!n)
            error_at(c, RULE_PROPERTY, run->span, "an empty argument list runs nothing");
        f->arg = arena_alloc(c->a, n * sizeof *f->arg);
        for (const struct ast *x = what->child; x; x = x->next)
            check_argument(&inner, x, &f->arg[f->nargs++]);
        return;
    }
    f->shell = true;
    f->nargs = 1;
    f->arg = arena_alloc(c->a, sizeof *f->arg);
    if (what->kind != AST_STRING) {
        error_at(c, RULE_TYPE, what->span, "run needs a text for the shell, or a list of "
                                            "arguments");
        f->arg[0].text = error_expr(c, what->span);
        return;
    }
    inner.shell = true;
    f->arg[0].text = check_string(&inner, what);
    const struct expr *e = f->arg[0].text;
    if (e->type != TYPE_ERROR && expr_is_const(e) &&
        strspn(e->value.s.p, " \t\n") == e->value.s.n)
        error_at(c, RULE_PROPERTY, what->span, "an empty command runs nothing");
}

static void
check_env(struct scope *s, struct family *f, const struct ast *a)
{
    struct checker *c = s->c;
    struct scope inner = *s;
    inner.in_run = true;
    for (unsigned i = 0; i < f->nenvs; i++)
        if (strcmp(f->env[i].name, a->text) == 0)
            error_at(c, RULE_DUPLICATE, a->name_span, "'%s' is set already", a->text);
    struct argument value;
    if (check_argument(&inner, a->child, &value) && value.list) {
        error_at(c, RULE_TEMPLATE, a->child->span, "a list of paths cannot be a variable");
        value.text = error_expr(c, a->child->span);
    }
    f->env[f->nenvs++] = (struct environment){a->text, value.text};
}

/* The same property twice; those that may stand several times are not asked. */
static void
note_property(struct checker *c, GHashTable *seen, const struct ast *p, const char *name)
{
    const struct ast *before = g_hash_table_lookup(seen, name);
    if (before) {
        struct diag *m =
            error_at(c, RULE_DUPLICATE, p->span, "the task has '%s' already", name);
        diag_note(m, before->span, "here");
        return;
    }
    g_hash_table_insert(seen, (gpointer)name, (gpointer)p);
}

static void
check_properties(struct scope *s, struct family *f, const struct ast *task)
{
    struct checker *c = s->c;
    f->input = arena_alloc(c->a, count_kind(task->child, AST_INPUT) * sizeof *f->input);
    f->checkpoint =
        arena_alloc(c->a, count_kind(task->child, AST_CHECKPOINT) * sizeof *f->checkpoint);
    f->env = arena_alloc(c->a, count_kind(task->child, AST_ENV) * sizeof *f->env);
    GHashTable *seen = g_hash_table_new(g_str_hash, g_str_equal);
    unsigned output = 0;
    for (const struct ast *x = task->child; x; x = x->next) {
        struct file_spec *file;
        switch (x->kind) {
        case AST_PROP:
            note_property(c, seen, x, x->text);
            check_property(s, f, x);
            break;
        case AST_RUN:
            note_property(c, seen, x, "run");
            if (!f->arg)
                check_run(s, f, x);
            break;
        case AST_ENV:
            check_env(s, f, x);
            break;
        case AST_INPUT:
            file = &f->input[f->ninputs++];
            file->name = "";
            file->at = x->span;
            if (ast_find(x->child, AST_CHECK))
                unsupported(c, x->span, "a check of an input");
            check_file(s, file, x, "input");
            break;
        case AST_OUTPUT:
            file = &f->output[output++];
            check_file(s, file, x, "output");
            check_checks(s, file, x);
            expr_walk(file->path, check_path_data, c);
            break;
        case AST_CHECKPOINT:
            file = &f->checkpoint[f->ncheckpoints++];
            file->name = "";
            file->at = x->span;
            check_file(s, file, x, "checkpoint");
            break;
        case AST_FOR:
        case AST_WHERE:
        case AST_NEEDS:
            break;
        default:
            unsupported(c, x->span, arena_printf(c->a, "'%s' in a task", ast_kind_name(x->kind)));
            break;
        }
    }
    g_hash_table_destroy(seen);
}

void
check_task(struct checker *c, struct family *f, const struct ast *task)
{
    check_needs(c, f, task);
    struct scope s = {.c = c, .var = f->var, .nvars = f->nvars, .family = f};
    const struct ast *where = ast_find(task->child, AST_WHERE);
    if (where) {
        struct scope head = s;
        head.family = NULL; /* which tasks there are cannot depend on what they need */
        f->where = check_typed(&head, where->child, TYPE_BOOL, "where");
        if (f->where->type != TYPE_ERROR && expr_is_const(f->where)) {
            if (!f->where->value.i)
                error_at(c, RULE_EMPTY, where->span, "this condition is never true");
            f->where = NULL;
        }
    }
    check_properties(&s, f, task);
    if (!f->arg && !c->syntax_errors) {
        struct diag *m =
            error_at(c, RULE_PROPERTY, f->at, "task '%s' does not say what to run", f->name);
        diag_help(m, "add a line: run \"command ...\"");
    }
    for (unsigned i = 0; f->arg && !c->syntax_errors && i < f->noutputs; i++) {
        if (!*f->output[i].name || f->output[i].used)
            continue;
        struct diag *m = error_at(c, RULE_OUTPUT, f->output[i].at,
            "output '%s' has a name, but run never writes to it", f->output[i].name);
        diag_help(m, "insert {%s} into run where the file's name goes, or drop the name "
                     "'%s' if the program finds the path by itself",
            f->output[i].name, f->output[i].name);
    }
    if (f->limit && f->time && f->limit->type == TYPE_DURATION && expr_is_const(f->limit) &&
        f->time->type == TYPE_DURATION && expr_is_const(f->time) &&
        f->limit->value.r < f->time->value.r)
        error_at(c, RULE_VALUE, f->limit->at, "the limit is shorter than the time expected");
}
