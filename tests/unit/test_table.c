#include "config.h"

#include "table/table.h"
#include "util/buf.h"
#include "util/file.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

/* Each test works in a folder of its own, and reads relative names there. */
static char folder[] = "/tmp/wfl-table-XXXXXX";
static struct diags *d;
static struct strpool pool;
static struct table t;

static void
put(const char *name, const char *text)
{
    assert_int_equal(dir_make_parent(name), 0);
    assert_int_equal(file_write_atomic(name, text, strlen(text), 0666), 0);
}

static void
put_gz(const char *name, const char *text)
{
    gzFile f = gzopen(name, "wb");
    assert_non_null(f);
    assert_int_equal(gzwrite(f, text, (unsigned)strlen(text)), (int)strlen(text));
    assert_int_equal(gzclose(f), Z_OK);
}

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

/* The queue as text; all of `words` (NULL-terminated) must be in it. */
static void
expect_words(const char *const *words)
{
    char *text = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&text, &n);
    assert_non_null(f);
    diag_print(d, f, false, 0);
    assert_int_equal(fclose(f), 0);
    for (; *words; words++)
        if (!strstr(text, *words))
            fail_msg("'%s' is not in:\n%s", *words, text);
    free(text);
}
#define EXPECT(...) expect_words((const char *const[]){__VA_ARGS__, NULL})

static bool
csv(const char *text)
{
    table_free(&t);
    put("t.csv", text);
    /* the sources are kept: another text of the same name needs another context */
    diag_free(d);
    d = diag_new();
    return table_read_csv(d, &pool, "t.csv", NO_SPAN, &t);
}

static struct column *
col(const char *name)
{
    int i = table_column(&t, strpool_adds(&pool, name));
    if (i < 0)
        fail_msg("no column '%s'", name);
    return &t.col[i];
}

static int64_t
ival(const char *name, uint32_t row)
{
    assert_int_equal(col(name)->type, COLUMN_INT);
    return ((int64_t *)col(name)->data)[row];
}

static double
rval(const char *name, uint32_t row)
{
    assert_int_equal(col(name)->type, COLUMN_REAL);
    return ((double *)col(name)->data)[row];
}

static const char *
sval(const char *name, uint32_t row)
{
    assert_int_equal(col(name)->type, COLUMN_STRING);
    return strpool_get(&pool, ((uint32_t *)col(name)->data)[row]);
}

static void
csv_types(void **state)
{
    (void)state;
    assert_true(csv("id,ra,band,ok,note,mixed\n"
                    "1,61.5,r,true,\"12\",7\n"
                    "-2,3,\"g\",False,\"a, \"\"b\"\"\",7.5\n"));
    assert_int_equal(t.nrows, 2);
    assert_int_equal(t.ncols, 6);
    assert_int_equal(ival("id", 1), -2);
    assert_true(rval("ra", 0) == 61.5 && rval("ra", 1) == 3);
    assert_string_equal(sval("band", 1), "g");
    assert_int_equal(col("ok")->type, COLUMN_BOOL);
    assert_int_equal(((uint8_t *)col("ok")->data)[0], 1);
    assert_int_equal(((uint8_t *)col("ok")->data)[1], 0);
    assert_string_equal(sval("note", 0), "12");
    assert_string_equal(sval("note", 1), "a, \"b\"");
    assert_true(rval("mixed", 0) == 7 && rval("mixed", 1) == 7.5);
    char place[64];
    table_row_place(&t, d, 1, place, sizeof place);
    assert_string_equal(place, "t.csv:3");
}

static void
csv_shapes(void **state)
{
    (void)state;
    assert_true(
        csv("\xef\xbb\xbf# a comment\r\n\r\nid , name\r\n 1,\tx y \r\n\r\n2, \"z\" \r\n3,"));
    assert_int_equal(t.nrows, 3);
    assert_int_equal(ival("id", 2), 3);
    assert_string_equal(sval("name", 0), "x y");
    assert_string_equal(sval("name", 1), "z");
    assert_string_equal(sval("name", 2), "");
    assert_int_equal(t.row_line[1], 6);
    /* nothing known of a column of empty cells: text; leading empty text cells are fine */
    assert_true(csv("a,b,c\n1,,\n2,,x\n"));
    assert_string_equal(sval("b", 1), "");
    assert_string_equal(sval("c", 0), "");
    assert_string_equal(sval("c", 1), "x");
}

/* A cell that is no value, and why; where it stands in the file. */
static void
hole(const char *name, uint32_t row, const char *why, uint32_t line, uint32_t column,
    const char *help)
{
    const struct hole *x = holes_at(col(name)->holes, row);
    if (!x)
        fail_msg("row %u of '%s' has a value", row, name);
    assert_string_equal(strpool_get(&pool, x->why), why);
    if (help && !strstr(strpool_get(&pool, x->help), help))
        fail_msg("'%s' is not in '%s'", help, strpool_get(&pool, x->help));
    uint32_t l = 0, k = 0;
    if (line)
        diag_where(d, x->at, &l, &k);
    assert_int_equal(l, line);
    assert_int_equal(k, column);
}

static void
csv_bad_cells(void **state)
{
    (void)state;
    assert_true(csv("id,band\n3,r\nR22,g\n,i\n"));
    hole("id", 1, "column 'id': it holds whole numbers, but this cell is 'R22'", 3, 1,
        "write the column's first value in quotes (\"3\") to make it text");
    hole("id", 2, "column 'id': it holds whole numbers, but this cell is empty", 4, 1, NULL);
    assert_null(col("band")->holes);
    assert_true(csv("id,x\n1,nan\n2,5\n"));
    hole("x", 0, "column 'x': 'nan' is no usable number", 2, 3, NULL);
    assert_true(rval("x", 1) == 5);
    assert_true(csv("id,x\n1,0.5\n2,-inf\n"));
    hole("x", 1, "column 'x': '-inf' is no usable number", 3, 3, NULL);
    assert_true(csv("id,x\n1,\n2,5\n3,\n4,\n5,x\n"));
    hole("x", 0, "column 'x': it holds whole numbers, but this cell is empty", 2, 3, NULL);
    assert_null(holes_at(col("x")->holes, 1));
    hole("x", 2, "column 'x': it holds whole numbers, but this cell is empty", 4, 3, NULL);
    assert_int_equal(col("x")->holes->n, 3); /* two in a row that are alike are one */
    assert_non_null(holes_at(col("x")->holes, 3));
    assert_true(csv("id\n1\n99999999999999999999\n"));
    hole("id", 1, "column 'id': 99999999999999999999 is too large for a number", 3, 1, "in quotes");
    assert_true(csv("id\n9007199254740993\n0.5\n9007199254740993\n"));
    hole("id", 0,
        "column 'id': 9007199254740993, beside fractions in other rows, is more than a real number "
        "can hold exactly",
        0, 0, NULL);
    hole("id", 2,
        "column 'id': 9007199254740993, beside fractions in other rows, is more than a real number "
        "can hold exactly",
        4, 1, NULL);
    assert_true(csv("ok\ntrue\nmaybe\n"));
    hole("ok", 1, "column 'ok': it holds true or false, but this cell is 'maybe'", 3, 1, NULL);
    assert_true(csv("s\n\"a\nb\"\n"));
    hole("s", 0, "column 's': a control character is in this cell (a line break)", 2, 1, NULL);
    assert_true(csv("s\na\tb\n"));
    hole("s", 0, "column 's': a control character is in this cell (a tab)", 2, 1,
        "separate cells by commas");
    assert_false(csv("s\n\"abc\n"));
    EXPECT("t.csv:2:1: error: this quote is never closed");
    assert_false(csv("s,u\n\"a\"b,1\n"));
    EXPECT("t.csv:2:4: error: text behind the closing quote of a cell");
    assert_false(csv("a\tb\n1\t2\n"));
    EXPECT("a name with a control character in it (a tab)", "{ separator tab }");
}

/* A column without a name is there for nobody; its cells do not matter. */
static void
csv_unnamed(void **state)
{
    (void)state;
    assert_true(csv(",a,b,\n0,1,2,\nx,3,4,nan\n"));
    assert_int_equal(t.ncols, 4);
    assert_int_equal(ival("a", 1), 3);
    assert_int_equal(ival("b", 0), 2);
    assert_true(csv("\"b c\",for\n1,2\n"));
    assert_int_equal(ival("b c", 0), 1);
    assert_int_equal(ival("for", 0), 2);
}

static void
csv_bad_shapes(void **state)
{
    (void)state;
    assert_false(csv("a,b\n1\n1,2,3\n1,2\n"));
    EXPECT("t.csv:2:1: error: this row has 1 cell, but the header names 2 columns",
        "t.csv:3:5: error: this row has 3 cells, but the header names 2 columns");
    assert_false(csv(""));
    EXPECT("the table is empty");
    assert_false(csv("a,b\n"));
    EXPECT("the table 't.csv' has no rows");
    assert_false(csv("a,b,a\n1,2,3\n"));
    EXPECT("t.csv:1:5: error: two columns are named 'a'", "the first one");
    assert_false(csv("# id,ra\n1,2.5\n2,3.5\n"));
    EXPECT("t.csv:2:1: error: '1' where a column should be named",
        "a line that begins with # is a comment");
    assert_false(csv("id;ra\n1;2\n"));
    EXPECT("its name has a semicolon in it");
    assert_false(csv("obsHistID expMJD\n1 2\n"));
    EXPECT("its name has a blank in it");
    table_free(&t);
    assert_false(table_read_csv(d, &pool, "none.csv", NO_SPAN, &t));
    EXPECT("cannot read the table 'none.csv': No such file or directory");
    struct buf b = {0};
    buf_puts(&b, "id\n1\n");
    for (int i = 0; i < 100; i++)
        buf_puts(&b, "x,y\n");
    assert_false(csv(b.p));
    assert_int_equal(diag_count(d, DIAG_ERROR), 21);
    EXPECT("reading of 't.csv' stopped here, after 20 errors");
    buf_free(&b);
}

#define CATALOG(id, more)                                                                          \
    "#comment\n"                                                                                   \
    "rightascension 65.50997516276744648\nMJD 60261.09014361110894242\nfilter 0\n"                 \
    "declination -33.40601776620508190\nobshistid " id "\nnsnap 2.0\nseed " id "\n" more

static void
instcat_columns(void **state)
{
    (void)state;
    put("c/a/phosim_cat_7.txt", CATALOG("7", "seqnum 3\r\n\nobject 1 2 3 4\nnot a header\n"));
    put("c/b/phosim_cat_5.txt", CATALOG("5.0", "seeing 0.5\nincludeobj x.txt.gz\nbad\n"));
    assert_int_equal(dir_make("c/c"), 0);
    put_gz("c/c/phosim_cat_6.txt.gz", CATALOG("6", "# object x\nseqnum 1\n"));
    assert_true(table_read_instcat(d, &pool, "c/*/phosim_cat_*.txt*", NO_SPAN, &t));
    assert_int_equal(t.nrows, 3);
    assert_string_equal(strpool_get(&pool, t.col[0].name), "id");
    assert_int_equal(ival("id", 0), 7);
    assert_int_equal(ival("id", 1), 5);
    assert_int_equal(ival("obshistid", 2), 6);
    assert_int_equal(ival("nsnap", 0), 2);
    assert_true(rval("ra", 0) == 65.50997516276744648);
    assert_true(rval("dec", 2) == -33.40601776620508190);
    assert_true(rval("mjd", 1) == 60261.09014361110894242);
    assert_string_equal(sval("band", 0), "u");
    assert_string_equal(sval("path", 1), "c/b/phosim_cat_5.txt");
    /* not everywhere */
    assert_int_equal(table_column(&t, strpool_adds(&pool, "seqnum")), -1);
    assert_int_equal(table_column(&t, strpool_adds(&pool, "seeing")), -1);
    assert_string_equal(diag_name(d, t.row_file[2]), "c/c/phosim_cat_6.txt.gz");
}

static bool
one_catalog(const char *text)
{
    table_free(&t);
    put("cat.txt", text);
    diag_free(d);
    d = diag_new();
    return table_read_instcat(d, &pool, "cat.txt", NO_SPAN, &t);
}

static void
instcat_errors(void **state)
{
    (void)state;
    assert_false(one_catalog(CATALOG("7", "seed 8\nobject 1\n")));
    EXPECT("cat.txt:9:1: error: 'seed' is given twice");
    assert_false(one_catalog(CATALOG("7x", "")));
    EXPECT("the value of 'obshistid' is no number");
    assert_false(one_catalog(CATALOG("7.5", "")));
    EXPECT("the value of 'obshistid' is no whole number");
    assert_true(one_catalog(CATALOG("7", "seeing nan\n")));
    hole("seeing", 0, "the value of 'seeing' is no usable number", 9, 8, NULL);
    assert_false(one_catalog(CATALOG("7", "seeing\n")));
    EXPECT("a header line without a value");
    assert_false(one_catalog("object 1 2 3\n"));
    EXPECT("the catalog's header has no 'obshistid'", "narrow the pattern");
    assert_true(one_catalog("obshistid 1\nrightascension 1\nfilter r\ndeclination 95\n"));
    hole("dec", 0, "a declination past the pole", 4, 13, "it is given in degrees");
    assert_true(one_catalog("obshistid 1\nrightascension 1\nfilter 6\ndeclination 5\n"));
    hole("band", 0, "the filter is unknown", 3, 8, "0 to 5 stand for");
    assert_true(one_catalog("obshistid 1\nrightascension 1\nfilter y\ndeclination 5\n"));
    assert_string_equal(sval("band", 0), "y");
    assert_int_equal(ival("filter", 0), 5);
}

static void
instcat_twins(void **state)
{
    (void)state;
    put("x/1.txt", CATALOG("7", ""));
    put("x/2.txt", CATALOG("8", ""));
    put("x/3.txt", CATALOG("7", ""));
    assert_false(table_read_instcat(d, &pool, "x/*.txt", NO_SPAN, &t));
    EXPECT("x/3.txt:1:1: error: two catalogs have the obshistid 7", "x/1.txt:1:1: note: the other");
}

static void
instcat_damage(void **state)
{
    (void)state;
    put_gz("cut.gz", CATALOG("7", ""));
    assert_int_equal(truncate("cut.gz", 60), 0);
    assert_false(table_read_instcat(d, &pool, "cut.gz", NO_SPAN, &t));
    EXPECT("cannot read the catalog 'cut.gz'", "cut off");
    table_free(&t);
    /* the object part is not read: its damage does not matter */
    struct buf b = {0};
    buf_puts(&b, CATALOG("7", "object 1 2 3\n"));
    for (int i = 0; i < 100000; i++)
        buf_printf(&b, "object %d %d\n", i, i * 7919);
    put_gz("long.gz", b.p);
    buf_free(&b);
    assert_int_equal(truncate("long.gz", 100000), 0);
    assert_true(table_read_instcat(d, &pool, "long.gz", NO_SPAN, &t));
    assert_int_equal(ival("id", 0), 7);
}

static void
glob_columns(void **state)
{
    (void)state;
    put("in/b.fits.gz", "x");
    put("in/a.fits", "x");
    put("in/.hidden.fits", "x");
    put("in/d.fits/x", "x");
    assert_true(table_read_glob(d, &pool, "in/*.fits*", NO_SPAN, NULL, &t));
    assert_int_equal(t.nrows, 2); /* d.fits is a folder */
    assert_string_equal(sval("path", 0), "in/a.fits");
    assert_string_equal(sval("name", 1), "b.fits.gz");
    assert_string_equal(sval("stem", 1), "b");
    assert_string_equal(sval("dir", 1), "in");
    table_free(&t);
    assert_true(table_read_glob(d, &pool, "in/*/", NO_SPAN, NULL, &t));
    assert_int_equal(t.nrows, 1);
    assert_string_equal(sval("path", 0), "in/d.fits");
}

static void
glob_stars(void **state)
{
    (void)state;
    const uint32_t id[] = {strpool_adds(&pool, "night"), strpool_adds(&pool, "visit"),
        strpool_adds(&pool, "band")};
    const struct span at[3] = {NO_SPAN, NO_SPAN, NO_SPAN};
    struct csv_form form = {.ncolumns = 3, .column = id, .column_at = at};
    put("raw/n1/v007_r.fits", "x");
    put("raw/n1/v12_g_b.fits", "x");
    put("raw/n2/v8_.fits", "x");
    assert_true(table_read_glob(d, &pool, "raw/n*/v*_*.fit[s-t]", NO_SPAN, &form, &t));
    assert_int_equal(t.nrows, 3);
    assert_int_equal(ival("night", 2), 2);
    assert_int_equal(ival("visit", 0), 7);
    assert_int_equal(ival("visit", 1), 12);
    assert_string_equal(sval("band", 0), "r");
    assert_string_equal(sval("band", 1), "g_b"); /* the first * takes no more than it must */
    assert_string_equal(sval("band", 2), "");
    table_free(&t);
    put("raw/n3/vx_r.fits", "x"); /* a number is missing in one of the names */
    assert_true(table_read_glob(d, &pool, "raw/n*/v*_?*fits", NO_SPAN, &form, &t));
    hole("visit", 3,
        "column 'visit' of 'raw/n*/v*_?*fits' holds text, and a whole number in rows before", 0, 0,
        NULL);
    table_free(&t);
    form.ncolumns = 2;
    assert_false(table_read_glob(d, &pool, "raw/n*/v*_*.fits", NO_SPAN, &form, &t));
    EXPECT("2 columns are named, and the pattern has 3 *");
    table_free(&t);
    const uint32_t path[] = {strpool_adds(&pool, "path")};
    form = (struct csv_form){.ncolumns = 1, .column = path, .column_at = at};
    assert_false(table_read_glob(d, &pool, "raw/n*/v007_r.fits", NO_SPAN, &form, &t));
    EXPECT("a table of files has a column 'path' already");
}

static bool
json(const char *text)
{
    table_free(&t);
    put("t.json", text);
    diag_free(d);
    d = diag_new();
    return table_read_json(d, &pool, "t.json", NO_SPAN, &t);
}

static void
json_tables(void **state)
{
    (void)state;
    assert_true(json("[{\"id\": 1, \"ra\": 2, \"name\": \"a\\u00e9\", \"ok\": true, \"pos\": "
                     "{\"x\": 1, \"y\": [2]}},"
                     " {\"id\": 2, \"ra\": 2.5, \"name\": null, \"ok\": false, \"late\": \"x\"}]"));
    assert_int_equal(t.nrows, 2);
    assert_int_equal(ival("id", 1), 2);
    assert_true(rval("ra", 0) == 2 && rval("ra", 1) == 2.5);
    assert_string_equal(sval("name", 0), "a\xc3\xa9");
    hole("name", 1, "column 'name' of 't.json' is null", 0, 0, NULL);
    assert_int_equal(((uint8_t *)col("ok")->data)[0], 1);
    assert_int_equal(ival("pos.x", 0), 1);
    hole("pos.x", 1, "column 'pos.x' of 't.json' is not there", 0, 0, NULL);
    hole("pos.y", 0, "column 'pos.y' of 't.json' holds a list", 0, 0, NULL);
    hole("late", 0, "column 'late' of 't.json' is not there", 0, 0, NULL);
    assert_string_equal(sval("late", 1), "x");
    assert_int_equal(table_row_number(&t, 1), 2);
    /* other forms: in an object, one a line, plain values */
    assert_true(json("{\"version\": 3, \"tags\": [\"x\"], \"visits\": [{\"id\": 7}]}"));
    assert_int_equal(ival("id", 0), 7);
    assert_true(json("{\"id\": 7}\n\n{\"id\": 8}\r\n{\"id\": \"x\"}"));
    assert_int_equal(t.nrows, 3);
    assert_int_equal(ival("id", 1), 8);
    hole("id", 2, "column 'id' of 't.json' holds text, and a whole number in rows before", 0, 0,
        NULL);
    assert_true(json("[3, 4.5, 9007199254740993]"));
    assert_true(rval("value", 1) == 4.5);
    hole("value", 2,
        "column 'value' of 't.json' holds a whole number beside fractions in other rows, which is "
        "more than a "
        "real number can hold exactly",
        0, 0, NULL);
    assert_true(json("[{\"x\": nan, \"y\": \"a\\tb\"}]"));
    hole("x", 0, "column 'x' of 't.json' holds what is no usable number", 0, 0, NULL);
    hole("y", 0,
        "column 'y' of 't.json' holds a control character (a line break, or not printable)", 0, 0,
        NULL);
}

static void
json_errors(void **state)
{
    (void)state;
    assert_false(json("{\"a\": 1,\n 2}"));
    EXPECT("'t.json' is no table: line 2 of it: ", "one object on each line");
    assert_false(json("{\"a\": 1}\n[2]\n"));
    EXPECT("'t.json' is no table: line 2 of it is no object");
    assert_false(json("{\"a\": [{\"x\": 1}], \"b\": [{\"x\": 1}]}"));
    EXPECT("'t.json' is no table: it is not one list of rows");
    assert_false(json("[]"));
    EXPECT("'t.json' has no rows");
    assert_false(json(""));
    EXPECT("'t.json' ");
    assert_false(json("[{\"a\": 1, \"a\": 2}]"));
    EXPECT("a row of 't.json' has two members 'a'");
    table_free(&t);
    assert_false(table_read_json(d, &pool, "none.json", NO_SPAN, &t));
    EXPECT("cannot read the table 'none.json': No such file or directory");
}

static void
glob_errors(void **state)
{
    (void)state;
    assert_false(table_read_glob(d, &pool, "in/sub/*.fits", NO_SPAN, NULL, &t));
    EXPECT("no file matches 'in/sub/*.fits'", "the folder 'in' does not exist");
    table_free(&t);
    put("in/a\nb.fits", "x");
    assert_false(table_read_glob(d, &pool, "in/*.fits", NO_SPAN, NULL, &t));
    EXPECT("a file name with a control character");
    if (geteuid() == 0)
        return; /* root reads every folder */
    table_free(&t);
    assert_int_equal(dir_make("p/q"), 0);
    assert_int_equal(chmod("p/q", 0), 0);
    assert_false(table_read_glob(d, &pool, "p/*/x*", NO_SPAN, NULL, &t));
    EXPECT("cannot read the folder 'p/q': Permission denied");
}

static void
ranges(void **state)
{
    (void)state;
    uint32_t name = strpool_adds(&pool, "k");
    assert_true(table_from_range(d, name, 1, 50, 1, NO_SPAN, &t));
    assert_int_equal(t.nrows, 50);
    assert_null(t.col[0].data);
    table_free(&t);
    assert_true(table_from_range(d, name, 10, 1, -4, NO_SPAN, &t));
    assert_int_equal(t.nrows, 3);
    table_free(&t);
    assert_true(table_from_range(d, name, INT64_MIN, INT64_MAX, INT64_MAX, NO_SPAN, &t));
    assert_int_equal(t.nrows, 3);
    table_free(&t);
    assert_true(table_from_range(d, name, INT64_MAX, INT64_MIN, INT64_MIN, NO_SPAN, &t));
    assert_int_equal(t.nrows, 2);
    table_free(&t);
    assert_false(table_from_range(d, name, INT64_MIN, INT64_MAX, 1, NO_SPAN, &t));
    assert_false(table_from_range(d, name, 2, 1, 1, NO_SPAN, &t));
    assert_false(table_from_range(d, name, 1, 2, 0, NO_SPAN, &t));
    EXPECT("has more than 4 294 967 294 values", "the range 2 .. 1 is empty", "in steps of 0");
}

static bool
separated(const char *text, char separator, unsigned ncolumns)
{
    static const char *const name[] = {"a", "b", "c"};
    uint32_t id[3];
    const struct span at[3] = {NO_SPAN, NO_SPAN, NO_SPAN};
    for (int i = 0; i < 3; i++)
        id[i] = strpool_adds(&pool, name[i]);
    const struct csv_form form = {separator, ncolumns, id, at, separator != ','};
    table_free(&t);
    put("t.txt", text);
    diag_free(d);
    d = diag_new();
    return table_read_separated(d, &pool, "t.txt", NO_SPAN, &form, &t);
}

/* Visit lists as they are found: one blank or two, with or without a header, bare ids. */
static void
lists(void **state)
{
    (void)state;
    assert_true(separated("obsHistID expMJD\n2249 59583.080873\n2278  59583.094378  \n", ' ', 0));
    assert_int_equal(t.nrows, 2);
    assert_int_equal(ival("obsHistID", 1), 2278);
    assert_true(rval("expMJD", 1) == 59583.094378);
    assert_true(separated("179145  59818.341339\n 179146\t59818.341789\r\n\n  \n179152 1", ' ', 2));
    assert_int_equal(t.nrows, 3);
    assert_int_equal(ival("a", 1), 179146);
    assert_int_equal(ival("a", 2), 179152);
    assert_int_equal(t.row_line[2], 5);
    assert_true(separated("230\n250\n260\n", ' ', 1));
    assert_int_equal(ival("a", 2), 260);
    assert_true(separated("230\n250\n260", ',', 1));
    assert_int_equal(t.nrows, 3);
    /* comments, anywhere; a quoted cell may hold blanks */
    assert_true(
        separated("# made by hand\n id  note\n1 \"two words\"\n  # 2 none\n3 \"\"\n", ' ', 0));
    assert_int_equal(t.nrows, 2);
    assert_string_equal(sval("note", 0), "two words");
    assert_string_equal(sval("note", 1), "");
    /* tabs: cells may be empty and hold blanks */
    assert_true(separated("id\tnote\tx\n1\ttwo words \t\n2\t\tq\n", '\t', 0));
    assert_string_equal(sval("note", 0), "two words");
    assert_string_equal(sval("note", 1), "");
    assert_string_equal(sval("x", 0), "");
}

static void
bad_lists(void **state)
{
    (void)state;
    assert_false(separated("179145  59818.3\n", ' ', 0));
    EXPECT("t.txt:1:1: error: '179145' where a column should be named", "{ columns a, b }");
    assert_false(separated("id mjd\n1 2\n2 3\n", ' ', 2));
    EXPECT("t.txt:1:1: error: this line looks like the names of the columns");
    assert_true(separated("id mjd\nx y\n", ' ', 2)); /* so they are words */
    assert_true(separated("\"id\" \"mjd\"\n1 2\n", ' ', 2));
    assert_false(separated("1 2\n1 2 3\n4\n", ' ', 2));
    EXPECT("t.txt:2:5: error: this row has 3 cells, but the campaign names 2 columns",
        "t.txt:3:1: error: this row has 1 cell,");
    assert_false(separated("id note\n1 \"two\"x\n", ' ', 0));
    EXPECT("t.txt:2:8: error: text behind the closing quote");
    assert_false(separated("", ' ', 1));
    EXPECT("the table is empty");
    assert_false(separated("# nothing\n", ' ', 1));
    EXPECT("the table is empty");
    assert_false(separated("a,b\n1,2\n", '\t', 0) && t.ncols == 2);
}

static void
selections(void **state)
{
    (void)state;
    assert_true(csv("id,ra,band,ok\n1,61.5,r,true\n2,3,g,false\n3,7,r,true\n"));
    struct table some;
    table_select(&t, (const uint32_t[]){0, 2}, 2, &some);
    assert_int_equal(some.nrows, 2);
    assert_int_equal(some.row_line[1], 4);
    assert_int_equal(((int64_t *)some.col[0].data)[1], 3);
    assert_true(((double *)some.col[1].data)[1] == 7);
    assert_int_equal(((uint32_t *)some.col[2].data)[0], ((uint32_t *)some.col[2].data)[1]);
    assert_int_equal(((uint8_t *)some.col[3].data)[1], 1);
    table_free(&some);
    table_keep(&t, (const uint32_t[]){1}, 1);
    assert_int_equal(ival("id", 0), 2);
    table_lead(&t, 2);
    assert_string_equal(sval("band", 0), "g");
    assert_int_equal(table_column(&t, strpool_adds(&pool, "band")), 0);
    assert_int_equal(table_column(&t, strpool_adds(&pool, "id")), 1);
    assert_int_equal(table_column(&t, strpool_adds(&pool, "ok")), 3);
    struct table range;
    assert_true(table_from_range(d, strpool_adds(&pool, "n"), 10, 2, -2, NO_SPAN, &range));
    table_keep(&range, (const uint32_t[]){1, 4}, 2);
    assert_int_equal(((int64_t *)range.col[0].data)[0], 8);
    assert_int_equal(((int64_t *)range.col[0].data)[1], 2);
    table_free(&range);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(csv_types),
        TEST(csv_shapes),
        TEST(csv_bad_cells),
        TEST(csv_unnamed),
        TEST(csv_bad_shapes),
        TEST(lists),
        TEST(bad_lists),
        TEST(selections),
        TEST(instcat_columns),
        TEST(instcat_errors),
        TEST(instcat_twins),
        TEST(instcat_damage),
        TEST(glob_columns),
        TEST(glob_errors),
        TEST(glob_stars),
        TEST(json_tables),
        TEST(json_errors),
        TEST(ranges),
    };
    return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
