#include "config.h"

#include "util/number.h"

#include "util/buf.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Powers of ten that a double holds exactly. */
static const double exact_power[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static enum number_kind
word(const char *s, size_t n)
{
    static const char *const names[] = {"inf", "infinity", "nan"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strlen(names[i]) == n && strncasecmp(names[i], s, n) == 0)
            return NUMBER_NOT_FINITE;
    return NUMBER_NONE;
}

/* The long way, for what is not exact in one multiplication. The text was checked before. */
static enum number_kind
by_strtod(const char *s, size_t n, double *r)
{
    char small[64];
    char *p = n < sizeof small ? small : xmalloc(n + 1);
    memcpy(p, s, n);
    p[n] = 0;
    *r = strtod(p, NULL);
    if (p != small)
        free(p);
    return isfinite(*r) ? NUMBER_REAL : NUMBER_RANGE;
}

/* m / 10^k, correctly rounded, m > 0 and k <= 19: at least 64 bits of the quotient, the lowest of
 * them set if anything is left behind it. The conversion then rounds once. */
static double
quotient(uint64_t m, int k)
{
    static const uint64_t power[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000,
        1000000000, 10000000000, 100000000000, 1000000000000, 10000000000000, 100000000000000,
        1000000000000000, 10000000000000000, 100000000000000000, 1000000000000000000,
        UINT64_C(10000000000000000000)};
    int shift = 64 + __builtin_clzll(m);
    unsigned __int128 n = (unsigned __int128)m << shift, q = n / power[k];
    bool rest = q * power[k] != n;
    int drop = 64 - ((uint64_t)(q >> 64) ? __builtin_clzll((uint64_t)(q >> 64)) : 64);
    rest = rest || (q & (((unsigned __int128)1 << drop) - 1));
    return ldexp((double)((uint64_t)(q >> drop) | rest), drop - shift);
}

enum number_kind
number_parse(const char *s, size_t n, int64_t *i, double *r)
{
    const char *p = s, *end = s + n;
    bool negative = p < end && *p == '-';
    if (p < end && (*p == '-' || *p == '+'))
        p++;
    if (p == end)
        return NUMBER_NONE;
    if (!is_digit(*p) && *p != '.')
        return word(p, (size_t)(end - p));

    uint64_t m = 0; /* the digits, until they are too many */
    unsigned digits = 0;
    int scale = 0;
    bool whole = true, fits = true;
    for (; p < end && is_digit(*p); p++, digits++)
        if (m > (UINT64_MAX - 9) / 10)
            fits = false;
        else
            m = m * 10 + (uint64_t)(*p - '0');
    if (p < end && *p == '.') {
        whole = false;
        for (p++; p < end && is_digit(*p); p++, digits++) {
            if (m > (UINT64_MAX - 9) / 10) {
                fits = false;
            } else {
                m = m * 10 + (uint64_t)(*p - '0');
                scale--;
            }
        }
    }
    if (!digits)
        return NUMBER_NONE;
    if (p < end && (*p == 'e' || *p == 'E')) {
        whole = false;
        p++;
        bool minus = p < end && *p == '-';
        if (p < end && (*p == '-' || *p == '+'))
            p++;
        if (p == end)
            return NUMBER_NONE;
        int e = 0;
        for (; p < end && is_digit(*p); p++)
            e = e > 9999 ? e : e * 10 + (*p - '0');
        scale += minus ? -e : e;
    }
    if (p != end)
        return NUMBER_NONE;

    if (whole) {
        if (!fits || m > (uint64_t)INT64_MAX + negative)
            return NUMBER_RANGE;
        *i = negative ? (int64_t)-m : (int64_t)m;
        *r = (double)*i;
        return NUMBER_INT;
    }
    bool exact = m <= UINT64_C(1) << 53; /* as a double */
    double v;
    if (fits && exact && scale >= 0 && scale <= 22)
        v = (double)m * exact_power[scale];
    else if (fits && exact && scale < 0 && scale >= -22)
        v = (double)m / exact_power[-scale];
    else if (fits && scale <= 0 && scale >= -19)
        v = quotient(m, -scale);
    else
        return by_strtod(s, n, r);
    *r = negative ? -v : v;
    return NUMBER_REAL;
}
