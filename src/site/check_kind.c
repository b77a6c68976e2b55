/* What each kind of scheduler can and cannot do, as far as a profile may speak of it. */
#include "config.h"

#include "site/fit.h"

#include "site/rules.h"

#include <ctype.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#define BIT(x) (1u << (x))

static const struct abilities {
    unsigned queue_via, formats, tokens;
    bool afterany, warning, requeue, constraints, attrs, tasks, exclusive;
    const char *output; /* how the output is called, if a profile cannot say so */
} abilities[] = {
    [SITE_SLURM] = {.queue_via = BIT(SITE_VIA_PARTITION) | BIT(SITE_VIA_QOS) | BIT(SITE_VIA_NONE),
        .formats = BIT(SITE_TIME_HMS),
        .tokens = BIT(SITE_TOKEN_LICENSE) | BIT(SITE_TOKEN_NONE),
        .afterany = true,
        .warning = true,
        .requeue = true,
        .constraints = true,
        .tasks = true,
        .exclusive = true},
    [SITE_COBALT] = {.queue_via = BIT(SITE_VIA_QUEUE) | BIT(SITE_VIA_NONE),
        .formats = BIT(SITE_TIME_HMS),
        .tokens = BIT(SITE_TOKEN_ATTRS) | BIT(SITE_TOKEN_NONE),
        .attrs = true},
    [SITE_PBS] = {.queue_via = BIT(SITE_VIA_QUEUE) | BIT(SITE_VIA_NONE),
        .formats = BIT(SITE_TIME_HMS),
        .tokens = BIT(SITE_TOKEN_RESOURCE) | BIT(SITE_TOKEN_NONE),
        .afterany = true,
        .requeue = true,
        .attrs = true,
        .exclusive = true,
        .output = "pbs names it after the id of the job, ID.OU"},
    [SITE_LSF] = {.queue_via = BIT(SITE_VIA_QUEUE) | BIT(SITE_VIA_NONE),
        .formats = BIT(SITE_TIME_MINUTES),
        .tokens = BIT(SITE_TOKEN_NONE),
        .afterany = true,
        .warning = true,
        .requeue = true,
        .constraints = true,
        .tasks = true,
        .exclusive = true},
    [SITE_FLUX] = {.queue_via = BIT(SITE_VIA_QUEUE) | BIT(SITE_VIA_NONE),
        .formats = BIT(SITE_TIME_FSD) | BIT(SITE_TIME_MINUTES),
        .tokens = BIT(SITE_TOKEN_NONE),
        .afterany = true,
        .constraints = true,
        .tasks = true,
        .exclusive = true},
    [SITE_LOCAL] = {.output = "it is NAME.out here",
        .queue_via = BIT(SITE_VIA_NONE),
        .formats = BIT(SITE_TIME_HMS) | BIT(SITE_TIME_MINUTES),
        .tokens = BIT(SITE_TOKEN_NONE)},
};

static const char *
kind_name(const struct fit *f)
{
    return site_word_name("scheduler.kind", f->p->scheduler.kind);
}

/* A word that this kind does not take. */
static void
check_word(const struct fit *f, const char *path, int word, unsigned good, const char *why)
{
    struct buf list = {0};
    const struct site_key *k = site_key_path(path);
    if (good & BIT(word))
        return;
    for (size_t i = 0; i < k->nwords; i++)
        if (good & BIT(i))
            buf_printf(&list, "%s'%s'", list.n ? " or " : "", k->word[i]);
    struct diag *m = fit_error(f, path, 0, "'%s: %s' does not fit %s%s", k->name, k->word[word],
        kind_name(f), why);
    diag_help(m, "write %s, or leave it out", list.p);
    buf_free(&list);
}

static void
check_abilities(const struct fit *f)
{
    const struct site_profile *p = f->p;
    const struct abilities *a = &abilities[p->scheduler.kind];
    const char *kind = kind_name(f);
    check_word(f, "scheduler.queue_via", p->scheduler.queue_via, a->queue_via, "");
    check_word(f, "time.directive_format", p->time.directive_format, a->formats,
        ", where it would mean another time");
    check_word(f, "token_syntax", p->token_syntax, a->tokens, "");
    if (!a->afterany && (p->scheduler.dependency & ~BIT(SITE_AFTEROK)))
        diag_help(fit_error(f, "scheduler.dependency", 0,
                      "jobs of %s can wait with afterok at most", kind),
            p->scheduler.kind == SITE_COBALT ? "write [afterok]" : "write []");
    if (!a->warning && p->time.warn_signal)
        diag_help(fit_error(f, "time.warn_signal", 0,
                      p->scheduler.kind == SITE_FLUX
                          ? "%s's warning ends all shims of a job but one (it goes to its brokers)"
                          : "%s warns no job of its end",
                      kind),
            "write 'warn_signal: null', or leave it out; the shim has a clock of its own");
    if (!a->requeue && p->scheduler.requeue)
        fit_error(f, "scheduler.requeue", 0, "%s starts no job again", kind);
    if (!a->constraints && p->constraints.n)
        diag_help(fit_error(f, "constraints", 0, "%s has no constraints", kind),
            a->attrs ? "write them in 'attrs'" : "leave them out");
    if (!a->attrs && p->attrs.n)
        diag_help(fit_error(f, "attrs", 0, "%s has no attributes", kind),
            a->constraints ? "write them in 'constraints'" : "leave them out");
    if (!a->tasks && p->scheduler.needs_tasks)
        fit_error(f, "scheduler.needs_tasks", 0, "%s is told nodes, not tasks", kind);
    if (a->output && strcmp(p->scheduler.output_template, "{name}.{id}.out") != 0)
        diag_help(fit_error(f, "scheduler.output_template", 0,
                      "the file for a job's output cannot be chosen: %s", a->output),
            "leave output_template out");
    if (!a->exclusive && p->scheduler.exclusive == SITE_EXCLUSIVE_REQUEST)
        diag_help(fit_error(f, "scheduler.exclusive", 0,
                      "jobs of %s have whole nodes, and cannot ask for them", kind),
            "write 'exclusive: implicit', or leave it out");
}

/* --- commands --- */

static bool
holds(const struct site_texts *t, const char *word)
{
    for (size_t i = 0; i < t->n; i++)
        if (strstr(t->v[i], word))
            return true;
    return false;
}

static void
check_placeholders(const struct fit *f, const char *path, size_t i, const char *text,
    const char *const *known, size_t n)
{
    for (const char *p = text; (p = strchr(p, '{')); p++) {
        char word[32];
        size_t len = strcspn(p + 1, "{}");
        bool good = false;
        if (p[1 + len] != '}' || len == 0 || len >= sizeof word)
            continue;
        memcpy(word, p + 1, len);
        word[len] = 0;
        for (size_t k = 0; k < n && !good; k++)
            good = strcmp(word, known[k]) == 0;
        if (good)
            continue;
        struct diag *m = fit_error(f, path, i, "'%s' has nothing to insert for {%s}", text, word);
        const char *near = diag_nearest(word, known, n);
        if (near)
            diag_help(m, "did you mean {%s}?", near);
        else
            diag_help(m, "there is {%s}%s", known[0], n > 1 ? " and others; see wfl-site(5)" : "");
    }
}

static void
check_id(const struct fit *f)
{
    const struct site_profile *p = f->p;
    regex_t re;
    int err = regcomp(&re, p->scheduler.id_regex, REG_EXTENDED);
    if (err) {
        char why[128];
        regerror(err, &re, why, sizeof why);
        fit_error(f, "scheduler.id_regex", 0, "this is no extended regular expression: %s", why);
        return;
    }
    if (re.re_nsub < 1)
        diag_help(
            fit_error(f, "scheduler.id_regex", 0, "the id of a job is group 1, but there is none"),
            "put parentheses around the part that is the id");
    regfree(&re);
}

static void
check_commands(const struct fit *f)
{
    const struct site_profile *p = f->p;
    static const char *const id[] = {"id"}, *const names[] = {"name", "id"};
    bool local = p->scheduler.kind == SITE_LOCAL;
    if (!local && !p->scheduler.submit.n)
        fit_error(f, "scheduler.submit", 0, "no command submits jobs");
    if (!local && !holds(&p->scheduler.status, "{id}"))
        fit_error(f, "scheduler.status", 0, "the command must hold \"{id}\"");
    if (!local && !holds(&p->scheduler.cancel, "{id}"))
        fit_error(f, "scheduler.cancel", 0, "the command must hold \"{id}\"");
    for (size_t i = 0; i < p->scheduler.status.n; i++)
        check_placeholders(f, "scheduler.status[#]", i, p->scheduler.status.v[i], id, 1);
    for (size_t i = 0; i < p->scheduler.cancel.n; i++)
        check_placeholders(f, "scheduler.cancel[#]", i, p->scheduler.cancel.v[i], id, 1);
    check_placeholders(f, "scheduler.output_template", 0, p->scheduler.output_template, names, 2);
    if (strchr(p->scheduler.output_template, '/'))
        diag_help(fit_error(f, "scheduler.output_template", 0,
                      "'%s' is no name of a file: it has a '/' in it",
                      p->scheduler.output_template),
            "output goes to state/jobs in the folder of the build; name the file only");
    if (strchr(p->scheduler.output_template, '%'))
        fit_error(f, "scheduler.output_template", 0,
            "a '%%' has a meaning of its own to schedulers");
    check_id(f);
}

/* --- launch --- */

static bool
is_variable(const char *s)
{
    return (isalpha((unsigned char)*s) || *s == '_') &&
           strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") ==
               strlen(s);
}

static void
check_variable(const struct fit *f, const char *path, const char *value, const char *what)
{
    if (!value && f->p->scheduler.kind != SITE_LOCAL) {
        struct diag *m = fit_error(f, path, 0, "no variable tells a node %s", what);
        diag_help(m, "name the one that the launcher sets; a guess would let every node do the "
                     "work of node 0");
    } else if (value && !is_variable(value)) {
        fit_error(f, path, 0, "'%s' is no name of a variable", value);
    }
}

/* Another launcher sets other variables than that of the default. */
static void
check_own_launcher(const struct fit *f)
{
    if (!fit_given(f, "launch.argv[0]") || f->p->scheduler.kind == SITE_LOCAL)
        return;
    const char *own = strrchr(f->p->launch.argv.v[0], '/');
    own = own ? own + 1 : f->p->launch.argv.v[0];
    const char *defaults = site_kind_defaults((enum site_kind)f->p->scheduler.kind);
    const char *argv = strstr(defaults, "  argv: [");
    size_t n = strcspn(argv + 9, ",");
    if (strlen(own) == n && strncmp(own, argv + 9, n) == 0)
        return;
    static const char *const paths[] = {"launch.rank_var", "launch.size_var"};
    for (size_t i = 0; i < 2; i++)
        if (!fit_given(f, paths[i])) {
            struct diag *m = fit_error(f, "launch.argv[0]", 0,
                "'%s' is not what %s starts by default, so '%s' must be given", own, kind_name(f),
                paths[i]);
            diag_help(m,
                "name the variable that %s sets; a wrong one would let every node do the "
                "work of node 0",
                own);
        }
}

static void
check_launch(const struct fit *f)
{
    const struct site_profile *p = f->p;
    static const char *const known[] = {"nnodes", "cores", "threads", "hostfile", "shim"};
    bool local = p->scheduler.kind == SITE_LOCAL;
    const struct site_texts *argv = &p->launch.argv;
    for (size_t i = 0; i < argv->n; i++)
        check_placeholders(f, "launch.argv[#]", i, argv->v[i], known, 5);
    if (!holds(argv, "{shim}"))
        diag_help(fit_error(f, "launch.argv", 0, "the launcher must start \"{shim}\""),
            "end the command with \"{shim}\", node");
    if (!local && !holds(argv, "{nnodes}"))
        fit_error(f, "launch.argv", 0,
            "the launcher must be told the number of nodes, \"{nnodes}\"");
    check_variable(f, "launch.rank_var", p->launch.rank_var, "its number");
    check_variable(f, "launch.size_var", p->launch.size_var, "how many there are");
    if (p->launch.size_from == SITE_SIZE_PASSED && p->launch.size_var &&
        !holds(argv, p->launch.size_var))
        diag_help(fit_error(f, "launch.size_from", 0, "%s is not passed in launch.argv",
                      p->launch.size_var),
            "pass \"%s={nnodes}\", or write 'size_from: env' if the launcher sets it",
            p->launch.size_var);
    check_own_launcher(f);
}

static void
check_time(const struct fit *f)
{
    const struct site_profile *p = f->p;
    const char *value = p->time.remaining.value, *s = p->time.warn_signal;
    static const char *const signals[] = {"USR1", "USR2", "INT", "TERM", "HUP", "URG", "CONT"};
    bool known = !s;
    bool others = fit_given(f, "time.remaining.kind") && !fit_given(f, "time.remaining.value");
    if (p->time.remaining.kind != SITE_REMAINING_WALLTIME && (!value || others))
        fit_error(f, "time.remaining.kind", 0, "'value' must name the %s",
            p->time.remaining.kind == SITE_REMAINING_ENV ? "variable" : "command");
    else if (p->time.remaining.kind == SITE_REMAINING_ENV && !is_variable(value))
        fit_error(f, "time.remaining.value", 0, "'%s' is no name of a variable", value);
    for (size_t i = 0; i < sizeof signals / sizeof *signals && !known; i++)
        known = strcmp(s, signals[i]) == 0;
    bool before = fit_given(f, "time.warn_before_s") && p->time.warn_before_s;
    if (!s && (before || (fit_given(f, "time.warn_slack_s") && p->time.warn_slack_s)))
        diag_help(fit_error(f, before ? "time.warn_before_s" : "time.warn_slack_s", 0,
                      "no signal warns jobs, so that none comes at any time"),
            "leave it out, or write null to take back what is inherited");
    if (!known) {
        struct diag *m = fit_error(f, "time.warn_signal", 0, "'%s' cannot warn a job", s);
        if (strncmp(s, "SIG", 3) == 0)
            diag_help(m, "write %s, without SIG", s + 3);
        else
            diag_help(m, "use USR1 or USR2");
    }
    if (s && abilities[p->scheduler.kind].warning && !p->time.warn_before_s)
        diag_help(fit_error(f, "time.warn_before_s", 0, "a warning 0 s before the end is none"),
            "write the seconds, or 'warn_signal: null'");
}

/* --- names and options --- */

/* Cobalt splits every directive at blanks, and knows no quotes. */
static void
check_blanks(const struct fit *f, const char *path, const struct site_texts *t)
{
    for (size_t i = 0; i < t->n; i++)
        if (strpbrk(t->v[i], " \t"))
            fit_error(f, path, i,
                "cobalt would take '%s' for several words, and ignore all that follows", t->v[i]);
}

static void
check_cobalt(const struct fit *f)
{
    const struct site_profile *p = f->p;
    check_blanks(f, "scheduler.directives[#]", &p->scheduler.directives);
    if (strpbrk(p->scheduler.output_template, " \t"))
        fit_error(f, "scheduler.output_template", 0, "cobalt takes no blanks in names of files");
    for (size_t i = 0; i < p->queues.n; i++) {
        char path[64];
        snprintf(path, sizeof path, "queues[%zu].extra[#]", i);
        check_blanks(f, path, &p->queues.v[i].extra);
    }
    for (size_t i = 0; i < p->attrs.n; i++)
        if (strpbrk(p->attrs.v[i].value, ":= \t") || strpbrk(p->attrs.v[i].name, ":= \t"))
            fit_error(f, "attrs", 0, "cobalt takes no ':', '=' or blank in the attribute %s: %s",
                p->attrs.v[i].name, p->attrs.v[i].value);
    for (size_t i = 0; i < p->filesystems.n; i++)
        if (p->filesystems.v[i].token && strpbrk(p->filesystems.v[i].token, ":=,"))
            fit_error(f, "filesystems[#].token", i, "cobalt takes no ':', '=' or ',' in it");
}

/* The same as a warning by time.warn_signal. */
static void
check_flux(const struct fit *f, const char *path, const struct site_texts *t)
{
    for (size_t i = 0; i < t->n; i++)
        if (strncmp(t->v[i], "--signal", 8) == 0)
            diag_help(fit_error(f, path, i,
                          "--signal of flux ends all shims of a job but one when it comes"),
                "take it out: the shim has a clock of its own");
}

static void
check_pbs(const struct fit *f)
{
    for (size_t i = 0; i < f->p->attrs.n; i++)
        if (strpbrk(f->p->attrs.v[i].value, ":+=, \t\"'\\") ||
            strpbrk(f->p->attrs.v[i].name, ":+=, \t\"'\\"))
            fit_error(f, "attrs", 0,
                "pbs takes no ':', '+', '=', ',', quote or blank in the resource %s: %s",
                f->p->attrs.v[i].name, f->p->attrs.v[i].value);
    for (size_t i = 0; i < f->p->queues.n; i++)
        if (strlen(f->p->queues.v[i].name) > 15)
            fit_error(f, "queues[#].name", i, "names of queues of pbs have 15 characters at most");
}

/* Is `option` this word, as in --mem, --mem=0 or "--mem 0"; or, where options are read by
 * getopt_long, -N4? */
static bool
is_option(const struct fit *f, const char *text, const char *option)
{
    size_t n = strlen(option);
    int kind = f->p->scheduler.kind;
    bool joined = (kind == SITE_SLURM || kind == SITE_FLUX) && n == 2 && option[1] != '-';
    return strncmp(text, option, n) == 0 &&
           (joined || !text[n] || text[n] == '=' || text[n] == ' ');
}

static void
check_forbidden(const struct fit *f, const char *path, const struct site_texts *t)
{
    const struct site_texts *no = &f->p->scheduler.forbid;
    for (size_t i = 0; i < t->n; i++)
        for (size_t j = 0; j < no->n; j++)
            if (is_option(f, t->v[i], no->v[j]))
                diag_help(fit_error(f, path, i, "the site forbids %s", no->v[j]),
                    "take it out here, or in scheduler.forbid");
}

/* What becomes a word of a script, or a part of one. */
static void
check_words(const struct fit *f)
{
    const struct site_profile *p = f->p;
    for (size_t i = 0; i < p->scheduler.forbid.n; i++)
        if (p->scheduler.forbid.v[i][0] != '-')
            diag_help(fit_error(f, "scheduler.forbid[#]", i, "'%s' is no option",
                          p->scheduler.forbid.v[i]),
                "write it with its dashes, such as --mem or -N");
    for (size_t i = 0; i < p->constraints.n && p->scheduler.kind == SITE_SLURM; i++)
        if (strpbrk(p->constraints.v[i], " \t"))
            diag_help(fit_error(f, "constraints[#]", i, "slurm takes no blanks in '%s'",
                          p->constraints.v[i]),
                "write each feature as an item of its own, or join them by '&', '|' or ','");
    for (size_t i = 0; i < p->queues.n; i++)
        if (p->queues.v[i].name[0] == '-' || strpbrk(p->queues.v[i].name, " \t"))
            diag_help(fit_error(f, "queues[#].name", i, "'%s' is no name of a queue",
                          p->queues.v[i].name),
                "it is one word, as the scheduler knows it; write each queue as an item of its "
                "own");
    for (size_t i = 0; i < p->filesystems.n; i++)
        if (p->filesystems.v[i].token && strpbrk(p->filesystems.v[i].token, " \t"))
            diag_help(fit_error(f, "filesystems[#].token", i, "there is a blank in '%s'",
                          p->filesystems.v[i].token),
                "a token is one word; write each file system as an item of its own");
    for (size_t i = 0; i < p->shell.unset.n; i++)
        if (!is_variable(p->shell.unset.v[i]))
            diag_help(fit_error(f, "shell.unset[#]", i, "'%s' is no name of a variable",
                          p->shell.unset.v[i]),
                "letters, digits and '_', with no digit first; write each variable as an item of "
                "its own");
}

void
fit_scheduler(const struct fit *f)
{
    const struct site_profile *p = f->p;
    check_words(f);
    check_abilities(f);
    check_commands(f);
    check_launch(f);
    check_time(f);
    if (p->scheduler.kind == SITE_COBALT)
        check_cobalt(f);
    if (p->scheduler.kind == SITE_PBS)
        check_pbs(f);
    check_forbidden(f, "scheduler.directives[#]", &p->scheduler.directives);
    check_forbidden(f, "launch.argv[#]", &p->launch.argv);
    if (p->scheduler.kind == SITE_FLUX)
        check_flux(f, "scheduler.directives[#]", &p->scheduler.directives);
    for (size_t i = 0; i < p->queues.n; i++) {
        char path[64];
        snprintf(path, sizeof path, "queues[%zu].extra[#]", i);
        check_forbidden(f, path, &p->queues.v[i].extra);
        if (p->scheduler.kind == SITE_FLUX)
            check_flux(f, path, &p->queues.v[i].extra);
    }
}
