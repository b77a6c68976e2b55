/* Operations on text. */
#include "config.h"

#include "vm/internal.h"

#include "util/buf.h"

/* Of one value; expressions that double a text again and again end here. */
enum { MOST_TEXT = 1 << 26 };

/* UTF-8: all bytes but those that go on with a character. */
uint32_t
vm_characters(const struct value *v)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < v->s.n; i++)
        n += ((unsigned char)v->s.p[i] & 0xc0) != 0x80;
    return n;
}

uint32_t
vm_byte_of(const struct value *v, uint32_t at)
{
    uint32_t i = 0;
    for (; i < v->s.n; i++)
        if (((unsigned char)v->s.p[i] & 0xc0) != 0x80 && at-- == 0)
            break;
    return i;
}

/* `*` stands for any run of characters, everything else for itself. */
bool
vm_match(const char *s, size_t n, const char *p, size_t m)
{
    size_t i = 0, j = 0, star = SIZE_MAX, mark = 0;
    while (i < n) {
        if (j < m && p[j] == '*') {
            star = j++;
            mark = i;
        } else if (j < m && p[j] == s[i]) {
            i++;
            j++;
        } else if (star != SIZE_MAX) {
            j = star + 1;
            i = ++mark;
        } else {
            return false;
        }
    }
    while (j < m && p[j] == '*')
        j++;
    return j == m;
}

bool
vm_text(struct vm_eval *ev, uint8_t op, uint8_t how, struct value *v)
{
    if (v->tag != VAL_STR)
        return vm_fail(ev, "a string is needed");
    if (op == OP_LEN) {
        int64_t n = (int64_t)vm_characters(v);
        v->tag = VAL_INT;
        v->i = n;
        return true;
    }
    if (op == OP_QUOTE) {
        struct buf b = {0};
        buf_shell_quote(&b, v->s.p, v->s.n, how);
        char *p = vm_alloc(ev, b.n);
        if (b.n) /* nothing between double quotes stays nothing */
            memcpy(p, b.p, b.n);
        v->s.p = p;
        v->s.n = (uint32_t)b.n;
        buf_free(&b);
        return true;
    }
    if (op == OP_WHOLE) {
        size_t n = ev->folder && v->s.n && v->s.p[0] != '/' ? strlen(ev->folder) + 1 : 0;
        if (n) {
            char *whole = vm_alloc(ev, n + v->s.n);
            memcpy(whole, ev->folder, n - 1);
            whole[n - 1] = '/';
            memcpy(whole + n, v->s.p, v->s.n);
            v->s.p = whole;
            v->s.n += (uint32_t)n;
        }
        return true;
    }
    char *p = vm_alloc(ev, v->s.n);
    for (uint32_t i = 0; i < v->s.n; i++) {
        char c = v->s.p[i];
        if (op == OP_LOWER && c >= 'A' && c <= 'Z')
            c = (char)(c + 32);
        else if (op == OP_UPPER && c >= 'a' && c <= 'z')
            c = (char)(c - 32);
        p[i] = c;
    }
    v->s.p = p;
    return true;
}

bool
vm_concat(struct vm_eval *ev, struct value *v, uint16_t count, struct value *out)
{
    size_t n = 0;
    for (uint16_t i = 0; i < count; i++) {
        if (v[i].tag != VAL_STR)
            return vm_fail(ev, "only text can be joined");
        n += v[i].s.n;
    }
    if (n > MOST_TEXT)
        return vm_fail(ev, "the text is too long");
    char *p = vm_alloc(ev, n), *q = p;
    for (uint16_t i = 0; i < count; i++) {
        memcpy(q, v[i].s.p, v[i].s.n);
        q += v[i].s.n;
    }
    out->tag = VAL_STR;
    out->s.p = p;
    out->s.n = (uint32_t)n;
    return true;
}

/* A place in a text of n characters, counted from its end if it is negative. */
static uint32_t
place_of(int64_t at, uint32_t n)
{
    if (at < 0)
        at = at < -(int64_t)n ? 0 : at + n;
    return at > n ? n : (uint32_t)at;
}

bool
vm_slice(struct vm_eval *ev, struct value *v)
{
    if (v[0].tag != VAL_STR || v[1].tag != VAL_INT || v[2].tag != VAL_INT)
        return vm_fail(ev, "slice needs a text and two whole numbers");
    uint32_t n = vm_characters(v), from = place_of(v[1].i, n), to = place_of(v[2].i, n);
    uint32_t begin = vm_byte_of(v, from), end = vm_byte_of(v, to);
    v->s.p += begin;
    v->s.n = end > begin ? end - begin : 0;
    return true;
}

bool
vm_replace(struct vm_eval *ev, struct value *v)
{
    const struct value what = v[1], by = v[2];
    if (v->tag != VAL_STR || what.tag != VAL_STR || by.tag != VAL_STR)
        return vm_fail(ev, "replace needs three texts");
    if (what.s.n == 0)
        return vm_fail(ev, "replace needs to know what to replace, and its second text is empty");
    const char *p = v->s.p, *end = p + v->s.n;
    struct buf out = {0};
    while (p < end && out.n <= MOST_TEXT) {
        const char *hit = memmem(p, (size_t)(end - p), what.s.p, what.s.n);
        buf_add(&out, p, (size_t)((hit ? hit : end) - p));
        if (hit)
            buf_add(&out, by.s.p, by.s.n);
        p = hit ? hit + what.s.n : end;
    }
    bool ok = out.n <= MOST_TEXT;
    if (ok) {
        char *copy = vm_alloc(ev, out.n);
        if (out.n)
            memcpy(copy, out.p, out.n);
        v->s.p = copy;
        v->s.n = (uint32_t)out.n;
    }
    buf_free(&out);
    return ok ? true : vm_fail(ev, "the text is too long");
}
