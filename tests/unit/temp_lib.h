/* A folder for each test, `dir`, removed behind it: temp_make and temp_remove in setup and
 * teardown. */
#ifndef TESTS_UNIT_TEMP_LIB_H
#define TESTS_UNIT_TEMP_LIB_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static char dir[64];

static int
temp_remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st, (void)flag, (void)ftw;
    return remove(path);
}

static int
temp_make(void **state)
{
    (void)state;
    strcpy(dir, "/tmp/wfl-test-XXXXXX");
    return mkdtemp(dir) ? 0 : -1;
}

static int
temp_remove(void **state)
{
    (void)state;
    return nftw(dir, temp_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

#endif
