/* Tables: rows and typed columns. Where they come from is one reader each; what they hold is
 * columns of numbers or of interned strings. */
#ifndef TABLE_TABLE_H
#define TABLE_TABLE_H

#include "diag/diag.h"
#include "table/holes.h"
#include "sky/camera.h"
#include "util/strpool.h"

#include <stdbool.h>
#include <stdint.h>

enum { TABLE_MOST_COPIED = 100000000 }; /* rows that are looked at one by one */

enum column_type { COLUMN_INT, COLUMN_REAL, COLUMN_STRING, COLUMN_BOOL };

/* `data` is nrows of int64_t, double, uint32_t (string ids), uint8_t; NULL if the column is the
 * arithmetic progression first + row * step of integers (COLUMN_INT only). */
struct column {
    uint32_t name; /* string id */
    enum column_type type;
    void *data;
    int64_t first, step;
    struct holes *holes; /* cells without a value, which are 0 in `data`; NULL: none */
    struct span at;      /* its header cell or header line, for messages; may be NO_SPAN */
};

enum table_kind { TABLE_PLAIN, TABLE_VISITS, TABLE_SENSORS };

/* Of TABLE_VISITS: which columns are its id (whole numbers or text) and, as real degrees, its
 * place and angle. `angle` is -1 if no rotation is stated. */
struct visit_facts {
    unsigned id, ra, dec;
    int angle;
    int path; /* the column with the path of their instance catalog; -1: they have none */
    enum sky_rotation rotation;
    struct span at; /* where the rotation is stated */
};

/* Of TABLE_SENSORS: the columns of a sensor's name (text), number (whole), centre and size in the
 * focal plane (real mm) and angle about its centre (real degrees; -1: all are 0); radians a mm in
 * the centre, and what multiplies r^3 and r^5 (mm^-2, mm^-4). `scale` is 0 if none is stated. */
struct camera_facts {
    unsigned name, detector, x, y, width, height;
    int yaw;
    double scale, c3, c5;
    bool mirrored;
};

struct table {
    uint32_t name;  /* string id */
    struct span at; /* where the campaign declares it */
    uint32_t nrows, ncols;
    struct column *col;
    enum table_kind kind;
    const struct visit_facts *visits;  /* TABLE_VISITS; of the model's arena */
    const struct camera_facts *camera; /* TABLE_SENSORS; of the model's arena */
    /* A selection: these rows of that table, ascending; or NULL. */
    const struct table *of;
    uint32_t *of_row;
    /* of none: the condition that no row fulfils, in the tree; or NULL */
    const struct span *emptied;
    /* For messages about data: the source and the line of each row, or NULL. The rows of a database
     * have no lines: there it is the number of the row. */
    uint32_t *row_file, *row_line;
    uint32_t file; /* the source of all rows if row_file is NULL; DIAG_NO_FILE: none */
};

void table_free(struct table *t);                       /* what it points to, not itself */
int table_column(const struct table *t, uint32_t name); /* index, or -1 */
/* "visits.csv:17" for row `row`, if the table knows it; "" otherwise. Into a static-free buffer
 * of the caller. */
void table_row_place(const struct table *t, const struct diags *d, uint32_t row, char *buf,
    size_t n);
/* Its number, from 1 on: in a database that of the source, whatever was left out since. */
uint32_t table_row_number(const struct table *t, uint32_t row);

/* The readers. `at` is the span of the path in the campaign, for "cannot open". They queue
 * errors in `d` and return false if there was any; `out` then holds what could be read and must
 * be freed all the same. Strings go to `pool`.
 *
 * csv: first line names the columns; RFC 4180 quoting, comma; `#` lines before the header and
 * blank lines are skipped; CRLF accepted; UTF-8 BOM skipped. A column is int if its first cell is
 * a whole number (and becomes real if a later one has a fraction), real if its first cell is a
 * number, bool for true/false, else string; a quoted first cell is always a string. A later cell
 * that does not fit, inf, nan, and empty cells of number columns are holes. Ragged rows and doubled
 * column names are errors. */
bool table_read_csv(struct diags *d, struct strpool *pool, const char *path, struct span at,
    struct table *out);
/* The same with another separator, or without a header. ' ' separates by any blanks and tabs, so
 * that no cell is empty. `column`: the names of the columns (string
 * ids; `at` of a name is its span) of a file whose first line is data; none: the first line has
 * them. */
struct csv_form {
    char separator; /* ',' '\t' ' '; '\n': each line is one cell as it is */
    size_t ncolumns;
    const uint32_t *column;
    const struct span *column_at;
    bool comments; /* `#` lines are skipped everywhere, and not before the header alone */
};
bool table_read_separated(struct diags *d, struct strpool *pool, const char *path, struct span at,
    const struct csv_form *form, struct table *out);
/* sqlite: the rows of a query, or of a table of the database. Opened for reading only; a query
 * cannot write, attach, load, recurse or ask for chance or the time. Columns are int, real (whole
 * numbers among them) or text by what they hold. Errors: everything that SQLite complains of
 * (quoted, with a caret in the query), names that are empty or doubled. NULL, BLOBs and text among
 * numbers are holes. */
struct sqlite_from {
    const char *path;
    struct span path_at;
    /* NULL: a whole table, the first of `table` that is there, else the only one */
    const char *query;
    struct span query_at;
    const char *const *table;
    size_t ntables;
};
/* *picked (if not NULL) is the index in from->table of the one read, or -1. */
bool table_read_sqlite(struct diags *d, struct strpool *pool, const struct sqlite_from *from,
    int *picked, struct table *out);
/* instcat: headers of phosim instance catalogs, one row a file, `pattern` is a glob (sorted).
 * Lines `key value` up to the first `object` or `includeobj` line, in any order; `#` comments;
 * .gz read through zlib. Columns: every header key in lower case (keys that not all files have
 * are left out unless no file lacks them), plus path, and id (= obshistid), ra (=
 * rightascension), dec (= declination), band (letter u g r i z y of filter 0..5; a letter is
 * accepted). obshistid and filter and seed-like keys are ints ("2.0" is 2), the rest reals.
 * Errors: no file matches; no obshistid (nor rightascension, declination, filter), an obshistid
 * that is none, a key twice, two catalogs with one obshistid (both named). Other values that are no
 * numbers are holes. */
bool table_read_instcat(struct diags *d, struct strpool *pool, const char *pattern, struct span at,
    struct table *out);
/* glob: one row a matching file, sorted; columns path, name (last part), stem (name up to its
 * first dot), dir. No match is an error. `form` (or NULL): the names of columns with what each `*`
 * of the pattern stands for, as few characters as can be; they are typed as cells of csv. */
bool table_read_glob(struct diags *d, struct strpool *pool, const char *pattern, struct span at,
    const struct csv_form *form, struct table *out);
/* json: a list of objects, one a row, or an object that has one such list, or one object a line;
 * the members of a member are called a.b. Null, lists, and what a row lacks are holes. */
bool table_read_json(struct diags *d, struct strpool *pool, const char *path, struct span at,
    struct table *out);
/* Integers first .. last (inclusive) by step (not 0), one column of that name, not stored. */
bool table_from_range(struct diags *d, uint32_t name, int64_t first, int64_t last, int64_t step,
    struct span at, struct table *out);

/* How many of its first columns tell all rows apart: the fewest that do, or 1 if no five do. */
unsigned table_key(const struct table *t);
/* Do the named columns (indices) tell all rows apart? */
bool table_is_key(const struct table *t, const unsigned *column, unsigned ncolumns);
/* The rows of `from` that differ in the named columns (indices), each where it first stands. Only
 * these columns are in `out`, which keeps its name and `at`. Owns its own memory. */
void table_distinct(const struct table *from, const unsigned *column, unsigned ncolumns,
    struct table *out);
/* The given rows (ascending), all columns; keeps name, place, kind and facts. Owns its memory. */
void table_select(const struct table *from, const uint32_t *row, uint32_t n, struct table *out);
/* Drops the other rows. */
void table_keep(struct table *t, const uint32_t *row, uint32_t n);
/* Makes a column the first one: it is what tasks are called by. */
void table_lead(struct table *t, unsigned column);
/* Frees what a column holds. */
void column_free(struct column *c);
/* Columns that have no holes come first: they are what rows are told apart by. */
void table_holes_last(struct table *t);
/* Bytes of a cell. */
size_t column_width(enum column_type type);
/* Memory for n cells (at least one) of a column, all zero. */
void *column_cells(enum column_type type, size_t n);

/* Is there a control character in the text, a line break or a tab, too? */
bool table_control(const char *s, size_t n);

#endif
