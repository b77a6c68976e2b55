/* The readers of CSV and of JSON tables. */
#include "config.h"

#include "fuzz.h"

#include "table/table.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    fuzz_enter_folder();
    fuzz_put("t.csv", p, n);
    struct diags *d = diag_new();
    struct strpool pool;
    struct table t = {0};
    char place[64];
    strpool_init(&pool);
    if (table_read_csv(d, &pool, "t.csv", NO_SPAN, &t))
        for (uint32_t r = 0; r < t.nrows; r++)
            table_row_place(&t, d, r, place, sizeof place);
    diag_print(d, fuzz_nowhere(), false, 0);
    table_free(&t);
    table_read_json(d, &pool, "t.csv", NO_SPAN, &t);
    table_free(&t);
    strpool_free(&pool);
    diag_free(d);
    return 0;
}
