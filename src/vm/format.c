/* Numbers as text, by the formats of insertions. */
#include "config.h"

#include "vm/internal.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

int
vm_real_text(double r, char *buf, size_t n)
{
    /* %g drops zeros at the end, so 15 digits are none too many, unless r has fewer bits */
    int len = 0;
    for (int digits = fabs(r) < DBL_MIN ? 1 : 15; digits <= 17; digits++) {
        len = snprintf(buf, n, "%.*g", digits, r);
        if (strtod(buf, NULL) == r)
            break;
    }
    return len;
}

/* The text of a number without padding, into `out` (at least 400 bytes: %f of 1e308). */
static int
number_text(struct vm_eval *ev, const struct value *v, char verb, int precision, char *out,
    size_t n)
{
    if (verb == 'x') {
        if (v->tag != VAL_INT) {
            snprintf(ev->error, sizeof ev->error, "format x needs a whole number");
            return -1;
        }
        return snprintf(out, n, "%s%" PRIx64, v->i < 0 ? "-" : "",
            v->i < 0 ? -(uint64_t)v->i : (uint64_t)v->i);
    }
    if (v->tag == VAL_INT && (verb == 0 || verb == 'd') && precision < 0)
        return snprintf(out, n, "%" PRId64, v->i);
    if (verb == 'd') {
        snprintf(ev->error, sizeof ev->error, "format d needs a whole number");
        return -1;
    }
    double r = v->tag == VAL_INT ? (double)v->i : v->r;
    if (verb == 0 && precision < 0)
        return vm_real_text(r, out, n);
    if (precision < 0)
        precision = 6;
    switch (verb) {
    case 'e':
        return snprintf(out, n, "%.*e", precision, r);
    case 'g':
        return snprintf(out, n, "%.*g", precision, r);
    default:
        return snprintf(out, n, "%.*f", precision, r);
    }
}

bool
vm_format(struct vm_eval *ev, const uint8_t *spec, struct value *v)
{
    bool zero = spec[0] & 1, left = spec[0] & 2;
    size_t width = spec[1], len, characters;
    int precision = spec[2] == 255 ? -1 : spec[2];
    char number[800];
    const char *text = number;
    if (v->tag == VAL_BOOL) {
        v->s.p = v->i ? "true" : "false";
        v->s.n = (uint32_t)strlen(v->s.p);
        v->tag = VAL_STR;
    }
    if (v->tag == VAL_STR) {
        text = v->s.p;
        if (precision >= 0)
            v->s.n = vm_byte_of(v, (uint32_t)precision);
        len = v->s.n;
        characters = vm_characters(v);
        zero = false;
    } else {
        int n = number_text(ev, v, (char)spec[3], precision, number, sizeof number);
        if (n < 0)
            return false;
        len = characters = (size_t)n;
    }
    size_t pad = characters < width ? width - characters : 0, total = len + pad;
    char *p = vm_alloc(ev, total), *q = p;
    size_t sign = zero && len && text[0] == '-';
    if (sign)
        *q++ = '-';
    if (!left) {
        memset(q, zero ? '0' : ' ', pad);
        q += pad;
    }
    memcpy(q, text + sign, len - sign);
    if (left)
        memset(q + len - sign, ' ', pad);
    p[total] = 0;
    v->tag = VAL_STR;
    v->s.p = p;
    v->s.n = (uint32_t)total;
    return true;
}
