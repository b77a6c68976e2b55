/* The reader of instance catalogs. A NUL byte, which no catalog holds, stands between two of
 * them; a last one that is not ended by it may be compressed. */
#include "config.h"

#include "fuzz.h"

#include "model/table.h"

#include <string.h>
#include <unistd.h>

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
    return 0;
}
