/* Files whose whole content follows from their name and size, so that each can be checked by
 * itself. usage: pattern SIZE NAME      writes it to stdout pattern -c < lines     each SIZE PATH,
 * of a file whose NAME is its PATH: tells which are not there, or not what they should be; exit
 * code 1 if there are any */
#include "config.h"

#include "util/buf.h"
#include "util/file.h"
#include "util/hash.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
make(struct buf *b, size_t size, const char *name)
{
    uint64_t x = hash64(name, strlen(name), size) | 1;
    buf_reset(b);
    buf_reserve(b, size + sizeof x);
    for (; b->n < size; b->n += sizeof x) {
        x = x * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        memcpy(b->p + b->n, &x, sizeof x);
    }
    b->n = size;
}

static bool
check(const char *path, size_t size, struct buf *want, struct buf *have)
{
    make(want, size, path);
    buf_reset(have);
    int err = file_read(path, have);
    if (!err && have->n == size && memcmp(have->p, want->p, size) == 0)
        return true;
    if (err)
        printf("%s: %s\n", path, strerror(err));
    else if (have->n != size)
        printf("%s: %zu bytes instead of %zu\n", path, have->n, size);
    else
        printf("%s: other bytes\n", path);
    return false;
}

int
main(int argc, char **argv)
{
    struct buf want = {0}, have = {0};
    bool good = true;
    if (argc == 3) {
        make(&want, strtoul(argv[1], NULL, 10), argv[2]);
        good = write_all(1, want.p, want.n) == 0;
        if (!good)
            perror("pattern");
    } else if (argc == 2 && strcmp(argv[1], "-c") == 0) {
        unsigned long size;
        char path[4096];
        while (scanf("%lu %4095s", &size, path) == 2)
            good &= check(path, size, &want, &have);
    } else {
        return 2;
    }
    buf_free(&want);
    buf_free(&have);
    return good ? 0 : 1;
}
