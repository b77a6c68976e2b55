/* What may stand at the cursor, for the scripts in completions/: a line for each, with a tab and
 * a description behind it. Lines that begin with a colon ask the shell for names of its own:
 * :wfl campaigns and folders, :files any files, :dirs folders. */
#include "config.h"

#include "cli/commands.h"
#include "cli/manual.h"

#include "diag/diag.h"
#include "diag/checks.h"
#include "parser/parse.h"
#include "site/profile.h"
#include "util/buf.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct request {
    const char *typed;    /* the beginning of the word at the cursor */
    const char *before;   /* "--color=" or "-W" when a value is typed behind it */
    const char *campaign; /* the file that is named; or NULL */
};

static void
offer(const struct request *r, const char *no, const char *word, const char *text)
{
    size_t n = strlen(r->typed), nno = strlen(no);
    if (strncmp(r->typed, no, n < nno ? n : nno) == 0 &&
        (n <= nno || strncmp(r->typed + nno, word, n - nno) == 0))
        printf("%s%s%s\t%s\n", r->before, no, word, text);
}

static void
offer_checks(const struct request *r, bool errors)
{
    size_t n;
    const struct check *c = checks_all(&n);
    for (size_t i = 0; i < n; i++)
        if (c[i].finds != FINDS_ERROR) {
            offer(r, "", c[i].name, c[i].meaning);
            if (!errors)
                offer(r, "no-", c[i].name, "do not warn of it");
        }
    offer(r, "", "all", "every check that warns");
    if (!errors)
        offer(r, "no-", "all", "no warnings");
}

/* What the campaign on the command line declares, and its files use not. */
static void
offer_declared(const struct request *r, enum ast_kind kind, const char *behind, const char *text)
{
    struct diags *d = diag_new();
    struct ast_tree *tree = ast_tree_new();
    uint32_t source;
    struct stat st; /* nothing that waits for somebody to write */
    bool file = r->campaign && stat(r->campaign, &st) == 0 && S_ISREG(st.st_mode);
    const struct ast *root =
        file && diag_source_file(d, r->campaign, &source) == 0 ? wfl_parse(tree, d, source) : NULL;
    for (const struct ast *a = root ? ast_find(root->child, kind) : NULL; a;
         a = ast_find(a->next, kind)) {
        struct buf word = {0};
        buf_printf(&word, "%s%s", a->text ? a->text : "", behind);
        if (a->text)
            offer(r, "", word.p, text);
        buf_free(&word);
    }
    ast_tree_free(tree);
    diag_free(d);
}

static void
offer_profiles(const struct request *r)
{
    struct site_texts dirs = site_dirs(NULL), files = site_files(&dirs);
    for (size_t i = 0; i < files.n; i++) {
        const char *slash = strrchr(files.v[i], '/'), *dot = strrchr(files.v[i], '.');
        /* others in the working folder are no profiles, perhaps */
        char *name = slash ? xstrdup(slash + 1) : NULL;
        if (name && dot > slash)
            name[dot - slash - 1] = 0;
        if (name)
            offer(r, "", name, "a profile");
        free(name);
    }
    site_dirs_free(&files);
    site_dirs_free(&dirs);
}

static void
offer_value(const struct request *r, enum option_bit i)
{
    const char *arg = option_info(i)->arg;
    if (i == OPTION_SITE || i == OPTION_COMPARE) {
        offer_declared(r, AST_SITE, "", "a site of the campaign");
        offer(r, "", "local", "this machine");
    } else if (i == OPTION_FAMILY)
        offer_declared(r, AST_TASK, "", "a task of the campaign");
    else if (i == OPTION_DEFINE)
        offer_declared(r, AST_PARAM, "=", "a parameter of the campaign");
    else if (i == OPTION_WARN || i == OPTION_ERROR)
        offer_checks(r, i == OPTION_ERROR);
    else if (i == OPTION_COLOR)
        for (int k = 0; k < NCOLOUR_WHENS; k++)
            offer(r, "", colour_whens[k], "");
    else if (strcmp(arg, "DIR") == 0)
        puts(":dirs");
    else if (strcmp(arg, "FILE") == 0 || strcmp(arg, "PATH") == 0)
        puts(":files");
}

static void
offer_options(const struct request *r, const struct command *c)
{
    for (int i = 0; i < OPTION_COUNT; i++) {
        const struct option_info *o = option_info((enum option_bit)i);
        const char letter[] = {o->letter, 0}, *text = option_text((enum option_bit)i, c);
        if (!text)
            continue;
        offer(r, "--", o->name, text);
        if (o->letter && strlen(r->typed) < 2)
            offer(r, "-", letter, text);
    }
}

static void
offer_words(const struct request *r)
{
    size_t n;
    const struct check *c = checks_all(&n);
    for (size_t i = 0; i < manual_nkeys; i++)
        if (!i || strcmp(manual_key[i].word, manual_key[i - 1].word) != 0)
            offer(r, "", manual_key[i].word, manual_entry[manual_key[i].entry].section);
    for (size_t i = 0; i < n; i++) {
        size_t k = 0;
        while (k < manual_nkeys && strcmp(manual_key[k].word, c[i].name) != 0)
            k++;
        if (k == manual_nkeys)
            offer(r, "", c[i].name, c[i].meaning);
    }
}

static void
offer_commands(const struct request *r)
{
    size_t n;
    const struct command *const *c = commands_all(&n);
    for (size_t i = 0; i < n; i++)
        if (!c[i]->hidden)
            offer(r, "", c[i]->name, c[i]->summary);
}

/* The option with an argument that the first n bytes of a word are, "--name" or "-n"; or -1. */
static int
option_with_argument(const char *word, size_t n)
{
    for (int i = 0; i < OPTION_COUNT; i++) {
        const struct option_info *o = option_info((enum option_bit)i);
        if (!o->arg || n < 2 || word[0] != '-')
            continue;
        if (word[1] == '-' ? n == strlen(o->name) + 2 && strncmp(word + 2, o->name, n - 2) == 0
                           : n == 2 && word[1] == o->letter)
            return i;
    }
    return -1;
}

/* How much of "--name=..." or "-n..." is the option and what parts it from its value. */
static size_t
option_length(const char *word)
{
    if (strncmp(word, "--", 2) != 0)
        return word[0] == '-' && word[1] && word[2] ? 2 : 0;
    return word[strcspn(word, "=")] ? strcspn(word, "=") + 1 : 0;
}

/* The command among the words before the cursor; *nargs is set to the number of its arguments,
 * *first to the first of them or NULL. */
static const struct command *
command_among(const struct options *o, int last, int *nargs, const char **first)
{
    const struct command *command = NULL;
    size_t n;
    const struct command *const *c = commands_all(&n);
    *nargs = 0;
    *first = NULL;
    for (int i = 0; i < last; i++) {
        const char *word = o->arg[i];
        if (word[0] == '-' && word[1]) {
            i += option_with_argument(word, strlen(word)) >= 0;
        } else if (command) {
            *first = *nargs ? *first : word;
            ++*nargs;
        } else {
            for (size_t k = 0; k < n; k++)
                if (strcmp(c[k]->name, word) == 0)
                    command = c[k];
            if (!command)
                return NULL;
        }
    }
    return command;
}

static void
offer_orders(const struct request *r)
{
    offer(r, "", "pause", "start nothing more for now");
    offer(r, "", "resume", "go on");
    offer(r, "", "drain", "end a job, or the work on a host, with the tasks that run");
    offer(r, "", "exclude", "no tasks on a host any more");
    offer(r, "", "include", "a host takes tasks again");
    offer(r, "", "release", "a gate lets tasks start that it held back");
    offer(r, "", "cancel", "stop tasks, and do not try them again");
    puts(":wfl");
}

static void
offer_argument(const struct request *r, const struct command *c, const char *first)
{
    if (c == &command_help)
        offer_commands(r);
    else if (c == &command_explain)
        offer_words(r);
    else if (c == &command_sites && !first) {
        offer(r, "", "show", "print a profile, with all that is default");
        offer(r, "", "check", "check profiles");
    } else if (c == &command_sites && strcmp(first, "show") == 0)
        offer_profiles(r);
    else if (c == &command_sites)
        puts(":files");
    else if (c == &command_control && !first)
        offer_orders(r);
    else if (strstr(c->args, "FILE"))
        puts(":wfl");
}

static int
run(const struct options *o)
{
    int last = o->nargs - 1, nargs;
    const char *first;
    const struct command *c = command_among(o, last, &nargs, &first);
    struct request r = {o->arg[last], "", first};
    const char *previous = last > 0 ? o->arg[last - 1] : "";
    int option = option_with_argument(previous, strlen(previous));
    char before[64];
    size_t n = option_length(r.typed);
    if (option >= 0) {
        offer_value(&r, (enum option_bit)option);
    } else if (n && n < sizeof before) {
        option = option_with_argument(r.typed, r.typed[1] == '-' ? n - 1 : n);
        snprintf(before, sizeof before, "%.*s", (int)n, r.typed);
        r = (struct request){r.typed + n, before, first};
        if (option >= 0)
            offer_value(&r, (enum option_bit)option);
    } else if (r.typed[0] == '-') {
        offer_options(&r, c ? c : &command_help);
    } else if (!c) {
        if (last == 0)
            offer_commands(&r);
    } else if (nargs < c->most) {
        offer_argument(&r, c, first);
    }
    return EXIT_OK;
}

const struct command command_complete = {
    .name = "complete",
    .args = "-- [WORD]... BEGINNING",
    .summary = "list what may follow on a command line, for the completions of shells",
    .text = "The words are those behind wflc, the last one is the one at the cursor.\n",
    .hidden = true,
    .least = 1,
    .most = 1000,
    .run = run,
};
