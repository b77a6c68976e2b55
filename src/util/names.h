/* From names to pointers. Neither the names nor what they stand for are its own. libc only. */
#ifndef UTIL_NAMES_H
#define UTIL_NAMES_H

#include <stddef.h>

struct names {
    struct names_slot {
        const char *name; /* NULL: empty */
        void *value;
    } * slot;
    size_t nslot, n;
}; /* initialise with {0} */

void *names_find(const struct names *t, const char *name); /* NULL: it is not there */
/* A name that is there gets the new value. */
void names_put(struct names *t, const char *name, const void *value);
void names_free(struct names *t);

#endif
