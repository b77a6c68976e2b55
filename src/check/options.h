/* What is said besides a campaign's text when it is checked. */
#ifndef CHECK_OPTIONS_H
#define CHECK_OPTIONS_H

#include "model/model.h"

/* A -D name=value of the command line, split. */
struct define {
    const char *name, *value;
};

struct check_options {
    const char *source; /* the campaign, as it was named */
    const struct define *define;
    size_t ndefine;
    const char *const *include; /* folders that `use` looks into, after the file's own */
    size_t ninclude;
    const char *stdlib; /* where the library of wflc is; or NULL */
    const char *site;   /* the site whose parameters hold; NULL: none */
    struct here here;
};

#endif
