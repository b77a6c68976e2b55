#include "config.h"

#include "util/json_read.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Values within values are read by recursion. */
enum { MOST_DEPTH = 100 };

struct reader {
    struct arena *a;
    const char *begin, *p, *end;
    struct buf *why;
    struct buf text; /* of the string that is read */
};

static bool
fail(struct reader *r, const char *what)
{
    size_t line = 1;
    for (const char *p = r->begin; p < r->p; p++)
        line += *p == '\n';
    buf_printf(r->why, "line %zu of it: %s", line, what);
    return false;
}

static void
skip_blanks(struct reader *r)
{
    while (r->p < r->end && *r->p && strchr(" \t\r\n", *r->p))
        r->p++;
}

/* Passes over `c`, if it is next. */
static bool
take(struct reader *r, char c)
{
    skip_blanks(r);
    if (r->p == r->end || *r->p != c)
        return false;
    r->p++;
    return true;
}

static int
hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* The four digits behind \u, or -1. */
static int32_t
unit_at(const char *p, const char *end)
{
    int32_t v = 0;
    for (int i = 0; i < 4; i++) {
        int d = p + i < end ? hex_digit(p[i]) : -1;
        if (d < 0)
            return -1;
        v = v * 16 + d;
    }
    return v;
}

static void
add_utf8(struct buf *out, int32_t c)
{
    if (c < 0x80) {
        buf_putc(out, (char)c);
    } else {
        int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
        buf_putc(out, (char)((0xf0 << (3 - more)) | c >> 6 * more));
        while (more--)
            buf_putc(out, (char)(0x80 | (c >> 6 * more & 0x3f)));
    }
}

static bool
add_escape(struct reader *r)
{
    static const char plain[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    const char *which = r->p < r->end && *r->p ? strchr(plain, *r->p) : NULL;
    if (which) {
        buf_putc(&r->text, meant[which - plain]);
        r->p++;
        return true;
    }
    int32_t c = r->p < r->end && *r->p == 'u' ? unit_at(r->p + 1, r->end) : -1;
    if (c < 0)
        return fail(r, "a backslash that means nothing");
    if (c == 0)
        return fail(r, "a NUL character, which no text can hold");
    r->p += 5;
    if (c >= 0xd800 && c < 0xe000) {
        int32_t low = r->end - r->p >= 6 && r->p[0] == '\\' && r->p[1] == 'u'
                          ? unit_at(r->p + 2, r->end)
                          : -1;
        if (c < 0xdc00 && low >= 0xdc00 && low < 0xe000) {
            r->p += 6;
            c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
        } else {
            c = 0xfffd;
        }
    }
    add_utf8(&r->text, c);
    return true;
}

/* The string that begins here; NULL: there is none. */
static const char *
read_string(struct reader *r)
{
    if (!take(r, '"'))
        return NULL;
    buf_reset(&r->text);
    while (r->p < r->end && *r->p != '"')
        if (*r->p != '\\')
            buf_putc(&r->text, *r->p++);
        else if (r->p++, !add_escape(r))
            return NULL;
    if (r->p == r->end) {
        fail(r, "a string without an end");
        return NULL;
    }
    r->p++;
    return arena_text(r->a, r->text.p, r->text.n);
}

/* null, true, false, or whatever is a number for C: some schedulers print a job's name without
 * quotes if strtod takes it. */
static bool
read_word(struct reader *r, struct json *v)
{
    const char *p = r->p;
    while (r->p < r->end && ((*r->p >= 'a' && *r->p <= 'z') || (*r->p >= 'A' && *r->p <= 'Z') ||
                                (*r->p >= '0' && *r->p <= '9') || (*r->p && strchr("+-.", *r->p))))
        r->p++;
    if (p == r->p)
        return fail(r, "a value is missing");
    v->text = arena_text(r->a, p, (size_t)(r->p - p));
    char *end;
    strtod(v->text, &end);
    v->kind = strcmp(v->text, "null") == 0                                    ? JSON_NULL
              : strcmp(v->text, "true") == 0 || strcmp(v->text, "false") == 0 ? JSON_BOOL
                                                                              : JSON_NUMBER;
    if (v->kind == JSON_NUMBER && (end == v->text || *end))
        return fail(r, "a word that is no value");
    if (v->kind == JSON_NULL)
        v->text = "";
    return true;
}

static bool read_value(struct reader *r, struct json *v, int depth);

/* What is between the brackets, the first of which was read. */
static bool
read_items(struct reader *r, struct json *v, int depth)
{
    char close = v->kind == JSON_OBJECT ? '}' : ']';
    const struct json **last = &v->first;
    if (take(r, close))
        return true;
    do {
        struct json *item = arena_alloc(r->a, sizeof *item);
        if (v->kind == JSON_OBJECT) {
            item->key = read_string(r);
            if (!item->key || !take(r, ':'))
                return r->why->n ? false : fail(r, "a name in quotes and a colon are missing");
        }
        if (!read_value(r, item, depth))
            return false;
        *last = item;
        last = &item->next;
    } while (take(r, ','));
    return take(r, close) || fail(r, "a comma or a bracket is missing");
}

static bool
read_value(struct reader *r, struct json *v, int depth)
{
    v->text = "";
    if (depth == MOST_DEPTH)
        return fail(r, "it is nested too deeply");
    skip_blanks(r);
    if (r->p < r->end && *r->p == '"') {
        v->kind = JSON_STRING;
        v->text = read_string(r);
        return v->text != NULL;
    }
    if (take(r, '{')) {
        v->kind = JSON_OBJECT;
        return read_items(r, v, depth + 1);
    }
    if (take(r, '[')) {
        v->kind = JSON_LIST;
        return read_items(r, v, depth + 1);
    }
    return read_word(r, v);
}

const struct json *
json_read(struct arena *a, const char *s, size_t n, struct buf *why)
{
    struct buf wrong = {0};
    struct reader r = {.a = a, .begin = s, .p = s, .end = s + n, .why = &wrong};
    struct json *v = arena_alloc(a, sizeof *v);
    bool good = read_value(&r, v, 0);
    skip_blanks(&r);
    if (good && r.p != r.end)
        good = fail(&r, "more text follows its end");
    if (!good)
        buf_add(why, wrong.p, wrong.n);
    buf_free(&wrong);
    buf_free(&r.text);
    return good ? v : NULL;
}

const struct json *
json_member(const struct json *object, const char *key)
{
    const struct json *found = NULL;
    for (const struct json *m = object && object->kind == JSON_OBJECT ? object->first : NULL; m;
         m = m->next)
        if (strcmp(m->key, key) == 0)
            found = m;
    return found;
}

const struct json *
json_member_of(const struct json *object, const char *key, enum json_kind kind)
{
    const struct json *m = json_member(object, key);
    return m && m->kind == kind ? m : NULL;
}

const char *
json_member_text(const struct json *object, const char *key)
{
    const struct json *m = json_member(object, key);
    return m && m->kind != JSON_BOOL ? m->text : "";
}
