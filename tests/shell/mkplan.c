/* Makes a plan file from a few lines on stdin, for tests of the shim without the compiler.
 * usage: mkplan FILE < lines. A line is a word and the rest; {i} is the task's index within its
 * family, {oK} the path of output K:
 *
 *   node CORES MEMORY
 *   family NAME COUNT    the lines below belong to it
 *   sh TEXT | arg TEXT   the command; arg once for each argument
 *   env NAME TEXT
 *   cores N | memory N | time N | limit N | retries N
 *   input TEXT | checkpoint TEXT
 *   output NAME TEXT     NAME - : not named; optional NAME TEXT: may be missing
 *   check exists|nonempty|fits|gzip | check size OP N | check command TEXT
 *   needs FAMILY all|same                                                              */
#include "config.h"

#include "plan/build.h"
#include "util/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct plan_builder b;
static struct plan_family *family; /* under construction */
static uint32_t ntasks;
static struct buf files[3]; /* inputs, outputs, checkpoints of the family */
static uint32_t column;

static struct plan_code
template(const char *s)
{
    struct buf code = {0};
    uint16_t parts = 0;
    while (*s || !parts) {
        size_t n = 0;
        while (s[n] && strncmp(s + n, "{i}", 3) != 0 && strncmp(s + n, "{o", 2) != 0)
            n++;
        if (n || !*s) {
            code_str(&code, strpool_add(&b.strings, s, n));
        } else if (s[1] == 'i') {
            code_col(&code, 0, column);
            code_fmt(&code, 0, 0, 255, 0);
            n = 3;
        } else {
            code_u16(&code, OP_OUT, (uint16_t)atoi(s + 2));
            n = strcspn(s, "}") + 1;
        }
        s += n;
        parts++;
    }
    code_u16(&code, OP_CONCAT, parts);
    struct plan_code c = plan_add_code(&b, code.p, code.n);
    buf_free(&code);
    return c;
}

static struct plan_code
number(const char *s)
{
    struct buf code = {0};
    code_real(&code, atof(s));
    struct plan_code c = plan_add_code(&b, code.p, code.n);
    buf_free(&code);
    return c;
}

static void
end_family(void)
{
    if (!family)
        return;
    uint32_t *first[3] = {&family->first_input, &family->first_output, &family->first_checkpoint};
    for (int k = 0; k < 3; k++) {
        *first[k] = plan_count(&b, PLAN_FILES, sizeof(struct plan_file));
        buf_add(&b.section[PLAN_FILES], files[k].p, files[k].n);
        buf_reset(&files[k]);
    }
    plan_add_place(&b, PLACE_FAMILY, plan_add(&b, PLAN_FAMILIES, family, sizeof *family),
        "test.wfl", 1, 1);
    free(family);
    family = NULL;
}

static void
begin_family(char *rest)
{
    end_family();
    char *name = strtok(rest, " ");
    uint32_t n = (uint32_t)atoi(strtok(NULL, " "));
    struct plan_column c = {.type = VM_COL_INT,
        .data = UINT64_MAX, .first = 0, .step = 1};
    column = plan_add(&b, PLAN_COLUMNS, &c, sizeof c);
    struct plan_table t = {.nrows = n,
        .first_column = column, .ncolumns = 1, .label = 1};
    struct plan_var v = {.table = plan_add(&b, PLAN_TABLES, &t, sizeof t)};
    family = xcalloc(1, sizeof *family);
    *family = (struct plan_family){.name = strpool_adds(&b.strings, name),
        .first_task = ntasks, .ntasks = n, .first_var = plan_add(&b, PLAN_VARS, &v, sizeof v),
        .nvars = 1, .instances = PLAN_PRODUCT, .constant = 1,
        .first_arg = plan_count(&b, PLAN_ARGS, sizeof(struct plan_arg)),
        .first_env = plan_count(&b, PLAN_ENVS, sizeof(struct plan_env)),
        .first_need = plan_count(&b, PLAN_NEEDS, sizeof(struct plan_need))};
    plan_add_place(&b, PLACE_VAR, family->first_var, "i", 0, 0);
    ntasks += n;
}

static void
add_arg(const char *text)
{
    struct plan_arg a = {.code = template(text)};
    plan_add(&b, PLAN_ARGS, &a, sizeof a);
    family->nargs++;
}

static void
add_file(int kind, const char *name, const char *path, bool optional)
{
    struct plan_file f = {.name = strcmp(name, "-") == 0 ? 0 : strpool_adds(&b.strings, name),
        .path = template(path), .optional = optional,
        .first_check = plan_count(&b, PLAN_CHECKS, sizeof(struct plan_check))};
    buf_add(&files[kind], &f, sizeof f);
    ++*(kind == 0 ? &family->ninputs : kind == 1 ? &family->noutputs : &family->ncheckpoints);
}

static void
add_check(char *rest)
{
    static const char *const kinds[] = {"exists", "nonempty", "size", "fits", "gzip", "command"};
    static const char *const ops[] = {"<", "<=", "==", "!=", ">=", ">"};
    char *kind = strtok(rest, " "), *more = strtok(NULL, "");
    struct plan_check c = {0};
    while (strcmp(kinds[c.kind], kind) != 0)
        c.kind++;
    if (c.kind == CHECK_SIZE) {
        char *op = strtok(more, " ");
        while (strcmp(ops[c.op], op) != 0)
            c.op++;
        c.code = number(strtok(NULL, ""));
    } else if (c.kind == CHECK_COMMAND) {
        c.code = template(more);
    }
    plan_add(&b, PLAN_CHECKS, &c, sizeof c);
    ((struct plan_file *)(void *)(files[1].p + files[1].n))[-1].nchecks++;
}

static void
add_need(char *rest)
{
    uint32_t name = strpool_adds(&b.strings, strtok(rest, " "));
    bool same = strcmp(strtok(NULL, " "), "same") == 0;
    const struct plan_family *f = (const void *)b.section[PLAN_FAMILIES].p;
    uint32_t p = 0;
    while (f[p].name != name)
        p++;
    uint32_t n = f[p].ntasks, groups = same ? n : 1, consumers = family->ntasks;
    uint32_t *v = xcalloc((size_t)consumers + n + 2, sizeof *v);
    struct plan_need need = {.producer = p, .ngroups = groups, .nmembers = n};
    for (uint32_t i = 0; i < consumers; i++)
        v[i] = same ? i : 0;
    need.group_of = plan_add_data(&b, v, consumers * sizeof *v);
    for (uint32_t i = 0; i <= groups; i++)
        v[i] = same ? i : i * n;
    need.start = plan_add_data(&b, v, (groups + 1) * sizeof *v);
    for (uint32_t i = 0; i < n; i++)
        v[i] = i;
    need.members = plan_add_data(&b, v, n * sizeof *v);
    free(v);
    plan_add(&b, PLAN_NEEDS, &need, sizeof need);
    family->nneeds++;
}

static void
read_line(char *word, char *rest)
{
    if (strcmp(word, "node") == 0) {
        b.head.cores = (uint32_t)atoi(strtok(rest, " "));
        b.head.memory = (uint64_t)atof(strtok(NULL, " "));
    } else if (strcmp(word, "family") == 0) {
        begin_family(rest);
    } else if (strcmp(word, "sh") == 0 || strcmp(word, "arg") == 0) {
        family->shell = *word == 's';
        add_arg(rest);
    } else if (strcmp(word, "env") == 0) {
        struct plan_env e = {.name = strpool_adds(&b.strings, strtok(rest, " "))};
        e.value = template(strtok(NULL, ""));
        plan_add(&b, PLAN_ENVS, &e, sizeof e);
        family->nenvs++;
    } else if (strcmp(word, "cores") == 0) {
        family->cores = number(rest);
    } else if (strcmp(word, "memory") == 0) {
        family->memory = number(rest);
    } else if (strcmp(word, "time") == 0) {
        family->time = number(rest);
    } else if (strcmp(word, "limit") == 0) {
        family->limit = number(rest);
    } else if (strcmp(word, "retries") == 0) {
        family->retries = (uint32_t)atoi(rest);
    } else if (strcmp(word, "input") == 0) {
        add_file(0, "-", rest, false);
    } else if (strcmp(word, "checkpoint") == 0) {
        add_file(2, "-", rest, false);
    } else if (strcmp(word, "output") == 0 || strcmp(word, "optional") == 0) {
        char *name = strtok(rest, " ");
        add_file(1, name, strtok(NULL, ""), *word == 'o' && word[1] == 'p');
    } else if (strcmp(word, "check") == 0) {
        add_check(rest);
    } else if (strcmp(word, "needs") == 0) {
        add_need(rest);
    } else {
        fprintf(stderr, "mkplan: %s?\n", word);
        exit(2);
    }
}

int
main(int argc, char **argv)
{
    char *line = NULL;
    size_t cap = 0;
    ssize_t n;
    if (argc != 2)
        return 2;
    plan_builder_init(&b);
    b.head.campaign = strpool_adds(&b.strings, "test");
    b.head.site = strpool_adds(&b.strings, "local");
    plan_add_place(&b, PLACE_SOURCE, 0, "test.wfl", 0, 0);
    while ((n = getline(&line, &cap, stdin)) > 0) {
        if (line[n - 1] == '\n')
            line[n - 1] = 0;
        char *rest = line + strcspn(line, " ");
        if (*rest)
            *rest++ = 0;
        if (*line && *line != '#')
            read_line(line, rest);
    }
    end_family();
    b.head.ntasks = ntasks;
    struct buf image = {0};
    plan_finish(&b, &image);
    int err = dir_make_parent(argv[1]);
    if (!err)
        err = file_write_atomic(argv[1], image.p, image.n, 0666);
    if (err)
        fprintf(stderr, "mkplan: %s: %s\n", argv[1], strerror(err));
    free(line);
    buf_free(&image);
    for (int i = 0; i < 3; i++)
        buf_free(&files[i]);
    plan_builder_free(&b);
    return err != 0;
}
