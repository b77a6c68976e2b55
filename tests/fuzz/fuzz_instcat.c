/* The readers of instance catalogs: of their headers, and of their objects. A NUL byte, which no
 * catalog holds, stands between two of them; a last one that is not ended by it may be compressed.
 * They may include each other. */
#include "config.h"

#include "fuzz.h"

#include "table/objects.h"
#include "table/table.h"

#include <string.h>
#include <unistd.h>

/* Twice: the second time from the cache, if it can be counted at all. */
static void
count_objects(const char *const *name)
{
    const double place[3] = {0.5, 0.5, 0.5};
    const struct sky_visits visits = {3, place, place, place};
    const struct sky_optics optics = {.scale = 1e-4};
    const struct sky_outline ccd[] = {{0, 0, 40, 40, 0}, {45, 0, 40, 40, 0.1}};
    const uint8_t wanted[3] = {1, 1, 1};
    struct arena arena = {0};
    const char *why;
    size_t which;
    const struct sky_camera *camera = sky_camera_new(&arena, &optics, 2, ccd, &why, &which);
    for (int again = 0; again < 2; again++) {
        struct objects *o = objects_new(camera, 0.01, &visits, name);
        struct diags *d = diag_new();
        objects_of_all(o, wanted);
        objects_finish(o, d, NO_SPAN);
        diag_free(d);
        objects_free(o);
    }
    arena_free(&arena);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    static const char *const name[] = {"c1.txt", "c2.txt", "c3.txt.gz"};
    fuzz_enter_folder();
    for (int i = 0; i < 3; i++) {
        const uint8_t *end = i < 2 && n ? memchr(p, 0, n) : NULL;
        size_t len = end ? (size_t)(end - p) : n;
        unlink(name[i]);
        if (len)
            fuzz_put(name[i], p, len);
        p += len + (end != NULL);
        n -= len + (end != NULL);
    }
    struct diags *d = diag_new();
    struct strpool pool;
    struct table t = {0};
    char place[64];
    strpool_init(&pool);
    if (table_read_instcat(d, &pool, "c*", NO_SPAN, &t))
        for (uint32_t r = 0; r < t.nrows; r++)
            table_row_place(&t, d, r, place, sizeof place);
    diag_print(d, fuzz_nowhere(), false, 0);
    table_free(&t);
    strpool_free(&pool);
    diag_free(d);
    count_objects(name);
    return 0;
}
