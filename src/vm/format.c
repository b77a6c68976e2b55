#include "config.h"

#include "vm/internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

int
vm_real_text(double r, char *buf, size_t n)
{
    int len = 0;
    for (int digits = 15; digits <= 17; digits++) {
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
    if (v->tag == VAL_BOOL)
        return snprintf(out, n, "%s", v->i ? "true" : "false");
    if (verb == 'x') {
        if (v->tag != VAL_INT) {
            snprintf(ev->error, sizeof ev->error, "format x needs a whole number");
            return -1;
        }
        return snprintf(out, n, "%" PRIx64, (uint64_t)v->i);
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
    size_t width = spec[1];
    int precision = spec[2] == 255 ? -1 : spec[2];
    char number[800];
    const char *text = number;
    int n;
    if (v->tag == VAL_STR) {
        text = v->s.p;
        n = (int)v->s.n;
        if (precision >= 0 && n > precision)
            n = precision;
        zero = false;
    } else {
        n = number_text(ev, v, (char)spec[3], precision, number, sizeof number);
        if (n < 0)
            return false;
    }
    size_t len = (size_t)n, total = len < width ? width : len, pad = total - len;
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
