/* The reader of SQLite databases: the input is a database, or a query of one that is made here. */
#include "config.h"

#include "fuzz.h"

#include "model/expr.h"
#include "table/table.h"
#include "util/buf.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void
make_database(void)
{
    sqlite3 *db;
    if (access("good.db", F_OK) == 0)
        return;
    if (sqlite3_open("good.db", &db) != SQLITE_OK ||
        sqlite3_exec(db,
            "CREATE TABLE observations (observationId INTEGER PRIMARY KEY, fieldRA REAL, filter "
            "TEXT);"
            "INSERT INTO observations VALUES (1, 53.1, 'r'), (2, NULL, 'y'), (3, 7, x'00');"
            "CREATE VIEW v AS SELECT filter, count(*) AS n FROM observations GROUP BY filter",
            NULL, NULL, NULL) != SQLITE_OK)
        abort();
    sqlite3_close(db);
}

static void
read_one(const char *path, const char *query)
{
    static const char *const known[] = {"Summary", "observations"};
    const struct sqlite_from from = {path, NO_SPAN, query, NO_SPAN, known, 2};
    struct diags *d = diag_new();
    struct strpool pool;
    struct table t = {0};
    int picked;
    strpool_init(&pool);
    bool good = table_read_sqlite(d, &pool, &from, &picked, &t);
    if (good != (diag_count(d, DIAG_ERROR) == 0) || (good && (t.nrows == 0 || t.ncols == 0)))
        __builtin_trap();
    uint64_t sum = 0; /* all cells are there */
    for (uint32_t k = 0; good && k < t.ncols; k++)
        for (uint32_t i = 0; i < t.nrows; i++) {
            struct value v = cell_value(&pool, &t.col[k], i);
            sum += v.tag == VAL_STR ? strlen(v.s.p) : (uint64_t)v.i;
        }
    fprintf(fuzz_nowhere(), "%llu", (unsigned long long)sum);
    diag_print(d, fuzz_nowhere(), false, 0);
    table_free(&t);
    strpool_free(&pool);
    diag_free(d);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    fuzz_enter_folder();
    if (n >= 6 && memcmp(p, "SQLite", 6) == 0) {
        fuzz_put("t.db", p, n);
        read_one("t.db", NULL);
        read_one("t.db", "SELECT * FROM t");
        return 0;
    }
    make_database();
    char *query = xcalloc(n + 1, 1);
    memcpy(query, p, n);
    read_one("good.db", query);
    free(query);
    return 0;
}
