/* Reading JSON (RFC 8259) that others wrote. Schedulers have faults of their own, so this takes a
 * little more than the RFC: numbers and names as text ("007", a job that is called 1e999 or nan),
 * control characters and bytes that are no UTF-8 within strings. libc only. */
#ifndef UTIL_JSON_READ_H
#define UTIL_JSON_READ_H

#include "util/arena.h"
#include "util/buf.h"

enum json_kind { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_LIST, JSON_OBJECT };

struct json {
    enum json_kind kind;
    const char *key; /* of a member of an object; else NULL */
    /* a string's (up to a \u0000), a number, true or false as written, else "" */
    const char *text;
    const struct json *first; /* of a list or an object */
    const struct json *next;  /* beside it in the same list or object */
};

/* All of s[0 .. n) as one value, owned by the arena; or NULL, and what is wrong in `why`. */
const struct json *json_read(struct arena *a, const char *s, size_t n, struct buf *why);

/* These take NULL, or a value of another kind, for an empty object.
 * A member (the last, if several have the name), or NULL. */
const struct json *json_member(const struct json *object, const char *key);
/* The same, if it is of that kind. */
const struct json *json_member_of(const struct json *object, const char *key, enum json_kind kind);
/* The text of a string or number; "" if it is not there, or has none. */
const char *json_member_text(const struct json *object, const char *key);

#endif
