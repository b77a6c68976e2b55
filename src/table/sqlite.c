#include "config.h"

#include "table/sqlite.h"

#include "diag/checks.h"
#include "util/buf.h"
#include "util/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What ends a query that would never end in practice: some ten seconds. What it sorts and groups
 * is in memory, for files would be as endless. */
enum { STEPS_A_CALL = 1000000, MOST_CALLS = 2000 };
#define MOST_MEMORY (INT64_C(1) << 29)

/* --- the same file must always give the same rows, and nothing else may be touched --- */

/* Dates are computed by many functions, and 'now' may be made of pieces, so it is the clock that is
 * not there: a file system layer of our own, which notes that it was asked for the time. */
static bool clock_asked;

static int
no_time(sqlite3_vfs *vfs, double *now)
{
    (void)vfs;
    clock_asked = true;
    *now = 0;
    return SQLITE_ERROR;
}

static int
no_time_int(sqlite3_vfs *vfs, sqlite3_int64 *now)
{
    (void)vfs;
    clock_asked = true;
    *now = 0;
    return SQLITE_ERROR;
}

static const char vfs_name[] = "wflc-without-clock";

static void
take_clock_away(void)
{
    static sqlite3_vfs layer;
    clock_asked = false;
    if (sqlite3_vfs_find(vfs_name))
        return;
    layer = *sqlite3_vfs_find(NULL);
    layer.pNext = NULL;
    layer.zName = vfs_name;
    layer.xCurrentTime = no_time;
    if (layer.iVersion >= 2)
        layer.xCurrentTimeInt64 = no_time_int;
    sqlite3_vfs_register(&layer, 0);
    /* 'localtime' and 'utc' are errors: "local time unavailable" */
    sqlite3_test_control(SQLITE_TESTCTRL_LOCALTIME_FAULT, 1);
}

static bool
function_allowed(const char *name)
{
    static const char *const not [] = {"load_extension", "random", "randomblob", "current_date",
        "current_time", "current_timestamp", "fts3_tokenizer", "sqlite_offset", "sqlite_version",
        "sqlite_source_id", "sqlite_compileoption_get", "sqlite_compileoption_used", "sqlite_log"};
    for (size_t i = 0; i < sizeof not / sizeof *not ; i++)
        if (sqlite3_stricmp(name, not [i]) == 0)
            return false;
    return true;
}

static int
authorize(void *arg, int action, const char *a, const char *b, const char *schema,
    const char *trigger)
{
    static const struct {
        int action;
        const char *text;
    } known[] = {{SQLITE_ATTACH, "it would ATTACH another file"},
        {SQLITE_DETACH, "it would DETACH a file"}, {SQLITE_INSERT, "it would INSERT"},
        {SQLITE_UPDATE, "it would UPDATE"}, {SQLITE_DELETE, "it would DELETE"},
        {SQLITE_PRAGMA, "it holds a PRAGMA"},
        {SQLITE_RECURSIVE, "it is recursive, and might never end"},
        {SQLITE_TRANSACTION, "it would start or end a transaction"}};
    struct database *db = arg;
    (void)schema;
    (void)trigger;
    switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
        return SQLITE_OK;
    case SQLITE_FUNCTION:
        if (b && function_allowed(b))
            return SQLITE_OK;
        snprintf(db->denied, sizeof db->denied, "its function %.30s has another value every time",
            b ? b : "");
        if (b && sqlite3_strnicmp(b, "sqlite_", 7) == 0)
            snprintf(db->denied, sizeof db->denied, "its function %.30s depends on the library", b);
        if (b && sqlite3_stricmp(b, "load_extension") == 0)
            snprintf(db->denied, sizeof db->denied, "it would load an extension");
        return SQLITE_DENY;
    default:
        snprintf(db->denied, sizeof db->denied, "it would change the database");
        for (size_t i = 0; i < sizeof known / sizeof *known; i++)
            if (known[i].action == action && !(a && sqlite3_strnicmp(a, "sqlite_", 7) == 0))
                snprintf(db->denied, sizeof db->denied, "%s", known[i].text);
        return SQLITE_DENY;
    }
}

static int
count_steps(void *arg)
{
    unsigned *calls = arg;
    return ++*calls > MOST_CALLS;
}

/* What lies beside a database that somebody is writing to, or died over. Such a file cannot be
 * read as it is: its newest rows are elsewhere, or half written. */
static bool
being_written(const char *path, struct diags *d, struct span at)
{
    static const unsigned char magic[] = {0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7};
    static const char *const ending[] = {"-wal", "-journal"};
    for (int i = 0; i < 2; i++) {
        struct buf name = {0};
        buf_printf(&name, "%s%s", path, ending[i]);
        int fd = file_open(name.p, NULL);
        unsigned char head[8];
        bool full = fd >= 0 && read(fd, head, sizeof head) == (ssize_t)sizeof head;
        if (fd >= 0)
            close(fd);
        bool hot = full && (i == 0 || memcmp(head, magic, sizeof magic) == 0);
        if (hot)
            diag_help(diag_add(d, DIAG_ERROR, RULE_SQLITE, at,
                          "the database '%s' is being written: '%s' lies beside it", path, name.p),
                "wait until the program that writes it has ended; if none does, "
                "sqlite3 %s .schema puts it in order",
                path);
        buf_free(&name);
        if (hot)
            return true;
    }
    return false;
}

/* Locks of other processes, as SQLite has them: in the database (a transaction that writes or is
 * about to), or in the memory that users of a -wal file share. Readers' locks do not matter, and
 * where a file system has no locks there are none. */
static bool
locked_by_writer(const char *path, struct diags *d, struct span at)
{
    static const struct {
        const char *ending;
        off_t from, n;
    } place[] = {{"", 0x40000000, 512}, {"-shm", 120, 3}};
    pid_t writer = 0;
    for (int i = 0; i < 2 && !writer; i++) {
        struct buf name = {0};
        buf_printf(&name, "%s%s", path, place[i].ending);
        int fd = file_open(name.p, NULL);
        /* clang-format off */
        struct flock lock = {
            .l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = place[i].from, .l_len = place[i].n};
        if (fd >= 0 && fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type == F_WRLCK)
            writer = lock.l_pid > 0 ? lock.l_pid : -1;
        if (fd >= 0)
            close(fd);
        buf_free(&name);
    }
    if (!writer)
        return false;
    struct diag *m = diag_add(d, DIAG_ERROR, RULE_SQLITE, at,
        "the database '%s' is being written: another program has locked it", path);
    if (writer > 0)
        diag_note(m, NO_SPAN, "it is process %ld", (long)writer);
    diag_help(m, "wait until that program has ended, or take a copy: sqlite3 %s \".backup copy.db\"", path);
    return true;
}

bool
database_unchanged(const struct database *db, struct diags *d, struct span at)
{
    struct stat now;
    const struct stat *was = &db->as_opened;
    if (stat(db->path, &now) == 0 && now.st_ino == was->st_ino && now.st_size == was->st_size &&
        now.st_mtim.tv_sec == was->st_mtim.tv_sec && now.st_mtim.tv_nsec == was->st_mtim.tv_nsec)
        return !being_written(db->path, d, at) && !locked_by_writer(db->path, d, at);
    diag_help(diag_add(d, DIAG_ERROR, RULE_SQLITE, at, "the database '%s' changed while it was read",
                  db->path),
        "wait until the program that writes it has ended");
    return false;
}

/* file:PATH?mode=ro&immutable=1, with everything odd in the path escaped. */
static void
make_uri(const char *path, struct buf *uri)
{
    buf_puts(uri, "file:");
    for (const unsigned char *p = (const unsigned char *)path; *p; p++) {
        bool plain = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
                     (*p >= '0' && *p <= '9') || strchr("/._-", *p);
        if (plain)
            buf_putc(uri, (char)*p);
        else
            buf_printf(uri, "%%%02x", *p);
    }
    buf_puts(uri, "?mode=ro&immutable=1");
}

bool
database_open(struct database *db, struct diags *d, const char *path, struct span at)
{
    *db = (struct database){.path = path};
    int fd = file_open(path, &db->as_opened);
    if (fd < 0) {
        diag_add(d, DIAG_ERROR, RULE_SQLITE, at, "cannot read the database '%s': %s", path,
            file_error(errno));
        return false;
    }
    close(fd);
    diag_depend(d, path);
    if (being_written(path, d, at) || locked_by_writer(path, d, at))
        return false;
    take_clock_away();
    struct buf uri = {0};
    make_uri(path, &uri);
#if SQLITE_VERSION_NUMBER >= 3031000
    sqlite3_hard_heap_limit64(MOST_MEMORY);
#endif
    int rc = sqlite3_open_v2(uri.p, &db->db,
        SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, vfs_name);
    buf_free(&uri);
    if (rc == SQLITE_OK) {
        sqlite3_limit(db->db, SQLITE_LIMIT_LENGTH, 1 << 24);
        sqlite3_limit(db->db, SQLITE_LIMIT_SQL_LENGTH, 1 << 20);
        sqlite3_limit(db->db, SQLITE_LIMIT_ATTACHED, 0);
        sqlite3_limit(db->db, SQLITE_LIMIT_TRIGGER_DEPTH, 1);
        sqlite3_limit(db->db, SQLITE_LIMIT_WORKER_THREADS, 0);
        sqlite3_db_config(db->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
        sqlite3_db_config(db->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
        sqlite3_db_config(db->db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
        sqlite3_db_config(db->db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
        rc = sqlite3_exec(db->db, "PRAGMA cell_size_check = 1; PRAGMA mmap_size = 0; PRAGMA temp_store = 2; "
                                  "SELECT 1 FROM sqlite_schema",
            NULL, NULL, NULL);
    }
    if (rc != SQLITE_OK) {
        struct diag *m;
        if (rc == SQLITE_NOTADB) {
            m = diag_add(d, DIAG_ERROR, RULE_SQLITE, at, "'%s' is no SQLite database", path);
            diag_help(m, "a table of text is read with: from csv \"...\"");
        } else {
            /* clang-format on */
            diag_add(d, DIAG_ERROR, RULE_SQLITE, at, "cannot read the database '%s': %s", path,
                db->db ? sqlite3_errmsg(db->db) : sqlite3_errstr(rc));
        }
        return false;
    }
    sqlite3_set_authorizer(db->db, authorize, db);
    sqlite3_progress_handler(db->db, STEPS_A_CALL, count_steps, &db->calls);
    return true;
}

void
database_close(struct database *db)
{
    sqlite3_close(db->db);
    db->db = NULL;
}

const char *
database_denied(const struct database *db)
{
    if (clock_asked)
        return "it asks for the time of day, and would give other rows every time";
    return *db->denied ? db->denied : NULL;
}

const char *
database_error(const struct database *db)
{
    int rc = sqlite3_extended_errcode(db->db);
    if (rc == SQLITE_INTERRUPT)
        return "it takes too long, more than 2000 million steps; where tables are joined, say "
               "which "
               "columns are equal";
    if (rc == SQLITE_NOMEM)
        return "it takes more than 512 MiB of memory; let it sort and group fewer rows";
    return sqlite3_errmsg(db->db);
}
