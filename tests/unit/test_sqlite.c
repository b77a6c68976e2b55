/* The reader of SQLite databases, on databases made here. */
#include "config.h"

#include "table/table.h"
#include "util/buf.h"
#include "util/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

static char folder[] = "/tmp/wfl-sqlite-XXXXXX";
static struct diags *d;
static struct strpool pool;
static struct table t;
static int picked;

static int
begin(void **state)
{
    (void)state;
    d = diag_new();
    strpool_init(&pool);
    t = (struct table){0};
    strcpy(folder + strlen(folder) - 6, "XXXXXX");
    return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int
end(void **state)
{
    (void)state;
    table_free(&t);
    strpool_free(&pool);
    diag_free(d);
    struct buf cmd = {0};
    buf_printf(&cmd, "chmod -R u+rwx %s; rm -rf %s", folder, folder);
    int rc = chdir("/") || system(cmd.p);
    buf_free(&cmd);
    return rc;
}

static void
run(sqlite3 *db, const char *sql)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
}

static void
make(const char *path, const char *sql)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    run(db, "PRAGMA page_size = 512");
    run(db, sql);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static bool
read_db(const char *path, const char *query)
{
    static const char *const known[] = {"Summary", "observations"};
    const struct sqlite_from from = {path, NO_SPAN, query, NO_SPAN, known, 2};
    table_free(&t);
    return table_read_sqlite(d, &pool, &from, &picked, &t);
}

/* What was said; the queue is empty then. */
static void
expect(const char *words)
{
    char *text = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&text, &n);
    assert_non_null(f);
    diag_print(d, f, false, 0);
    assert_int_equal(fclose(f), 0);
    if (!strstr(text, words))
        fail_msg("'%s' is not in:\n%s", words, text);
    free(text);
}

static const struct column *
col(const char *name)
{
    int i = table_column(&t, strpool_adds(&pool, name));
    if (i < 0)
        fail_msg("no column '%s'", name);
    return &t.col[i];
}

static void
types(void **state)
{
    (void)state;
    make("t.db", "CREATE TABLE v (id, mjd, n, name, big);"
                 "INSERT INTO v VALUES (1, 60218, 1, 'a', 9007199254740993),"
                 "(2025070700784, 60218.5, 2, 'b', 1), (3, 7, 3, '', 2)");
    assert_true(read_db("t.db", "SELECT id, mjd, n * 2 AS n2, name, big FROM v ORDER BY rowid"));
    assert_int_equal(t.nrows, 3);
    assert_int_equal(col("id")->type, COLUMN_INT);
    assert_int_equal(((int64_t *)col("id")->data)[1], INT64_C(2025070700784));
    assert_int_equal(col("mjd")->type, COLUMN_REAL); /* a fraction in the second row */
    assert_true(((double *)col("mjd")->data)[0] == 60218 && ((double *)col("mjd")->data)[2] == 7);
    assert_int_equal(((int64_t *)col("n2")->data)[2], 6);
    assert_int_equal(col("name")->type, COLUMN_STRING);
    assert_string_equal(strpool_get(&pool, ((uint32_t *)col("name")->data)[1]), "b");
    assert_string_equal(strpool_get(&pool, ((uint32_t *)col("name")->data)[2]), "");
    assert_int_equal(((int64_t *)col("big")->data)[0], INT64_C(9007199254740993));
    /* what would silently change is no value */
    assert_true(read_db("t.db", "SELECT big + 0 AS x FROM v UNION ALL SELECT 0.5"));
    assert_non_null(holes_at(col("x")->holes, 0));
    assert_null(holes_at(col("x")->holes, 1));
    assert_true(read_db("t.db", "SELECT 0.5 AS x UNION ALL SELECT 9007199254740993"));
    assert_non_null(holes_at(col("x")->holes, 1));
    assert_true(read_db("t.db", "SELECT 'a' || char(0) AS x"));
    assert_non_null(holes_at(col("x")->holes, 0));
}

/* More rows than fit the first memory, and columns that get their type late. */
static void
many_rows(void **state)
{
    (void)state;
    make("t.db", "CREATE TABLE v (id INTEGER PRIMARY KEY, x REAL, b TEXT);"
                 "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 5000) "
                 "INSERT INTO v SELECT i, i / 2.0, substr('ugrizy', 1 + i % 6, 1) FROM c");
    assert_true(read_db("t.db", NULL));
    assert_int_equal(picked, -1);
    assert_int_equal(t.nrows, 5000);
    for (uint32_t i = 0; i < 5000; i++) {
        assert_int_equal(((int64_t *)col("id")->data)[i], i + 1);
        assert_true(((double *)col("x")->data)[i] == (i + 1) / 2.0);
        assert_int_equal(strpool_get(&pool, ((uint32_t *)col("b")->data)[i])[0],
            "ugrizy"[(i + 1) % 6]);
    }
}

/* A join without its condition yields rows as long as anybody takes them. */
static void
endless_rows(void **state)
{
    (void)state;
    make("t.db", "CREATE TABLE v (i);"
                 "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 3000) "
                 "INSERT INTO v SELECT i FROM c");
    assert_false(read_db("t.db", "SELECT a.i AS i FROM v a, v b, v c"));
    expect("the query gives more than 33 554 432 rows");
    assert_false(read_db("t.db",
        "SELECT a.i AS i FROM v a, v b, v c ORDER BY b.i || c.i || a.i || zeroblob(9999)"));
    expect("it takes more than 512 MiB of memory");
}

static const char *
why(const char *name, uint32_t row)
{
    const struct hole *x = holes_at(col(name)->holes, row);
    return x ? strpool_get(&pool, x->why) : "";
}

/* A cell that is no value is a hole; nobody minds who does not use it. */
static void
holes(void **state)
{
    (void)state;
    make("t.db", "CREATE TABLE SUMMARY (id, note, blob, mixed, x); CREATE TABLE other (x);"
                 "INSERT INTO Summary VALUES (1, 'a', x'00', 1, 9e999), (2, NULL, x'01', 'x', 1), "
                 "(3, NULL, 'b', 2, 0.5),"
                 "(4, 'c' || char(10), 'c', 3, 9007199254740993)");
    assert_true(read_db("t.db", NULL));
    assert_int_equal(picked, 0);
    assert_int_equal(t.ncols, 5);
    assert_null(col("id")->holes);
    assert_string_equal(why("note", 0), "");
    assert_string_equal(why("note", 1), "column 'note' of 't.db' holds NULL");
    assert_string_equal(why("note", 2), "column 'note' of 't.db' holds NULL");
    assert_string_equal(why("note", 3),
        "column 'note' of 't.db' holds a control character (a line break, or not printable)");
    assert_int_equal(col("note")->holes->n, 2); /* those of a kind are one */
    assert_string_equal(why("blob", 0), "column 'blob' of 't.db' holds a BLOB");
    assert_string_equal(why("mixed", 1),
        "column 'mixed' of 't.db' holds text, and whole numbers in rows before");
    assert_string_equal(why("x", 0), "column 'x' of 't.db' holds a number that is not finite");
    assert_string_equal(why("x", 1), "");
    assert_string_equal(why("x", 3), "column 'x' of 't.db' holds a whole number beside fractions "
                                     "in other rows, which is more than "
                                     "a real number can hold exactly");
    /* the same through a selection, where they stand elsewhere */
    struct table some;
    table_select(&t, (const uint32_t[]){0, 2}, 2, &some);
    assert_null(holes_at(some.col[1].holes, 0));
    assert_non_null(holes_at(some.col[1].holes, 1));
    assert_int_equal(table_row_number(&some, 1), 3);
    table_free(&some);
    make("null.db", "CREATE TABLE t (x); INSERT INTO t VALUES (NULL)");
    assert_true(read_db("null.db", NULL));
    assert_string_equal(why("x", 0), "column 'x' of 'null.db' holds NULL");
}

/* Nothing is written, whatever the file system allows. */
static void
read_only(void **state)
{
    (void)state;
    make("t.db", "CREATE TABLE t (x); INSERT INTO t VALUES (1)");
    struct stat before, after;
    assert_int_equal(chmod("t.db", 0444), 0);
    assert_int_equal(stat("t.db", &before), 0);
    assert_int_equal(chmod(".", 0555), 0);
    assert_true(read_db("t.db", "SELECT x FROM t"));
    assert_int_equal(chmod(".", 0755), 0);
    assert_int_equal(stat("t.db", &after), 0);
    assert_int_equal(before.st_mtime, after.st_mtime);
    assert_int_equal(access("t.db-wal", F_OK), -1);
    assert_int_equal(access("t.db-shm", F_OK), -1);
    /* not even where a function of SQLite would */
    assert_false(read_db("t.db", "SELECT writefile('x', 'y') AS x"));
    expect("no such function: writefile");
    assert_false(read_db("t.db", "SELECT x FROM t; DROP TABLE t"));
    expect("second statement");
    assert_false(read_db("t.db", "VACUUM INTO 'copy.db'"));
    assert_int_equal(access("copy.db", F_OK), -1);
    assert_false(read_db("t.db", "EXPLAIN DELETE FROM t"));
    assert_false(read_db("t.db", "SELECT * FROM pragma_database_list"));
}

static void
odd_names(void **state)
{
    (void)state;
    make("a?b#c %41&mode=rwc.db",
        "CREATE TABLE \"odd \"\" name\" (x); INSERT INTO \"odd \"\" name\" VALUES (7)");
    assert_true(read_db("a?b#c %41&mode=rwc.db", NULL));
    assert_int_equal(((int64_t *)col("x")->data)[0], 7);
    assert_false(read_db(".", NULL));
    expect("Is a directory");
    assert_false(read_db("absent.db", NULL));
    assert_int_equal(access("absent.db", F_OK), -1); /* nor was it made */
    make("empty.db", "CREATE TABLE t (x); DROP TABLE t");
    assert_false(read_db("empty.db", NULL));
    expect("has no tables");
    assert_int_equal(file_write_atomic("zero.db", "", 0, 0666), 0);
    assert_false(read_db("zero.db", NULL));
    expect("has no tables");
}

/* A writer that is at it, or was killed: what it wrote last is not in the file itself. */
static void
being_written(void **state)
{
    (void)state;
    sqlite3 *db;
    assert_int_equal(sqlite3_open("w.db", &db), SQLITE_OK);
    run(db, "PRAGMA journal_mode = wal; CREATE TABLE t (x); INSERT INTO t VALUES (1)");
    assert_false(read_db("w.db", "SELECT x FROM t"));
    expect("is being written: 'w.db-wal' lies beside it");
    assert_int_equal(sqlite3_close(db), SQLITE_OK); /* puts it in order */
    assert_true(read_db("w.db", "SELECT x FROM t"));
    assert_int_equal(sqlite3_open("j.db", &db), SQLITE_OK);
    run(db, "CREATE TABLE t (x); PRAGMA cache_size = 1; PRAGMA cache_spill = 1; BEGIN");
    for (int i = 0; i < 3000; i++)
        run(db, "INSERT INTO t VALUES (zeroblob(100))");
    assert_false(read_db("j.db", "SELECT x FROM t"));
    expect("is being written: 'j.db-journal' lies beside it");
    run(db, "ROLLBACK");
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* A transaction of another process, from its lock alone: nothing is in a file beside it yet. */
static void
locked(void **state)
{
    static const char *const modes[] = {"delete", "wal"};
    static const char *const begins[] = {"BEGIN EXCLUSIVE", "BEGIN IMMEDIATE",
        "BEGIN; SELECT count(*) FROM t"};
    (void)state;
    for (int mode = 0; mode < 2; mode++)
        for (int k = 0; k < 3; k++) {
            int ready[2], done[2];
            char byte = 0;
            unlink("l.db");
            make("l.db",
                mode ? "PRAGMA journal_mode = wal; CREATE TABLE t (x); INSERT INTO t VALUES (1)"
                     : "CREATE TABLE t (x); INSERT INTO t VALUES (1)");
            assert_true(pipe(ready) == 0 && pipe(done) == 0);
            pid_t child = fork();
            assert_true(child >= 0);
            if (!child) {
                sqlite3 *db;
                close(done[1]);
                bool ok = sqlite3_open("l.db", &db) == SQLITE_OK &&
                          sqlite3_exec(db, begins[k], NULL, NULL, NULL) == SQLITE_OK;
                ok = write(ready[1], ok ? "y" : "n", 1) == 1 && read(done[0], &byte, 1) == 0;
                _exit(!ok);
            }
            assert_int_equal(read(ready[0], &byte, 1), 1);
            assert_int_equal(byte, 'y');
            bool read_it = read_db("l.db", "SELECT x FROM t");
            if (k == 2 && !read_it)
                fail_msg("who reads (%s) keeps us from reading", modes[mode]);
            if (k < 2 && read_it)
                fail_msg("%s of journal mode %s was not seen", begins[k], modes[mode]);
            if (k < 2)
                expect("the database 'l.db' is being written: another program has locked it");
            close(done[1]);
            int status;
            assert_int_equal(waitpid(child, &status, 0), child);
            for (int i = 0; i < 2; i++)
                close(ready[i]);
            close(done[0]);
            assert_true(read_db("l.db", "SELECT x FROM t"));
        }
}

/* Nothing of the hour, the place or the library gets into rows, however it is asked for. */
static void
no_clock(void **state)
{
    static const char *const asks[] = {
        "SELECT datetime('now') AS x",
        "SELECT date() AS x",
        "SELECT julianday('n' || 'ow') AS x",
        "SELECT strftime('%s', 'now') AS x",
        "SELECT time('now', '-1 day') AS x",
        "SELECT CURRENT_TIMESTAMP AS x",
        "SELECT CURRENT_DATE AS x",
        "SELECT current_time AS x",
        "SELECT x FROM t WHERE x < julianday('now')",
        "SELECT x FROM t ORDER BY x + 0 * julianday()",
        "SELECT random() AS x",
        "SELECT hex(randomblob(4)) AS x",
        "SELECT x FROM t ORDER BY random()",
        "SELECT datetime(x, 'unixepoch', 'localtime') AS x FROM t",
        "SELECT datetime(x, 'unixepoch', 'utc') AS x FROM t",
        "SELECT datetime(x, 'unixepoch', 'local' || 'time') AS x FROM t",
        "SELECT sqlite_version() AS x",
        "SELECT sqlite_source_id() AS x",
        "SELECT load_extension('x') AS x",
        "SELECT x FROM hours",
        "SELECT sqlite_compileoption_get(1) AS x",
#if SQLITE_VERSION_NUMBER >= 3038000
        "SELECT unixepoch() AS x",
        "SELECT unixepoch('now', 'start of day') AS x",
#endif
#if SQLITE_VERSION_NUMBER >= 3043000
        "SELECT timediff('now', '2024-01-01') AS x",
#endif
    };
    (void)state;
    make("c.db", "CREATE TABLE t (x); INSERT INTO t VALUES (1);"
                 "CREATE VIEW hours AS SELECT strftime('%H', 'now') AS x");
    for (size_t i = 0; i < sizeof asks / sizeof *asks; i++) {
        if (read_db("c.db", asks[i]))
            fail_msg("%s is answered", asks[i]);
        expect("this query is not run: it");
    }
    make("v.db",
        "CREATE TABLE \"late night\" (y); CREATE VIEW Summary AS SELECT julianday('now') AS x");
    assert_false(read_db("v.db", NULL));
    expect("this view is not run: it asks for the time of day");
    /* dates that are in the file are computed as ever */
    assert_true(read_db("c.db",
        "SELECT date(60218 + 2400000.5) AS night, julianday('2024-01-01') AS jd FROM t"));
    assert_string_equal(strpool_get(&pool, ((uint32_t *)col("night")->data)[0]), "2023-10-01");
    assert_true(((double *)col("jd")->data)[0] == 2460310.5);
}

/* A file that is cut off, or damaged in its middle, is an error or gives rows; nothing worse. */
static void
damaged(void **state)
{
    (void)state;
    make("t.db", "CREATE TABLE v (id INTEGER PRIMARY KEY, x TEXT);"
                 "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 200) "
                 "INSERT INTO v SELECT i, 'visit ' || i FROM c");
    FILE *f = fopen("t.db", "rb");
    assert_non_null(f);
    static char bytes[1 << 16];
    size_t n = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    assert_true(n > 2048 && n < sizeof bytes);
    uint32_t seed = 7;
    for (int k = 0; k < 300; k++) {
        static char copy[sizeof bytes];
        memcpy(copy, bytes, n);
        size_t size = n;
        seed = seed * 1664525 + 1013904223;
        if (k % 3 == 0)
            size = seed % n;
        for (int i = 0; i < 8 && size > 100; i++) {
            seed = seed * 1664525 + 1013904223;
            copy[(k % 3 == 1 ? 0 : 100) + (seed >> 8) % (size - 100)] ^= (char)(1 << (seed & 7));
        }
        assert_int_equal(file_write_atomic("d.db", copy, size, 0666), 0);
        unsigned before = diag_count(d, DIAG_ERROR);
        bool good = read_db("d.db", NULL);
        assert_int_equal(good, diag_count(d, DIAG_ERROR) == before);
    }
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)
    const struct CMUnitTest tests[] = {T(types), T(many_rows), T(endless_rows), T(holes),
        T(read_only), T(odd_names), T(being_written), T(locked), T(no_clock), T(damaged)};
    return cmocka_run_group_tests_name("sqlite", tests, NULL, NULL);
}
