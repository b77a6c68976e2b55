/* Makes a plan file from a few lines on stdin, for tests of the shim without the compiler.
 * usage: mkplan FILE < lines. A line is a word and the rest; {i} is the task's index within its
 * family or group, {g} its group, {oK} the path of output K; {n} how many tasks its bundle has,
 * {w} how many at a time, {is} and {os} their {i} and {o0} with blanks between. Where a cost N
 * stands, it may be i or i+N:
 *
 *   node CORES MEMORY
 *   shards N             so many, of equal parts of the tasks; without: one
 *   jobs COUNT NODES SECONDS   batch jobs that are planned
 *   allow LEAST MOST SHORTEST LONGEST   nodes and seconds of further ones
 *   family NAME COUNT [GROUPS]   the lines below belong to it; with GROUPS, COUNT tasks in each
 *   bundle               tasks of a group may be given to one process
 *   feed TEXT            a process of the bundle is told of each of its tasks by such a line
 *   learn TEXT           of tasks with equal ones times are learned together
 *   whole                and are done when the process ends, not before
 *   unbound              its processes have no processors of their own
 *   learn_memory         measured memory that is less than is stated may be counted on
 *   sh TEXT | arg TEXT   the command; arg once for each argument
 *   env NAME TEXT
 *   cores N | memory N | shared N | gpus N | time N | limit N | priority N
 *   retries N | retry_memory FACTOR | unless CODE | oom CODE | stop_after N | nodes N
 *   signal NUMBER SECONDS | container NAME IMAGE
 *   input TEXT | wait TEXT | checkpoint TEXT   wait: an input that is waited for
 *   remaining N | left TEXT   what is left by a checkpoint; or a command that tells it
 *   output NAME TEXT     NAME - : not named; optional NAME TEXT: may be missing
 *   check exists|nonempty|fits|gzip | check size OP N | check command TEXT   of the last file
 *   when failed|ended ABOVE TEXT   a hook of the campaign
 *   needs FAMILY all|same                                                              */
#include "config.h"

#include "plan/build.h"
#include "util/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct plan_builder b;
static struct plan_family *family; /* under construction */
static uint32_t ntasks, nshards;
static struct buf files[3]; /* inputs, outputs, checkpoints of the family */
static int last_file;       /* which of these got the last one */
static uint32_t column;     /* of the index; that of the group is before it */

static struct plan_code template(const char *s);

static uint16_t
index_var(void)
{
    return (uint16_t)(family->nvars - 1);
}

static void
add_join(struct buf *code, const char *each)
{
    struct plan_code c = template(each);
    code_str(code, strpool_adds(&b.strings, " "));
    code_bundle_join(code, c);
}

static bool
starts(const char *s, const char *with)
{
    return strncmp(s, with, strlen(with)) == 0;
}

static struct plan_code template(const char *s)
{
    static const char *const words[] = {"{i}", "{g}", "{n}", "{w}", "{is}", "{os}", "{o"};
    struct buf code = {0};
    uint16_t parts = 0;
    while (*s || !parts) {
        size_t n = 0, w = 7;
        while (s[n]) {
            for (w = 0; w < 7 && !starts(s + n, words[w]);)
                w++;
            if (w < 7)
                break;
            n++;
        }
        if (n || !*s) {
            code_str(&code, strpool_add(&b.strings, s, n));
        } else if (w < 2) {
            code_col(&code, w ? 0 : index_var(), w ? column - 1 : column);
            code_fmt(&code, 0, 0, 255, 0);
            n = 3;
        } else if (w < 4) {
            code_op(&code, w == 2 ? OP_BUNDLE_SIZE : OP_BUNDLE_WIDTH);
            code_fmt(&code, 0, 0, 255, 0);
            n = 3;
        } else if (w < 6) {
            add_join(&code, w == 4 ? "{i}" : "{o0}");
            n = 4;
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
    if (*s == 'i') {
        code_col(&code, index_var(), column);
        family->constant = 0;
        if (s[1] == '+') {
            code_real(&code, atof(s + 2));
            code_op(&code, OP_ADD);
        }
    } else {
        code_real(&code, atof(s));
    }
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
add_var(const char *name, uint32_t nrows)
{
    struct plan_column c = {.type = VM_COL_INT, .data = UINT64_MAX, .first = 0, .step = 1};
    column = plan_add(&b, PLAN_COLUMNS, &c, sizeof c);
    struct plan_table t = {.nrows = nrows, .first_column = column, .ncolumns = 1, .label = 1};
    struct plan_var v = {.table = plan_add(&b, PLAN_TABLES, &t, sizeof t)};
    plan_add_place(&b, PLACE_VAR, plan_add(&b, PLAN_VARS, &v, sizeof v), name, 0, 0);
    family->nvars++;
}

static void
begin_family(char *rest)
{
    end_family();
    char *name = strtok(rest, " ");
    uint32_t n = (uint32_t)atoi(strtok(NULL, " "));
    const char *groups = strtok(NULL, " ");
    family = xcalloc(1, sizeof *family);
    *family = (struct plan_family){.name = strpool_adds(&b.strings, name),
        .first_task = ntasks,
        .first_var = plan_count(&b, PLAN_VARS, sizeof(struct plan_var)),
        .instances = PLAN_PRODUCT,
        .constant = 1,
        .first_arg = plan_count(&b, PLAN_ARGS, sizeof(struct plan_arg)),
        .first_env = plan_count(&b, PLAN_ENVS, sizeof(struct plan_env)),
        .first_need = plan_count(&b, PLAN_NEEDS, sizeof(struct plan_need))};
    if (groups)
        add_var("g", (uint32_t)atoi(groups));
    add_var("i", n);
    family->ntasks = groups ? n * (uint32_t)atoi(groups) : n;
    ntasks += family->ntasks;
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
        .path = template(path),
        .optional = optional,
        .first_check = plan_count(&b, PLAN_CHECKS, sizeof(struct plan_check))};
    buf_add(&files[kind], &f, sizeof f);
    last_file = kind;
    ++*(kind == 0 ? &family->ninputs : kind == 1 ? &family->noutputs : &family->ncheckpoints);
}

static void
add_hook(char *rest)
{
    const char *when = strtok(rest, " "), *above = strtok(NULL, " ");
    struct plan_hook h = {.above = atof(above),
        .when = strcmp(when, "ended") == 0 ? PLAN_WHEN_ENDED : PLAN_WHEN_FAILED,
        .family = PLAN_NONE,
        .shell = PLAN_SHELL_SH,
        .command = plan_add_name(&b, strtok(NULL, "")),
        .file = plan_add_name(&b, "mkplan")};
    plan_add(&b, PLAN_HOOKS, &h, sizeof h);
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
        c.op = PLAN_SHELL_SH;
        c.code = template(more);
    }
    plan_add(&b, PLAN_CHECKS, &c, sizeof c);
    ((struct plan_file *)(void *)(files[last_file].p + files[last_file].n))[-1].nchecks++;
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

static struct plan_code *
cost(const char *word)
{
    const struct {
        const char *name;
        struct plan_code *code;
    } costs[] = {{"cores", &family->cores}, {"memory", &family->memory},
        {"shared", &family->shared}, {"gpus", &family->gpus}, {"time", &family->time},
        {"limit", &family->limit}, {"priority", &family->priority}};
    for (size_t i = 0; i < sizeof costs / sizeof *costs; i++)
        if (strcmp(word, costs[i].name) == 0)
            return costs[i].code;
    return NULL;
}

static void
add_container(char *rest)
{
    struct plan_container c = {.name = strpool_adds(&b.strings, strtok(rest, " ")),
        .image = strpool_adds(&b.strings, strtok(NULL, " "))};
    family->container = plan_add(&b, PLAN_CONTAINERS, &c, sizeof c) + 1;
}

/* Rules of the family; false: none of these words. */
static bool
read_rule(const char *word, char *rest)
{
    uint32_t n = (uint32_t)atoi(rest);
    if (strcmp(word, "bundle") == 0)
        family->bundle = 1;
    else if (strcmp(word, "feed") == 0)
        family->feed = template(rest);
    else if (strcmp(word, "learn") == 0)
        family->learn = template(rest);
    else if (strcmp(word, "remaining") == 0)
        family->remaining = number(rest);
    else if (strcmp(word, "left") == 0)
        family->remaining = template(rest), family->remaining_shell = PLAN_SHELL_SH;
    else if (strcmp(word, "whole") == 0)
        family->flags |= PLAN_WHOLE;
    else if (strcmp(word, "unbound") == 0)
        family->flags |= PLAN_UNBOUND;
    else if (strcmp(word, "learn_memory") == 0)
        family->flags |= PLAN_LEARN_MEMORY;
    else if (strcmp(word, "retries") == 0)
        family->retries = n;
    else if (strcmp(word, "retry_memory") == 0)
        family->retry_memory = atof(rest);
    else if (strcmp(word, "unless") == 0)
        family->retry_unless[n / 32] |= 1u << n % 32;
    else if (strcmp(word, "oom") == 0)
        family->retry_oom[n / 32] |= 1u << n % 32;
    else if (strcmp(word, "stop_after") == 0)
        family->stop_after = n;
    else if (strcmp(word, "nodes") == 0)
        family->nodes = n;
    else if (strcmp(word, "container") == 0)
        add_container(rest);
    else if (strcmp(word, "signal") == 0)
        family->signal = n, family->signal_s = (uint32_t)atoi(strchr(rest, ' '));
    else
        return false;
    return true;
}

static void
read_line(char *word, char *rest)
{
    if (family && cost(word)) {
        *cost(word) = number(rest);
    } else if (family && read_rule(word, rest)) {
        return;
    } else if (strcmp(word, "node") == 0) {
        b.head.cores = (uint32_t)atoi(strtok(rest, " "));
        b.head.memory = (uint64_t)atof(strtok(NULL, " "));
    } else if (strcmp(word, "shards") == 0) {
        nshards = (uint32_t)atoi(rest);
    } else if (strcmp(word, "jobs") == 0) {
        b.head.njobs = (uint32_t)atoi(strtok(rest, " "));
        b.head.job_nodes = (uint32_t)atoi(strtok(NULL, " "));
        b.head.job_seconds = (uint32_t)atoi(strtok(NULL, " "));
    } else if (strcmp(word, "allow") == 0) {
        b.head.least_nodes = (uint32_t)atoi(strtok(rest, " "));
        b.head.most_nodes = (uint32_t)atoi(strtok(NULL, " "));
        b.head.least_seconds = (uint32_t)atoi(strtok(NULL, " "));
        b.head.most_seconds = (uint32_t)atoi(strtok(NULL, " "));
    } else if (strcmp(word, "family") == 0) {
        begin_family(rest);
    } else if (strcmp(word, "sh") == 0 || strcmp(word, "sh-e") == 0 || strcmp(word, "bash") == 0 ||
               strcmp(word, "bash-e") == 0) {
        bool ends = strchr(word, '-') != NULL;
        family->shell = *word == 's' ? ends ? PLAN_SHELL_SH_E : PLAN_SHELL_SH
                        : ends       ? PLAN_SHELL_BASH_E
                                     : PLAN_SHELL_BASH;
        add_arg(rest);
    } else if (strcmp(word, "arg") == 0) {
        add_arg(rest);
    } else if (strcmp(word, "env") == 0) {
        struct plan_env e = {.name = strpool_adds(&b.strings, strtok(rest, " "))};
        e.value = template(strtok(NULL, ""));
        plan_add(&b, PLAN_ENVS, &e, sizeof e);
        family->nenvs++;
    } else if (strcmp(word, "input") == 0 || strcmp(word, "wait") == 0) {
        add_file(0, "-", rest, *word == 'w');
    } else if (strcmp(word, "checkpoint") == 0) {
        add_file(2, "-", rest, false);
    } else if (strcmp(word, "output") == 0 || strcmp(word, "optional") == 0) {
        char *name = strtok(rest, " ");
        add_file(1, name, strtok(NULL, ""), *word == 'o' && word[1] == 'p');
    } else if (strcmp(word, "check") == 0) {
        add_check(rest);
    } else if (strcmp(word, "needs") == 0) {
        add_need(rest);
    } else if (strcmp(word, "when") == 0) {
        add_hook(rest);
    } else {
        fprintf(stderr, "mkplan: %s?\n", word);
        exit(2);
    }
}

/* Equal parts; producers come before consumers, so none needs a later one. */
static void
add_shards(void)
{
    for (uint32_t i = 0; i < nshards; i++) {
        uint32_t first = (uint32_t)((uint64_t)ntasks * i / nshards);
        uint32_t end = (uint32_t)((uint64_t)ntasks * (i + 1) / nshards);
        struct plan_range run = {first, end - first};
        struct plan_shard shard = {i, 1, run.ntasks};
        plan_add(&b, PLAN_RUNS, &run, sizeof run);
        plan_add(&b, PLAN_SHARDS, &shard, sizeof shard);
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
    add_shards();
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
