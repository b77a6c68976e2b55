/* A database file, opened so that nothing but reading can happen to it. */
#ifndef TABLE_SQLITE_H
#define TABLE_SQLITE_H

#include "diag/diag.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <sys/stat.h>

struct database {
    sqlite3 *db;
    char denied[80]; /* why the authorizer said no: "it would INSERT"; "" if it did not */
    unsigned calls;  /* how long queries have run */
    const char *path;
    struct stat as_opened;
};

/* False after a message at `at`; close in any case. `db` must stay where it is. */
bool database_open(struct database *db, struct diags *d, const char *path, struct span at);
void database_close(struct database *db);
/* Why what was asked is not to be answered ("it would INSERT", "it asks for the time"); or NULL. */
const char *database_denied(const struct database *db);
/* False after a message at `at`: somebody wrote to the file while it was read, or begins to. */
bool database_unchanged(const struct database *db, struct diags *d, struct span at);
/* SQLite's own text for the last error. */
const char *database_error(const struct database *db);

#endif
