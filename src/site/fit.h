/* What the two halves of site_check_fit share. */
#ifndef SITE_FIT_H
#define SITE_FIT_H

#include "site/check.h"

struct fit {
    struct diags *d;
    const struct site_profile *p;
    const struct site_node *root;
};

/* Queues an error at the value of `path` (printed as by printf(path, i)), or at the nearest map
 * around it if it is a default. */
struct diag *fit_error(const struct fit *f, const char *path, size_t i, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* Does the value stand in a file? */
bool fit_given(const struct fit *f, const char *path);

/* What the kind of scheduler can do, and how its commands look. */
void fit_scheduler(const struct fit *f);

#endif
