/* What YAML 1.1 makes of words without quotes (yaml.org/type). */
#include "config.h"

#include "site/yaml.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define DIGITS "0123456789"

static bool
is_one_of(const char *s, const char *const *word, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcasecmp(s, word[i]) == 0)
            return true;
    return false;
}

/* 2023-05-31, 2023-5-31, 2023-05-31T12:00:00Z */
static bool
is_date(const char *s)
{
    size_t n = strspn(s, DIGITS);
    if (n != 4 || s[4] != '-')
        return false;
    s += 5;
    n = strspn(s, DIGITS);
    if (n < 1 || n > 2 || s[n] != '-')
        return false;
    s += n + 1;
    n = strspn(s, DIGITS);
    return n >= 1 && n <= 2 && (!s[n] || strchr("Tt \t", s[n]));
}

/* 12:30, 3:00:00: a number, and then groups below 60. */
static bool
is_sexagesimal(const char *s, bool *real)
{
    s += *s == '+' || *s == '-';
    size_t n = strspn(s, DIGITS "_");
    if (n == 0 || s[n] != ':')
        return false;
    s += n;
    while (*s == ':') {
        n = strspn(s + 1, DIGITS);
        if (n < 1 || n > 2 || (n == 2 && s[1] > '5'))
            return false;
        s += 1 + n;
    }
    *real = *s == '.';
    return !*s || (*real && strspn(s + 1, DIGITS "_") == strlen(s + 1));
}

static bool
is_based(const char *s)
{
    s += *s == '+' || *s == '-';
    if (s[0] != '0')
        return false;
    if (s[1] == 'x')
        return s[2] && strspn(s + 2, DIGITS "abcdefABCDEF_") == strlen(s + 2);
    if (s[1] == 'b' || s[1] == 'o')
        return s[2] && strspn(s + 2, "01234567_") == strlen(s + 2);
    return false;
}

static enum plain_type
number_type(const char *s)
{
    const char *p = s + (*s == '+' || *s == '-');
    bool odd = *s == '+' || strchr(s, '_') || (p[0] == '0' && isdigit((unsigned char)p[1]));
    size_t n = strspn(p, DIGITS "_");
    if (n && !p[n] && isdigit((unsigned char)*p))
        return odd ? PLAIN_ODD_INTEGER : PLAIN_INTEGER;
    if (is_based(s))
        return PLAIN_ODD_INTEGER;
    if (strcasecmp(p, ".inf") == 0 || strcasecmp(s, ".nan") == 0)
        return PLAIN_ODD_REAL;
    size_t fraction = p[n] == '.' ? 1 + strspn(p + n + 1, DIGITS "_") : 0;
    const char *rest = p + n + fraction;
    if ((n == 0 && fraction < 2) || (n && !isdigit((unsigned char)*p)))
        return PLAIN_TEXT;
    if (!*rest)
        return odd || n == 0 || fraction == 1 ? PLAIN_ODD_REAL : PLAIN_REAL;
    if ((*rest == 'e' || *rest == 'E') && rest[1]) {
        rest += 1 + (rest[1] == '+' || rest[1] == '-');
        if (*rest && strspn(rest, DIGITS) == strlen(rest))
            return PLAIN_ODD_REAL;
    }
    return PLAIN_TEXT;
}

enum plain_type
site_plain_type(const char *s)
{
    static const char *const nulls[] = {"null", "~"};
    static const char *const bools[] = {"true", "false", "yes", "no", "on", "off", "y", "n"};
    bool real;
    if (!*s)
        return PLAIN_EMPTY;
    if (is_one_of(s, nulls, sizeof nulls / sizeof *nulls))
        return PLAIN_NULL;
    if (is_one_of(s, bools, sizeof bools / sizeof *bools))
        return PLAIN_BOOL;
    if (is_date(s))
        return PLAIN_DATE;
    if (is_sexagesimal(s, &real))
        return real ? PLAIN_ODD_REAL : PLAIN_SEXAGESIMAL;
    return number_type(s);
}

long long
site_plain_integer(const char *s)
{
    const long long most = 1000000000000000;
    bool minus = *s == '-', sixty = strchr(s, ':') != NULL;
    long long base = 10, value = 0, group = 0;
    s += *s == '+' || *s == '-';
    if (!sixty && *s == '0' && s[1]) {
        base = s[1] == 'x' ? 16 : s[1] == 'b' ? 2 : 8;
        s += isdigit((unsigned char)s[1]) ? 1 : 2;
    }
    for (; *s; s++) {
        if (*s == ':') {
            value = (value + group) * 60;
            group = 0;
        } else if (*s != '_') {
            int digit =
                isdigit((unsigned char)*s) ? *s - '0' : (tolower((unsigned char)*s) - 'a') + 10;
            group = group * base + digit;
        }
        if (group > most || value > most)
            return most;
    }
    return minus ? -(value + group) : value + group;
}
