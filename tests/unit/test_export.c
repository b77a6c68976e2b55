/* Rows that are written many at once. */
#include "config.h"

#include "export/rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static sqlite3 *
fresh(void)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(db, "CREATE TABLE t(i INTEGER PRIMARY KEY, x REAL, s TEXT)", NULL, NULL, NULL),
        SQLITE_OK);
    return db;
}

static int
number(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *s;
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &s, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    int n = sqlite3_column_int(s, 0);
    sqlite3_finalize(s);
    return n;
}

static void
add(struct rows *r, int i)
{
    char text[40]; /* it is copied */
    snprintf(text, sizeof text, "%d's", i);
    rows_integer(r, i);
    if (i % 5)
        rows_real(r, i * 0.5);
    else
        rows_null(r);
    rows_text(r, i % 7 ? text : NULL);
}

static void
test_rows(void **state)
{
    (void)state;
    for (int n = 0; n < 70; n++) {
        sqlite3 *db = fresh();
        struct buf why = {0};
        struct rows *r = rows_new(db, "INSERT INTO t", 3, &why);
        for (int i = 0; i < n; i++)
            add(r, i);
        assert_true(rows_end(r));
        assert_int_equal(why.n, 0);
        assert_int_equal(number(db, "SELECT count(*) FROM t WHERE"
                                    " x IS (CASE WHEN i % 5 THEN i * 0.5 END) AND"
                                    " s IS (CASE WHEN i % 7 THEN i || '''s' END)"),
            n);
        sqlite3_close(db);
        buf_free(&why);
    }
}

/* What went wrong first is told, whatever is done to the database behind it. */
static void
test_failure(void **state)
{
    (void)state;
    sqlite3 *db = fresh();
    struct buf why = {0};
    struct rows *r = rows_new(db, "INSERT INTO t", 3, &why), *none;
    for (int i = 0; i < 40; i++)
        add(r, i % 36);
    assert_true(rows_good(r)); /* the last ones are not written yet */
    assert_false(rows_end(r));
    assert_int_equal(number(db, "SELECT count(*) FROM t"), 32);
    assert_string_equal(why.p, "UNIQUE constraint failed: t.i");
    none = rows_new(db, "INSERT INTO nothing", 1, &why);
    assert_false(rows_good(none));
    rows_integer(none, 1);
    assert_false(rows_end(none));
    assert_string_equal(why.p, "UNIQUE constraint failed: t.i");
    sqlite3_close(db);
    buf_free(&why);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
