/* A folder of a test's own, in which it works: fixtures of a test or of a group of them. */
#ifndef PLACE_LIB_H
#define PLACE_LIB_H

#include "util/buf.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char place[] = "/tmp/wfl-unit-XXXXXX";

static inline int
place_begin(void **state)
{
    (void)state;
    strcpy(place + strlen(place) - 6, "XXXXXX");
    return mkdtemp(place) && chdir(place) == 0 ? 0 : -1;
}

static inline int
place_end(void **state)
{
    (void)state;
    struct buf cmd = {0};
    buf_printf(&cmd, "rm -rf %s", place);
    int rc = chdir("/") || system(cmd.p);
    buf_free(&cmd);
    return rc;
}

#endif
