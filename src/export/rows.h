/* Rows for a table of a SQLite database. A statement writes many: that takes two thirds of the time
 * of one for each. */
#ifndef EXPORT_ROWS_H
#define EXPORT_ROWS_H

#include "util/buf.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

struct rows;

/* `insert` is "INSERT INTO name" or likewise, of a table of `ncolumns`. `why` gets the reason why
 * rows cannot be written, unless it has one. */
struct rows *rows_new(sqlite3 *db, const char *insert, unsigned ncolumns, struct buf *why);
/* The next value of the row at hand, which ends with its last column. Texts are copied; NULL is
 * none. */
void rows_integer(struct rows *r, int64_t value);
void rows_real(struct rows *r, double value);
void rows_text(struct rows *r, const char *text);
void rows_null(struct rows *r);
/* Could all be written so far? */
bool rows_good(const struct rows *r);
/* Writes what is left and frees it; false: not all was written. */
bool rows_end(struct rows *r);

#endif
