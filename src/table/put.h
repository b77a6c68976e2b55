/* Cells of sources that know their rows before: columns get their types from what is put into them.
 */
#ifndef TABLE_PUT_H
#define TABLE_PUT_H

#include "table/table.h"
#include "vm/vm.h"

/* For messages, the name of the source; its rows. */
struct putter {
    struct strpool *pool;
    const char *source;
    uint32_t nrows;
};

/* The first value of a column settles its type; a whole number is a number among numbers. What does
 * not fit is a hole, as is a row that gets nothing but `none`, a phrase as "is null". Each row of a
 * column once, in ascending order. */
void table_put(const struct putter *p, struct column *c, uint32_t row, const struct value *v);
void table_put_none(const struct putter *p, struct column *c, uint32_t row, const char *none);
/* Text that is a number, or true or false, as csv has it; else itself. */
struct value table_text_value(const char *s, size_t n);
/* Columns that got no value are text. */
void table_put_end(const struct putter *p, struct table *t);

#endif
