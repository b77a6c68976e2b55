#include "config.h"

#include "command/options.h"

#include "command/command.h"
#include "diag/diag.h"
#include "model/units.h"
#include "util/buf.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FIRST_LONG = 256 }; /* getopt_long's value of option i is FIRST_LONG + i */

static const struct option_info table[] = {
#define X(id, name, letter, arg, text) {name, letter, arg, text},
    OPTIONS(X)
#undef X
};

_Static_assert(OPTION_COUNT <= 64, "the bits of options have room in `given`");

const struct option_info *
option_info(enum option_bit i)
{
    return &table[i];
}

/* What the command itself says of it; or NULL. */
static const struct command_option *
find_in(const struct command *c, enum option_bit i)
{
    for (size_t k = 0; k < c->noptions; k++)
        if (c->options[k].option == i)
            return &c->options[k];
    return NULL;
}

const char *
option_text(enum option_bit i, const struct command *c)
{
    bool all_take = i == OPTION_COLOR || i == OPTION_HELP || i == OPTION_VERSION;
    const struct command_option *own = find_in(c, i);
    if (!own && !all_take)
        return NULL;
    return own && own->text ? own->text : table[i].text;
}

static int
by_letter(int c)
{
    for (int i = 0; i < OPTION_COUNT; i++)
        if (table[i].letter && table[i].letter == c)
            return i;
    return -1;
}

/* --- one option's value --- */

static bool
whole_number(const char *name, const char *s, long least, long *n)
{
    char *end;
    errno = 0;
    *n = strtol(s, &end, 10);
    if (end != s && !*end && !errno && *n >= least && *n <= 1000000)
        return true;
    say("--%s takes a whole number of %ld or more, not '%s'", name, least, s);
    return false;
}

static bool
define(struct options *o, const char *s)
{
    size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789");
    if (n == 0 || s[n] != '=') {
        say("-D takes NAME=VALUE, e.g. -D scratch=/tmp/scratch, not '%s'", s);
        return false;
    }
    o->define = xrealloc(o->define, (o->ndefine + 1) * sizeof *o->define);
    o->define[o->ndefine++] = s;
    return true;
}

static bool
check_level(struct options *o, const char *s, bool errors)
{
    struct buf why = {0};
    struct check_setting setting;
    bool good = check_setting_parse(s, errors, &setting, &why);
    if (good) {
        o->setting = xrealloc(o->setting, (o->nsettings + 1) * sizeof *o->setting);
        o->setting[o->nsettings++] = setting;
    } else {
        say("-%c: %s", errors ? 'E' : 'W', why.p);
    }
    buf_free(&why);
    return good;
}

/* `small`, `large`: what is said of one that is less than `least`, or more than `most`. */
static bool
quantity(const char *name, const char *s, enum dimension want, double least, double most,
    const char *small, const char *large, double *to)
{
    struct buf why = {0};
    if (quantity_parse(s, want, to, &why) && !(*to >= least && *to <= most))
        buf_printf(&why, "'%s' is %s", s, *to > most ? large : small);
    if (why.n)
        say("--%s: %s", name, why.p);
    bool good = !why.n;
    buf_free(&why);
    return good;
}

const char *const colour_whens[] = {"auto", "always", "never"};

static bool
colour(struct options *o, const char *s)
{
    const char *no_colour = getenv("NO_COLOR"); /* https://no-color.org: set and not empty */
    const char *term = getenv("TERM");
    if (strcmp(s, "always") == 0) {
        o->colour = true;
    } else if (strcmp(s, "never") == 0) {
        o->colour = false;
    } else if (strcmp(s, "auto") == 0) {
        o->colour = isatty(STDERR_FILENO) && !(no_colour && *no_colour) &&
                    !(term && strcmp(term, "dumb") == 0);
    } else {
        const char *near = diag_nearest(s, colour_whens, NCOLOUR_WHENS);
        say("--color is auto, always or never, not '%s'%s%s%s", s, near ? "; did you mean '" : "",
            near ? near : "", near ? "'?" : "");
        return false;
    }
    return true;
}

/* Members of struct options that say no more than that an option is there, or with which word. */
#define MEMBER(id, member) [OPTION_##id] = offsetof(struct options, member)
static const size_t flags[OPTION_COUNT] = {MEMBER(NO_CONTAINERS, no_containers),
    MEMBER(WATCH, watch), MEMBER(CHAIN, chain), MEMBER(AGAIN, again), MEMBER(DRY_RUN, dry_run),
    MEMBER(ALL, all), MEMBER(CHECK, check), MEMBER(DIFF, diff), MEMBER(JSON, json),
    MEMBER(CSV, csv), MEMBER(LAST, last), MEMBER(NODES, nodes), MEMBER(EXIT_CODE, exit_code),
    MEMBER(DEEP, deep), MEMBER(ORPHANS, orphans), MEMBER(REPAIR, repair), MEMBER(ADOPT, adopt),
    MEMBER(YES, yes), MEMBER(WAIT, wait), MEMBER(ACCEPT, accept), MEMBER(FOLLOW, follow),
    MEMBER(DUMP_AST, dump_ast), MEMBER(DUMP_MODEL, dump_model), MEMBER(DUMP_PLAN, dump_plan),
    MEMBER(QUIET, quiet)};
static const size_t words[OPTION_COUNT] = {MEMBER(COMPARE, compare), MEMBER(OUTPUT, output),
    MEMBER(VISIT, visit), MEMBER(FAMILY, family), MEMBER(ENDING, ending), MEMBER(DEPFILE, depfile),
    MEMBER(COLUMNS, columns), MEMBER(SORT, sort), MEMBER(TO, to), MEMBER(COUNT_BY, count_by),
    MEMBER(JOB, job), MEMBER(HOST, host), MEMBER(CRATE, crate), MEMBER(LICENSE, license)};

/* Terms stand with blanks between them; within brackets, blanks are a task's own. */
static bool
add_terms(struct options *o, const char *arg)
{
    size_t before = o->nonly;
    for (const char *p = arg; *p;) {
        int depth = 0;
        size_t n = strspn(p, " ");
        p += n;
        for (n = 0; p[n] && (depth > 0 || p[n] != ' '); n++)
            depth += (p[n] == '[') - (p[n] == ']');
        if (!n)
            break;
        o->only = xrealloc(o->only, (o->nonly + 1) * sizeof *o->only);
        o->only[o->nonly++] = xstrndup(p, n);
        p += n;
    }
    if (o->nonly == before)
        say("--only takes terms that say which tasks, as 'wflc tasks' does: family=draw, or the "
            "like");
    return o->nonly > before;
}

static bool
take(struct options *o, int i, const char *arg)
{
    o->given |= UINT64_C(1) << i;
    if (flags[i])
        *(bool *)((char *)o + flags[i]) = true;
    if (words[i])
        *(const char **)((char *)o + words[i]) = arg;
    switch ((enum option_bit)i) {
    case OPTION_DEFINE:
        return define(o, arg);
    case OPTION_INCLUDE:
        o->include = xrealloc(o->include, (o->ninclude + 1) * sizeof *o->include);
        o->include[o->ninclude++] = arg;
        return true;
    case OPTION_SITE:
        o->site = arg;
        o->sites = xrealloc(o->sites, (o->nsites + 1) * sizeof *o->sites);
        o->sites[o->nsites++] = arg;
        return true;
    case OPTION_ONLY:
        return add_terms(o, arg);
    case OPTION_OUTPUT:
        if (!*arg)
            say("--output takes a name");
        return *arg != 0;
    case OPTION_DEPFILE:
        if (!*arg)
            say("--depfile takes the name of a file");
        return *arg != 0;
    case OPTION_MARGIN:
        return quantity("margin", arg, DIM_ANGLE, 0, 0.1, "not within 0 and 5 deg",
            "not within 0 and 5 deg", &o->margin);
    case OPTION_CORES:
        return whole_number("cores", arg, 1, &o->cores);
    case OPTION_MEMORY:
        return quantity("memory", arg, DIM_BYTES, 1e6, HUGE_VAL, "less than 1 MB", "", &o->memory);
    case OPTION_GPUS:
        return whole_number("gpus", arg, 0, &o->gpus);
    case OPTION_TIME:
        return quantity("time", arg, DIM_DURATION, 1, 1e9, "less than a second", "too long",
            &o->time);
    case OPTION_KEEP:
        return whole_number("keep", arg, 1, &o->keep);
    case OPTION_JOBS:
        return whole_number("jobs", arg, 1, &o->jobs);
    case OPTION_TRY:
        return whole_number("try", arg, 1, &o->attempt);
    case OPTION_WARN:
    case OPTION_ERROR:
        return check_level(o, arg, i == OPTION_ERROR);
    case OPTION_MAX_ERRORS:
        return whole_number("max-errors", arg, 0, &o->max_errors);
    case OPTION_COLOR:
        return colour(o, arg);
    default:
        return true;
    }
}

/* --- all of them --- */

static void
say_unknown(const char *word)
{
    const char *names[OPTION_COUNT];
    char name[64];
    for (int i = 0; i < OPTION_COUNT; i++)
        names[i] = table[i].name;
    size_t n = strcspn(word + 2, "=");
    snprintf(name, sizeof name, "%.*s", (int)(n < 63 ? n : 63), word + 2);
    const char *near = diag_nearest(name, names, OPTION_COUNT);
    for (int i = 0; i < OPTION_COUNT; i++) /* getopt takes unique beginnings, not these */
        if (n && strncmp(name, names[i], n) == 0) {
            say("option '--%s' can mean several; give its whole name, e.g. --%s", name, names[i]);
            return;
        }
    if (near)
        say("unknown option '--%s'; did you mean '--%s'?", name, near);
    else
        say("unknown option '--%s'; 'wflc help' lists the options", name);
}

bool
options_read(int argc, char **argv, struct options *o)
{
    struct option longs[OPTION_COUNT + 1] = {{0}};
    char letters[2 * OPTION_COUNT + 2] = ":", *l = letters + 1;
    for (int i = 0; i < OPTION_COUNT; i++) {
        longs[i] = (struct option){table[i].name, table[i].arg ? required_argument : no_argument,
            NULL, FIRST_LONG + i};
        if (table[i].letter)
            *l++ = table[i].letter;
        if (table[i].letter && table[i].arg)
            *l++ = ':';
    }
    *l = 0;
    *o = (struct options){.output = "build", .max_errors = 20};
    if (!colour(o, "auto"))
        return false;
    opterr = 0;
    for (int c; (c = getopt_long(argc, argv, letters, longs, NULL)) != -1;) {
        int i = c >= FIRST_LONG ? c - FIRST_LONG : by_letter(c);
        if (c == ':') {
            i = optopt >= FIRST_LONG ? optopt - FIRST_LONG : by_letter(optopt);
            say("--%s takes an argument: --%s=%s", table[i].name, table[i].name, table[i].arg);
            return false;
        }
        if (c == '?' && optopt >= FIRST_LONG) {
            say("--%s takes no argument", table[optopt - FIRST_LONG].name);
            return false;
        }
        if (c == '?' && optopt) {
            say("unknown option '-%c'; 'wflc help' lists the options", optopt);
            return false;
        }
        if (c == '?') {
            say_unknown(argv[optind - 1]);
            return false;
        }
        if (!take(o, i, optarg))
            return false;
    }
    o->arg = argv + optind;
    o->nargs = argc - optind;
    return true;
}

void
options_free(struct options *o)
{
    free(o->define);
    free(o->include);
    free(o->sites);
    for (size_t i = 0; i < o->nonly; i++)
        free((char *)o->only[i]);
    free(o->only);
    free(o->setting);
}

const char *
options_misplaced(const struct options *o, const struct command *c)
{
    for (int i = 0; i < OPTION_COUNT; i++)
        if (option_given(o, (enum option_bit)i) && !option_text((enum option_bit)i, c))
            return table[i].name;
    return NULL;
}
