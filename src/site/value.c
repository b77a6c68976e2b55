#include "config.h"

#include "site/value.h"

#include "site/rules.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define GIB 1073741824.0
#define MOST_GIB 65536.0       /* of a node; larger numbers are in another unit */
#define MOST_NUMBER 2000000000 /* of nodes, cores, seconds: it fits into 32 bits everywhere */

bool
site_node_is_null(const struct site_node *n)
{
    return n->kind == NODE_SCALAR && n->plain && site_plain_type(n->text) == PLAIN_NULL;
}

bool
site_takes_back(const struct value_reader *r, const char *path, const struct site_node *n)
{
    const struct site_key *k = site_key_path(path);
    bool file = strcmp(path, "schema") == 0 || strcmp(path, "name") == 0;
    const char *dot = strrchr(path, '.');
    size_t parent = dot ? (size_t)(dot - path) : 0;
    if (!r->heir || file || strchr(path, '[') || n->kind != NODE_SCALAR || !site_node_is_null(n))
        return false;
    if (k)
        return !(k->flags & NULLABLE);
    for (size_t i = 0; i < site_nkeys; i++) /* one of the names and values of `attrs` */
        if (site_key(i)->type == KEY_PAIRS && strlen(site_key(i)->path) == parent &&
            strncmp(site_key(i)->path, path, parent) == 0)
            return true;
    return false;
}

static enum plain_type
type_of(const struct site_node *n)
{
    return n->plain ? site_plain_type(n->text) : PLAIN_TEXT;
}

/* --- messages --- */

static struct diag *error(struct value_reader *r, const char *rule, const struct site_node *n,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

static struct diag *
error(struct value_reader *r, const char *rule, const struct site_node *n, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    struct diag *m = diag_vadd(r->d, DIAG_ERROR, rule, n->at, fmt, ap);
    va_end(ap);
    return m;
}

static bool
is_placeholder(const struct site_node *n)
{
    return n->kind == NODE_MAP && n->n == 1 && n->child[0].value->kind == NODE_SCALAR &&
           n->child[0].value->plain && !*n->child[0].value->text;
}

struct diag *
site_value_wrong(struct value_reader *r, const struct site_key *k, const struct site_node *n)
{
    struct buf wants = {0};
    struct diag *m;
    bool list = k->type == KEY_LIST || k->type == KEY_TEXTS || k->type == KEY_NUMBERS ||
                k->type == KEY_WORDS;
    site_key_wants(k, &wants);
    if (n->kind == NODE_LIST) {
        m = error(r, RULE_TYPE, n, "'%s' takes %s, not a list", k->name, wants.p);
    } else if (n->kind == NODE_MAP) {
        m = error(r, RULE_TYPE, n, "'%s' takes %s, not a map", k->name, wants.p);
        if (is_placeholder(n))
            diag_help(m, "braces begin a map; write \"{%s}\" in quotes", n->child[0].key);
    } else if (type_of(n) == PLAIN_EMPTY) {
        m = error(r, RULE_TYPE, n, "'%s' has no value; it takes %s", k->name, wants.p);
        diag_help(m, "leave the key out to have the default");
    } else if (site_node_is_null(n)) {
        m = error(r, RULE_TYPE, n, "'%s' takes %s, not null", k->name, wants.p);
        diag_help(m, "leave the key out to have the default");
    } else {
        m = error(r, RULE_TYPE, n, "'%s' takes %s, not '%s'", k->name, wants.p, n->text);
        if (list && k->type != KEY_LIST)
            diag_help(m, "write [%s]", n->text);
    }
    buf_free(&wants);
    return m;
}

/* --- texts --- */

static const char *const meanings[] = {
    [PLAIN_NULL] = "null",
    [PLAIN_BOOL] = "a boolean",
    [PLAIN_INTEGER] = "a number",
    [PLAIN_ODD_INTEGER] = "a number",
    [PLAIN_SEXAGESIMAL] = "a number to the base of 60",
    [PLAIN_REAL] = "a number",
    [PLAIN_ODD_REAL] = "a number",
    [PLAIN_DATE] = "a date",
};

/* A text of one line. */
static bool
text(struct value_reader *r, const struct site_key *k, const struct site_node *n, char **to)
{
    enum plain_type t = n->kind == NODE_SCALAR ? type_of(n) : PLAIN_EMPTY;
    if (t == PLAIN_NULL && (k->flags & NULLABLE) && k->type != KEY_TEXTS) {
        *to = NULL;
        return true;
    }
    if (n->kind != NODE_SCALAR || t == PLAIN_EMPTY || (t == PLAIN_NULL && n->text[0] != '~')) {
        site_value_wrong(r, k, n);
        return false;
    }
    if (t != PLAIN_TEXT) {
        struct diag *m =
            error(r, RULE_QUOTES, n, "YAML takes '%s' without quotes for %s", n->text, meanings[t]);
        diag_help(m, "write \"%s\"", n->text);
        return false;
    }
    if (!*n->text) {
        struct diag *m = error(r, RULE_VALUE, n, "an empty text in '%s'", k->name);
        diag_help(m, k->flags & NULLABLE ? "write null, or leave the key out" : "leave it out");
        return false;
    }
    for (const char *p = n->text; *p; p++)
        if ((unsigned char)*p < ' ' || *p == 127) {
            struct diag *m =
                error(r, RULE_VALUE, n, "'%s' holds a control character or a second line", k->name);
            diag_help(m, "write one line; of a list, one line for each item");
            return false;
        }
    *to = arena_text(r->a, n->text, strlen(n->text));
    return true;
}

static bool
name(struct value_reader *r, const struct site_key *k, const struct site_node *n, char **to)
{
    if (!text(r, k, n, to))
        return false;
    const char *s = *to ? *to : "x";
    if (strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(s) && *s != '-')
        return true;
    struct diag *m = error(r, RULE_VALUE, n, "'%s' is no name of a site", s);
    diag_help(m, "names have small letters, digits and dashes, and begin with no dash");
    return false;
}

static bool
date(struct value_reader *r, const struct site_key *k, const struct site_node *n, char **to)
{
    static const int days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (!text(r, k, n, to))
        return false;
    const char *s = *to;
    if (!s)
        return true;
    bool form = strlen(s) == 10;
    for (int i = 0; form && i < 10; i++)
        form = i == 4 || i == 7 ? s[i] == '-' : isdigit((unsigned char)s[i]);
    int year = form ? atoi(s) : 0, month = form ? atoi(s + 5) : 0, day = form ? atoi(s + 8) : 0;
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    if (form && month >= 1 && month <= 12 && day >= 1 &&
        day <= days[month - 1] - (month == 2 && !leap))
        return true;
    struct diag *m = error(r, RULE_VALUE, n, "'%s' is no date", s);
    diag_help(m, "dates are written \"YYYY-MM-DD\", in quotes");
    return false;
}

/* --- words --- */

static bool
word(struct value_reader *r, const struct site_key *k, const struct site_node *n, int *to)
{
    if (site_node_is_null(n) && (k->flags & NULLABLE)) {
        *to = 0;
        return true;
    }
    if (n->kind != NODE_SCALAR || type_of(n) == PLAIN_EMPTY || site_node_is_null(n)) {
        site_value_wrong(r, k, n);
        return false;
    }
    for (size_t i = 0; i < k->nwords; i++)
        if (strcmp(n->text, k->word[i]) == 0) {
            *to = (int)i;
            return true;
        }
    struct buf list = {0};
    for (size_t i = 0; i < k->nwords; i++)
        buf_printf(&list, "%s%s", i ? ", " : "", k->word[i]);
    struct diag *m = error(r, RULE_VALUE, n, "'%s' cannot be '%s'", k->name, n->text);
    const char *near = diag_nearest(n->text, k->word, k->nwords);
    if (near)
        diag_help(m, "did you mean '%s'?", near);
    else
        diag_help(m, "it is one of %s", list.p);
    buf_free(&list);
    return false;
}

static bool
words(struct value_reader *r, const struct site_key *k, const struct site_node *n, unsigned *to)
{
    bool good = true;
    *to = 0;
    if (n->kind != NODE_LIST) {
        site_value_wrong(r, k, n);
        return false;
    }
    for (size_t i = 0; i < n->n; i++) {
        int w = 0;
        if (n->child[i].value->kind == NODE_BAD)
            good = false;
        else if (word(r, k, n->child[i].value, &w))
            *to |= 1u << w;
        else
            good = false;
    }
    return good;
}

static bool
boolean(struct value_reader *r, const struct site_key *k, const struct site_node *n, bool *to)
{
    bool scalar = n->kind == NODE_SCALAR;
    *to = scalar && strcasecmp(n->text, "true") == 0;
    if (scalar && n->plain && (strcmp(n->text, "true") == 0 || strcmp(n->text, "false") == 0))
        return true;
    if (scalar && type_of(n) == PLAIN_BOOL) {
        bool yes = *to || strchr("yY", *n->text) || strcasecmp(n->text, "on") == 0;
        struct diag *m = error(r, RULE_QUOTES, n,
            "'%s' is a boolean to some readers of YAML and a text to others", n->text);
        diag_help(m, "write %s", yes ? "true" : "false");
    } else if (scalar && !n->plain &&
               (strcasecmp(n->text, "true") == 0 || strcasecmp(n->text, "false") == 0)) {
        struct diag *m = error(r, RULE_QUOTES, n, "\"%s\" in quotes is a text", n->text);
        diag_help(m, "write %s without quotes", *to ? "true" : "false");
    } else {
        site_value_wrong(r, k, n);
    }
    return false;
}

/* --- numbers --- */

/* H:MM:SS with any number of hours; -1: it is none. */
static int64_t
hms(const char *s)
{
    size_t h = strspn(s, "0123456789");
    if (h < 1 || h > 5 || s[h] != ':' || strlen(s + h) != 6 || s[h + 3] != ':')
        return -1;
    const char *p = s + h;
    if (!isdigit((unsigned char)p[1]) || !isdigit((unsigned char)p[2]) ||
        !isdigit((unsigned char)p[4]) || !isdigit((unsigned char)p[5]) || p[1] > '5' || p[4] > '5')
        return -1;
    return atoll(s) * 3600 + atoi(p + 1) * 60 + atoi(p + 4);
}

void
site_walltime_text(int64_t seconds, struct buf *out)
{
    buf_printf(out, "%02lld:%02d:%02d", (long long)(seconds / 3600), (int)(seconds / 60 % 60),
        (int)(seconds % 60));
}

static void
odd_number(struct value_reader *r, const struct site_key *k, const struct site_node *n,
    enum plain_type t)
{
    struct diag *m;
    long long value = site_plain_integer(n->text);
    if (t == PLAIN_SEXAGESIMAL) {
        m = error(r, RULE_QUOTES, n, "YAML takes '%s' without quotes for the number %lld", n->text,
            value);
    } else {
        m = error(r, RULE_QUOTES, n, "'%s' is %lld to some readers of YAML and not to others",
            n->text, value);
    }
    diag_help(m,
        k->type == KEY_SECONDS ? "write seconds in plain digits: %lld"
                               : "write a number in plain digits: %lld",
        value);
}

static bool
number(struct value_reader *r, const struct site_key *k, const struct site_node *n, int64_t least,
    int64_t *to)
{
    struct diag *m;
    if (site_node_is_null(n) && (k->flags & NULLABLE)) {
        *to = SITE_NONE;
        return true;
    }
    if (n->kind != NODE_SCALAR) {
        site_value_wrong(r, k, n);
        return false;
    }
    enum plain_type t = site_plain_type(n->text);
    if (!n->plain && t == PLAIN_INTEGER) {
        m = error(r, RULE_QUOTES, n, "\"%s\" in quotes is a text", n->text);
        diag_help(m, "write the number without quotes");
    } else if (!n->plain && k->type == KEY_SECONDS && hms(n->text) >= 0) {
        m = error(r, RULE_VALUE, n, "'%s' is a number of seconds, not \"%s\"", k->name, n->text);
        diag_help(m, "write %lld", (long long)hms(n->text));
    } else if (n->plain && (t == PLAIN_ODD_INTEGER || t == PLAIN_SEXAGESIMAL)) {
        odd_number(r, k, n, t);
    } else if (!n->plain || t != PLAIN_INTEGER) {
        m = site_value_wrong(r, k, n);
        if (t == PLAIN_TEXT && isdigit((unsigned char)*n->text))
            diag_help(m, "write the digits alone: the key decides on the unit");
    } else if (strlen(n->text) > 18 ? *n->text != '-' : atoll(n->text) > MOST_NUMBER) {
        error(r, RULE_VALUE, n, "%s is out of range: '%s' is %d at most", n->text, k->name,
            MOST_NUMBER);
    } else if (strlen(n->text) > 18 || atoll(n->text) < least) {
        struct buf wants = {0};
        site_key_wants(k, &wants);
        error(r, RULE_VALUE, n, "%s is out of range: '%s' takes %s", n->text, k->name, wants.p);
        buf_free(&wants);
    } else {
        *to = atoll(n->text);
        return true;
    }
    return false;
}

/* "96 GB": the size with another unit, in GiB; negative: it is none. */
static double
with_unit(const char *s)
{
    static const struct {
        const char *unit;
        double gib;
    } units[] = {
        {"GiB", 1},
        {"G", 1},
        {"MiB", 1 / 1024.0},
        {"M", 1 / 1024.0},
        {"TiB", 1024},
        {"T", 1024},
        {"KiB", 1 / 1048576.0},
        {"GB", 1e9 / GIB},
        {"MB", 1e6 / GIB},
        {"TB", 1e12 / GIB},
        {"kB", 1e3 / GIB},
        {"B", 1 / GIB},
    };
    char *end;
    if (!isdigit((unsigned char)*s))
        return -1;
    double x = strtod(s, &end);
    while (*end == ' ')
        end++;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strcasecmp(end, units[i].unit) == 0)
            return x * units[i].gib;
    return -1;
}

static bool
gib(struct value_reader *r, const struct site_key *k, const struct site_node *n, uint64_t *to)
{
    struct diag *m;
    if (site_node_is_null(n) && (k->flags & NULLABLE)) {
        *to = 0;
        return true;
    }
    if (n->kind != NODE_SCALAR) {
        site_value_wrong(r, k, n);
        return false;
    }
    enum plain_type t = site_plain_type(n->text);
    double x = with_unit(n->text);
    if (x >= 0) {
        m = error(r, RULE_VALUE, n, "'%s' is a number of GiB, without a unit", k->name);
        diag_help(m, "'%s' is %.4g GiB: write %.4g", n->text, x, x);
    } else if (!n->plain && (t == PLAIN_INTEGER || t == PLAIN_REAL)) {
        m = error(r, RULE_QUOTES, n, "\"%s\" in quotes is a text", n->text);
        diag_help(m, "write the number without quotes");
    } else if (n->plain && (t == PLAIN_ODD_INTEGER || t == PLAIN_SEXAGESIMAL)) {
        odd_number(r, k, n, t);
    } else if (!n->plain || (t != PLAIN_INTEGER && t != PLAIN_REAL)) {
        site_value_wrong(r, k, n);
    } else if ((x = strtod(n->text, NULL)) > MOST_GIB || x < 0) {
        m = error(r, RULE_VALUE, n, "%s GiB is out of range for a node", n->text);
        if (x > 0)
            diag_help(m, "'%s' is in GiB; %s MiB would be %.4g", k->name, n->text, x / 1024);
    } else {
        *to = (uint64_t)(x * GIB + 0.5);
        return true;
    }
    return false;
}

static bool
walltime(struct value_reader *r, const struct site_key *k, const struct site_node *n, int64_t *to)
{
    struct diag *m;
    if (n->kind != NODE_SCALAR || type_of(n) == PLAIN_EMPTY || site_node_is_null(n)) {
        site_value_wrong(r, k, n);
        return false;
    }
    *to = hms(n->text);
    if (*to > 0 && !n->plain)
        return true;
    unsigned a, b;
    int end = 0;
    if (type_of(n) == PLAIN_SEXAGESIMAL) {
        m = error(r, RULE_QUOTES, n, "YAML takes '%s' without quotes for the number %lld", n->text,
            site_plain_integer(n->text));
    } else {
        m = error(r, RULE_VALUE, n, "'%s' takes a time as \"HH:MM:SS\", not '%s'", k->name,
            n->text);
    }
    if (*to > 0)
        diag_help(m, "write \"%s\"", n->text);
    else if (*to == 0)
        diag_help(m, "no time at all would allow no job");
    else if (sscanf(n->text, "%3u:%2u%n", &a, &b, &end) == 2 && !n->text[end])
        diag_help(m,
            "write \"%02u:%02u:00\" for hours and minutes, \"00:%02u:%02u\" for minutes and "
            "seconds",
            a, b, a, b);
    else
        diag_help(m, "two days would be \"48:00:00\", half an hour \"00:30:00\"");
    return false;
}

static bool
slots(struct value_reader *r, const struct site_key *k, const struct site_node *n, int64_t *to)
{
    bool scalar = n->kind == NODE_SCALAR;
    if (scalar && strcmp(n->text, "cores") == 0)
        *to = SITE_SLOTS_CORES;
    else if (scalar && strcmp(n->text, "threads") == 0)
        *to = SITE_SLOTS_THREADS;
    else
        return number(r, k, n, 1, to);
    return true;
}

/* --- lists --- */

static bool
texts(struct value_reader *r, const struct site_key *k, const struct site_node *n,
    struct site_texts *to)
{
    bool good = true;
    if (n->kind != NODE_LIST) {
        site_value_wrong(r, k, n);
        return false;
    }
    to->n = n->n;
    to->v = arena_alloc(r->a, (n->n + 1) * sizeof *to->v);
    for (size_t i = 0; i < n->n; i++) {
        const struct site_key item = {.name = k->name, .type = KEY_TEXT};
        good &= n->child[i].value->kind != NODE_BAD && text(r, &item, n->child[i].value, &to->v[i]);
    }
    return good;
}

static bool
numbers(struct value_reader *r, const struct site_key *k, const struct site_node *n,
    struct site_numbers *to)
{
    bool good = true;
    if (n->kind != NODE_LIST) {
        site_value_wrong(r, k, n);
        return false;
    }
    to->n = n->n;
    to->v = arena_alloc(r->a, (n->n + 1) * sizeof *to->v);
    for (size_t i = 0; i < n->n; i++) {
        const struct site_key item = {.name = k->name, .type = KEY_NUMBER};
        good &= n->child[i].value->kind != NODE_BAD &&
                number(r, &item, n->child[i].value, 0, &to->v[i]);
    }
    return good;
}

static bool
pairs(struct value_reader *r, const struct site_key *k, const struct site_node *n,
    struct site_pairs *to)
{
    bool good = true;
    if (n->kind != NODE_MAP) {
        site_value_wrong(r, k, n);
        return false;
    }
    to->n = n->n;
    to->v = arena_alloc(r->a, (n->n + 1) * sizeof *to->v);
    for (size_t i = 0; i < n->n; i++) {
        const struct site_key item = {.name = n->child[i].key, .type = KEY_TEXT};
        if (r->heir && n->child[i].value->kind == NODE_SCALAR &&
            site_node_is_null(n->child[i].value))
            continue;
        to->v[i].name = arena_text(r->a, n->child[i].key, strlen(n->child[i].key));
        good &= n->child[i].value->kind != NODE_BAD &&
                text(r, &item, n->child[i].value, &to->v[i].value);
    }
    return good;
}

bool
site_value(struct value_reader *r, const struct site_key *k, const struct site_node *n, void *to)
{
    if (n->kind == NODE_BAD)
        return false;
    switch (k->type) {
    case KEY_TEXT:
        return text(r, k, n, to);
    case KEY_NAME:
        return name(r, k, n, to);
    case KEY_DATE:
        return date(r, k, n, to);
    case KEY_WORD:
        return word(r, k, n, to);
    case KEY_WORDS:
        return words(r, k, n, to);
    case KEY_BOOL:
        return boolean(r, k, n, to);
    case KEY_COUNT:
        return number(r, k, n, 1, to);
    case KEY_NUMBER:
    case KEY_SECONDS:
        return number(r, k, n, 0, to);
    case KEY_WALLTIME:
        return walltime(r, k, n, to);
    case KEY_GIB:
        return gib(r, k, n, to);
    case KEY_SLOTS:
        return slots(r, k, n, to);
    case KEY_TEXTS:
        return texts(r, k, n, to);
    case KEY_NUMBERS:
        return numbers(r, k, n, to);
    case KEY_PAIRS:
        return pairs(r, k, n, to);
    case KEY_MAP:
    case KEY_LIST:
        break;
    }
    return false;
}
