/* A database file, opened so that nothing but reading can happen to it. */
#ifndef MODEL_SQLITE_H
#define MODEL_SQLITE_H

#include "diag/diag.h"

#include <sqlite3.h>
#include <stdbool.h>

struct database {
    sqlite3 *db;
    char denied[80]; /* why the authorizer said no: "it would INSERT"; "" if it did not */
    unsigned calls;  /* how long queries have run */
};

/* False after a message at `at`; close in any case. `db` must stay where it is. */
bool database_open(struct database *db, struct diags *d, const char *path, struct span at);
void database_close(struct database *db);
/* SQLite's own text for the last error. */
const char *database_error(const struct database *db);

#endif
