/* What the plan tells of the rows of its tables, and which of them a task is of; private to
 * src/page. */
#ifndef PAGE_LOOKUP_H
#define PAGE_LOOKUP_H

#include "plan/plan.h"

/* A column by its name in any case; PLAN_NONE: there is none. */
uint32_t lookup_column(const struct plan *p, uint32_t table, const char *name);
/* The number in a cell; false: there is none. */
bool lookup_number(const struct plan *p, uint32_t column, uint32_t row, double *value);
/* Does a family run over the table? */
bool lookup_used(const struct plan *p, uint32_t table);
/* The row of the task; PLAN_NONE: it is of none. */
uint32_t lookup_row(const struct plan *p, uint32_t task, uint32_t table);

#endif
