/* Inputs, outputs and checkpoints of a task. */
#include "config.h"

#include "campaign/internal.h"

#include <string.h>

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
    for (size_t i = 0; b && b->kind == AST_BINARY && i < COUNT_OF(op); i++) {
        if (strcmp(b->text, op[i].text) != 0)
            continue;
        out->op = op[i].op;
        out->value = check_typed(s, b->child->next, TYPE_BYTES, "the size of a file");
        return;
    }
    struct diag *m = error_at(s->c, RULE_PROPERTY, k->span,
        "size is compared with a number of "
        "bytes");
    diag_help(m, "for example: check size > 1 MB");
}

/* `input "..." wait` */
static void
read_wait(struct scope *s, struct file_spec *f, const struct ast *k, bool input)
{
    if (!input)
        diag_help(error_at(s->c, RULE_PROPERTY, k->span,
                      "an output does not wait: its own task makes it"),
            "'wait' is for inputs: input \"PATH\" wait");
    else if (f->waits)
        error_at(s->c, RULE_DUPLICATE, k->span, "'wait' is said twice of this input");
    f->waits = input;
}

static void
check_checks(struct scope *s, struct file_spec *f, const struct ast *a, bool input)
{
    static const struct {
        const char *text;
        enum plan_check_kind kind;
    } simple[] = {{"exists", CHECK_EXISTS}, {"nonempty", CHECK_NONEMPTY},
        {"non-empty", CHECK_NONEMPTY}, {"fits", CHECK_FITS}, {"gzip", CHECK_GZIP}};
    static const char *const known[] = {"exists", "non-empty", "size", "fits", "gzip", "command",
        "optional"};
    f->check = arena_alloc(s->c->a, ast_count(a->child, AST_CHECK) * sizeof *f->check);
    for (const struct ast *k = a->child; k; k = k->next) {
        if (k->kind != AST_CHECK)
            continue;
        if (strcmp(k->text, "wait") == 0) {
            read_wait(s, f, k, input);
            continue;
        }
        if (strcmp(k->text, "optional") == 0 && input) {
            diag_help(
                error_at(s->c, RULE_PROPERTY, k->span,
                    "an input cannot be optional: its task fails without it, or waits for it"),
                "leave the input out, and let the program look whether the file is there; or say "
                "'wait', if it comes later");
            continue;
        }
        if (strcmp(k->text, "optional") == 0) {
            f->optional = true;
            continue;
        }
        struct check_spec spec = {0};
        bool found = false;
        for (size_t i = 0; i < COUNT_OF(simple) && !found; i++) {
            found = strcmp(k->text, simple[i].text) == 0;
            spec.kind = simple[i].kind;
        }
        if (strcmp(k->text, "size") == 0) {
            size_check(s, k, &spec);
            found = true;
        } else if (strcmp(k->text, "command") == 0 && !k->child) {
            struct diag *m = error_at(s->c, RULE_PROPERTY, k->span, "which command is not said");
            diag_help(m, "for example: check command \"fitsverify -q $1\"");
            continue;
        } else if (strcmp(k->text, "command") == 0) {
            struct scope shell = *s;
            shell.shell = true;
            spec.kind = CHECK_COMMAND;
            spec.shell = shell_of(s, k->child);
            spec.value = check_typed(&shell, k->child, TYPE_STRING, "a check's command");
            found = true;
        }
        if (!found) {
            struct diag *m =
                error_at(s->c, RULE_UNKNOWN_NAME, k->span, "unknown check '%s'", k->text);
            const char *near = diag_nearest(k->text, known, COUNT_OF(known));
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
check_path_data(const struct expr *e, struct checker *c)
{
    for (unsigned i = 0; i < e->nargs; i++) /* of other types only numbers get into the path */
        if (e->arg[i]->type == TYPE_STRING && e->type == TYPE_STRING)
            check_path_data(e->arg[i], c);
    if (e->kind != EX_COLUMN || e->type != TYPE_STRING || !e->table)
        return;
    const uint32_t *cell = e->table->col[e->column].data;
    for (uint32_t r = 0; r < e->table->nrows; r++) {
        const char *s = strpool_get(&c->m->strings, cell[r]), *why = NULL;
        if (holes_at(e->table->col[e->column].holes, r)) /* said if a task has that row */
            continue;
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
        struct diag *m =
            error_at(c, RULE_PATH, e->at, "data in an output's path holds %s: row %u of '%s'%s%s",
                why, table_row_number(e->table, r), strpool_get(&c->m->strings, e->table->name),
                *place ? ", " : "", place);
        diag_help(m, "correct the data, or build the path from another column");
        return;
    }
}

static void
check_path(struct scope *s, struct file_spec *f, const struct ast *a, const char *what)
{
    f->path = check_typed(s, a->child, TYPE_STRING, what);
    if (f->path->type != TYPE_ERROR && expr_is_const(f->path) && f->path->value.s.n == 0) {
        error_at(s->c, RULE_VALUE, a->child->span, "the path of this %s is empty", what);
        f->path->type = TYPE_ERROR;
    }
}

/* Inputs may have names, too, under which `run` and `env` insert their paths. */
static void
input_name(struct scope *s, const struct ast *a)
{
    struct family *f = s->family;
    struct file_spec *input = &f->input[f->ninputs - 1];
    input->name = a->text ? a->text : "";
    input->at = *input->name ? a->name_span : a->span;
    if (!*input->name)
        return;
    struct span before = NO_SPAN;
    for (unsigned i = 0; i + 1 < f->ninputs; i++)
        if (strcmp(f->input[i].name, input->name) == 0)
            before = f->input[i].at;
    for (unsigned i = 0; i < f->noutputs; i++)
        if (strcmp(f->output[i].name, input->name) == 0)
            before = f->output[i].at;
    for (unsigned i = 0; i < f->nvars; i++)
        if (strcmp(f->var[i].name, input->name) == 0)
            before = f->var[i].at;
    if (before.file == DIAG_NO_FILE)
        return;
    struct diag *m = error_at(s->c, RULE_DUPLICATE, input->at,
        "input '%s' has a name that the task uses already", input->name);
    diag_note(m, before, "here");
}

void
check_inputs(struct scope *s, const struct ast *task)
{
    struct family *f = s->family;
    f->input = arena_alloc(s->c->a, ast_count(task->child, AST_INPUT) * sizeof *f->input);
    for (const struct ast *x = ast_find(task->child, AST_INPUT); x;
         x = ast_find(x->next, AST_INPUT)) {
        struct file_spec *file = &f->input[f->ninputs];
        check_path(s, file, x, "input"); /* before it is counted: names are looked up among those */
        f->ninputs++;
        input_name(s, x);
        check_checks(s, file, x, true);
    }
}

void
check_outputs(struct scope *s, const struct ast *task)
{
    struct family *f = s->family;
    struct scope own = *s;
    own.own_only = true;
    unsigned i = 0;
    for (const struct ast *x = ast_find(task->child, AST_OUTPUT); x;
         x = ast_find(x->next, AST_OUTPUT)) {
        struct file_spec *file = &f->output[i++];
        check_path(&own, file, x, "output");
        check_checks(&own, file, x, false);
        check_path_data(file->path, s->c);
    }
}

void
check_checkpoints(struct scope *s, const struct ast *task)
{
    struct family *f = s->family;
    struct scope own = *s;
    own.own_only = true;
    f->checkpoint =
        arena_alloc(s->c->a, ast_count(task->child, AST_CHECKPOINT) * sizeof *f->checkpoint);
    for (const struct ast *x = ast_find(task->child, AST_CHECKPOINT); x;
         x = ast_find(x->next, AST_CHECKPOINT)) {
        struct file_spec *file = &f->checkpoint[f->ncheckpoints++];
        file->name = "";
        file->at = x->span;
        check_path(&own, file, x, "checkpoint");
    }
}
