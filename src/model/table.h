/* Tables: rows and typed columns. Where they come from is one reader each; what they hold is
 * columns of numbers or of interned strings. */
#ifndef MODEL_TABLE_H
#define MODEL_TABLE_H

#include "diag/diag.h"
#include "util/strpool.h"

#include <stdbool.h>
#include <stdint.h>

enum column_type { COLUMN_INT, COLUMN_REAL, COLUMN_STRING, COLUMN_BOOL };

/* `data` is nrows of int64_t, double, uint32_t (string ids), uint8_t; NULL if the column is the
 * arithmetic progression first + row * step of integers (COLUMN_INT only). */
struct column {
    uint32_t name; /* string id */
    enum column_type type;
    void *data;
    int64_t first, step;
    struct span at; /* its header cell or header line, for messages; may be NO_SPAN */
};

struct table {
    uint32_t name;  /* string id */
    struct span at; /* where the campaign declares it */
    uint32_t nrows, ncols;
    struct column *col;
    /* For messages about data: the source and the line of each row, or NULL. */
    uint32_t *row_file, *row_line;
    uint32_t file; /* the source of all rows if row_file is NULL; DIAG_NO_FILE: none */
};

void table_free(struct table *t); /* what it points to, not itself */
int table_column(const struct table *t, uint32_t name); /* index, or -1 */
/* "visits.csv:17" for row `row`, if the table knows it; "" otherwise. Into a static-free buffer
 * of the caller. */
void table_row_place(const struct table *t, const struct diags *d, uint32_t row, char *buf, size_t n);

/* The readers. `at` is the span of the path in the campaign, for "cannot open". They queue
 * errors in `d` and return false if there was any; `out` then holds what could be read and must
 * be freed all the same. Strings go to `pool`.
 *
 * csv: first line names the columns; RFC 4180 quoting, comma; `#` lines before the header and
 * blank lines are skipped; CRLF accepted; UTF-8 BOM skipped. A column is int if its first cell is
 * a whole number (and becomes real if a later one has a fraction), real if its first cell is a
 * number, bool for true/false, else string; a quoted first cell is always a string. A later cell
 * that does not fit is an error that names file, line, column and remedy (quote the first cell).
 * inf, nan, empty cells of number columns, ragged rows, doubled or empty column names: errors. */
bool table_read_csv(struct diags *d, struct strpool *pool, const char *path, struct span at,
    struct table *out);
/* instcat: headers of phosim instance catalogs, one row a file, `pattern` is a glob (sorted).
 * Lines `key value` up to the first `object` or `includeobj` line, in any order; `#` comments;
 * .gz read through zlib. Columns: every header key in lower case (keys that not all files have
 * are left out unless no file lacks them), plus path, and id (= obshistid), ra (=
 * rightascension), dec (= declination), band (letter u g r i z y of filter 0..5; a letter is
 * accepted). obshistid and filter and seed-like keys are ints ("2.0" is 2), the rest reals.
 * Errors: no file matches; no obshistid (nor rightascension, declination, filter), a value that
 * is no number, a key twice, two catalogs with one obshistid (both named). */
bool table_read_instcat(struct diags *d, struct strpool *pool, const char *pattern,
    struct span at, struct table *out);
/* glob: one row a matching file, sorted; columns path, name (last part), stem (name up to its
 * first dot), dir. No match is an error. */
bool table_read_glob(struct diags *d, struct strpool *pool, const char *pattern, struct span at,
    struct table *out);
/* Integers first .. last (inclusive) by step (not 0), one column of that name, not stored. */
bool table_from_range(struct diags *d, uint32_t name, int64_t first, int64_t last, int64_t step,
    struct span at, struct table *out);

/* How many of its first columns tell all rows apart: the fewest that do, or 1 if no five do. */
unsigned table_key(const struct table *t);
/* The rows of `from` that differ in the named columns (indices), each where it first stands. Only
 * these columns are in `out`, which keeps its name and `at`. Owns its own memory. */
void table_distinct(const struct table *from, const unsigned *column, unsigned ncolumns,
    struct table *out);

#endif
