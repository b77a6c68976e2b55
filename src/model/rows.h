/* Expressions over all rows of a table: variable 0 is the row. */
#ifndef MODEL_ROWS_H
#define MODEL_ROWS_H

#include "model/expr.h"
#include "model/sky_use.h"

/* `sky` answers what e asks of the sky (of places, not of rows).
 *
 * The rows (ascending; to be freed) for which the condition `e` holds, of the `namong` rows `among`
 * (ascending; NULL: of all). Others are not even looked at. Comparisons of a column with
 * a constant go over the column as a whole, the rest row by row. False after a message of check
 * "value", with the row, if the evaluation fails; none is held then. */
bool rows_filter(struct diags *d, struct strpool *pool, const struct sky_uses *sky,
    const struct table *t, const uint32_t *among, uint32_t namong, const struct expr *e,
    uint32_t **row, uint32_t *n);
/* The value of `e` in each row. Angles become real degrees. name and at are the caller's. */
bool rows_column(struct diags *d, struct strpool *pool, const struct sky_uses *sky,
    const struct table *t, const struct expr *e, struct column *out);

#endif
