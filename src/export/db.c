/* The record as a SQLite database. */
#include "config.h"

#include "export/export.h"

#include "export/rows.h"
#include "journal/paths.h"
#include "report/words.h"
#include "util/map64.h"

#include <errno.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* As wfl-export(5) tells it. */
static const char schema[] =
    "CREATE TABLE campaign(name TEXT, site TEXT, plan TEXT, version INTEGER, wflc TEXT,"
    " exported REAL);"
    "CREATE TABLE family(family INTEGER PRIMARY KEY, name TEXT, file TEXT, line INTEGER,"
    " tasks INTEGER);"
    "CREATE TABLE task(task INTEGER PRIMARY KEY, family INTEGER, label TEXT, variables TEXT,"
    " state TEXT, attempts INTEGER);"
    "CREATE TABLE attempt(task INTEGER, attempt INTEGER, holder TEXT, host TEXT, started REAL,"
    " ended REAL, reason TEXT, code INTEGER, flaw TEXT, final INTEGER, wall_s REAL, user_s REAL,"
    " system_s REAL, wait_s REAL, peak_bytes INTEGER, read_bytes INTEGER, written_bytes INTEGER);"
    "CREATE TABLE output(task INTEGER, number INTEGER, path TEXT, kind TEXT, bytes INTEGER,"
    " modified REAL, PRIMARY KEY(task, number)) WITHOUT ROWID;"
    "CREATE TABLE journal(shard INTEGER, epoch INTEGER, records INTEGER,"
    " PRIMARY KEY(shard, epoch)) WITHOUT ROWID;";
/* An export from before they were as they are now gets them, too. `twice` has two ends of one
 * attempt: its node took the first one back (wfl-journal(5)), at once or with the same times. Rows
 * are in the order of the record, and few ends have that reason. */
static const char views[] =
    "DROP VIEW IF EXISTS states; DROP VIEW IF EXISTS failures; DROP VIEW IF EXISTS families;"
    "DROP VIEW IF EXISTS hosts; DROP VIEW IF EXISTS hours; DROP VIEW IF EXISTS attempts;"
    "DROP VIEW IF EXISTS twice;"
    "CREATE VIEW twice AS SELECT first.rowid AS first, last.rowid AS last"
    " FROM attempt AS last JOIN attempt AS first USING(task, attempt, holder)"
    " WHERE last.reason = 'node' AND first.rowid < last.rowid"
    " AND (last.wall_s = 0 OR last.started = first.started);"
    "CREATE VIEW attempts AS SELECT *, rowid IN (SELECT first FROM twice) AS taken_back"
    " FROM attempt WHERE attempt > 0 AND rowid NOT IN (SELECT last FROM twice);"
    "CREATE VIEW states AS SELECT family.name AS family, state, count(*) AS tasks"
    " FROM task JOIN family USING(family) GROUP BY family, state;"
    "CREATE VIEW failures AS SELECT label, attempt.attempt, reason, code, flaw, host, ended"
    " FROM attempts AS attempt JOIN task USING(task)"
    " WHERE final AND reason <> 'ok' AND NOT taken_back;"
    "CREATE VIEW families AS SELECT family.name AS family, count(*) AS attempts,"
    " sum(reason = 'ok' AND NOT taken_back) AS good, avg(wall_s) AS mean_s,"
    " max(wall_s) AS longest_s, max(peak_bytes) AS most_bytes, sum(wall_s) / 3600 AS hours"
    " FROM attempts JOIN task USING(task) JOIN family USING(family) GROUP BY family;"
    "CREATE VIEW hosts AS SELECT host, count(*) AS attempts,"
    " sum(reason = 'ok' AND NOT taken_back) AS good, sum(wall_s) / 3600 AS hours,"
    " min(started) AS first, max(ended) AS last FROM attempts GROUP BY host;"
    "CREATE VIEW hours AS SELECT strftime('%Y-%m-%d %H:00', ended, 'unixepoch') AS hour,"
    " count(*) AS attempts, sum(reason = 'ok' AND NOT taken_back) AS good"
    " FROM attempts GROUP BY hour;";

struct filling {
    const struct facts *facts;
    const struct plan *plan;
    sqlite3 *db;
    struct rows *attempt, *output;
    struct plan_eval *eval;
    struct buf text;
    struct map64 known; /* shard and epoch: how many records were exported before */
    uint64_t journal;   /* the one at hand */
    uint32_t number, before;
    struct export_done *done;
    struct buf read;    /* struct progress */
    struct buf failure; /* of rows */
};

/* How far a journal was read. */
struct progress {
    uint64_t journal;
    uint32_t records;
};

static bool
run(sqlite3 *db, const char *sql)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

/* --- attempts and outputs --- */

static void
add_attempt(struct filling *f, const struct journal_head *head, const struct journal_rec *rec)
{
    struct attempt a;
    struct rows *r = f->attempt;
    attempt_of(head, rec, &a);
    rows_integer(r, rec->task);
    rows_integer(r, rec->attempt);
    rows_text(r, *a.holder ? a.holder : NULL);
    rows_text(r, *a.holder ? a.host : NULL);
    rows_real(r, a.started);
    rows_real(r, a.ended);
    rows_text(r, a.reason);
    if (a.flaw)
        rows_null(r);
    else
        rows_integer(r, rec->code);
    rows_text(r, a.flaw);
    rows_integer(r, a.final);
    rows_real(r, rec->wall_ms * 1e-3);
    rows_real(r, rec->user_ms * 1e-3);
    rows_real(r, rec->sys_ms * 1e-3);
    rows_real(r, rec->wait_ms * 1e-3);
    rows_integer(r, rec->peak_kib * INT64_C(1024));
    rows_integer(r, rec->read_kib * INT64_C(1024));
    rows_integer(r, rec->write_kib * INT64_C(1024));
    f->done->attempts += rec->attempt > 0;
}

static void
add_outputs(struct filling *f, const struct journal_output *o)
{
    const struct plan_family *family = &f->plan->family[plan_family_of(f->plan, o->task)];
    for (uint32_t i = 0; i < o->count && o->first + i < family->noutputs; i++) {
        struct rows *r = f->output;
        const struct journal_file *file = &o->of[i];
        buf_reset(&f->text);
        bool told =
            plan_path(f->eval, o->task, family->first_output + o->first + i, NULL, &f->text);
        rows_integer(r, o->task);
        rows_integer(r, (int64_t)o->first + i);
        rows_text(r, told ? f->text.p : NULL);
        rows_text(r, attempt_output_kind(o, i));
        rows_integer(r, (int64_t)file->size);
        rows_real(r, (double)file->mtime_ns * 1e-9);
        f->done->outputs++;
    }
}

static void
leave_journal(struct filling *f)
{
    struct progress p = {f->journal, f->number};
    if (f->number > f->before)
        buf_add(&f->read, &p, sizeof p);
}

static bool
take(void *arg, const struct journal_head *head, const struct journal_rec *rec)
{
    struct filling *f = arg;
    uint64_t journal = (uint64_t)head->shard << 32 | head->epoch;
    if (f->journal != journal) {
        leave_journal(f);
        f->journal = journal;
        f->number = 0;
        f->before = map64_find(&f->known, journal);
        f->before = f->before == UINT32_MAX ? 0 : f->before;
    }
    if (f->number++ < f->before || rec->task >= f->plan->head->ntasks)
        return true;
    if (rec->kind == JOURNAL_END)
        add_attempt(f, head, rec);
    else if (rec->kind == JOURNAL_OUTPUT)
        add_outputs(f, (const struct journal_output *)(const void *)rec);
    return rows_good(f->attempt) && rows_good(f->output);
}

static bool
know_journals(struct filling *f)
{
    sqlite3_stmt *s;
    if (sqlite3_prepare_v2(f->db, "SELECT shard, epoch, records FROM journal", -1, &s, NULL) !=
        SQLITE_OK)
        return false;
    while (sqlite3_step(s) == SQLITE_ROW) {
        bool found;
        uint64_t key =
            (uint64_t)sqlite3_column_int64(s, 0) << 32 | (uint32_t)sqlite3_column_int64(s, 1);
        map64_add(&f->known, key, (uint32_t)sqlite3_column_int64(s, 2), &found);
    }
    return sqlite3_finalize(s) == SQLITE_OK;
}

static bool
put_journals(struct filling *f)
{
    const struct progress *p = (const struct progress *)(const void *)f->read.p;
    struct rows *r = rows_new(f->db, "INSERT OR REPLACE INTO journal", 3, &f->failure);
    for (size_t i = 0; i < f->read.n / sizeof *p; i++) {
        rows_integer(r, (int64_t)(p[i].journal >> 32));
        rows_integer(r, (int64_t)(p[i].journal & UINT32_MAX));
        rows_integer(r, p[i].records);
    }
    return rows_end(r);
}

/* 0, or an errno value: the journals; *ok: the database is as it should be. */
static int
put_record(struct filling *f, bool *ok)
{
    struct buf state = {0};
    map64_init(&f->known, 0, f->plan->nshards);
    bool known = know_journals(f);
    f->attempt = rows_new(f->db, "INSERT INTO attempt", 17, &f->failure);
    f->output = rows_new(f->db, "INSERT OR REPLACE INTO output", 6, &f->failure);
    buf_printf(&state, "%s/" BUILD_STATE, f->facts->status->dir);
    int err = known ? journal_read(state.p, f->plan->head->identity, take, f, NULL) : 0;
    if (err == ENOENT)
        err = 0;
    leave_journal(f);
    bool attempts = rows_end(f->attempt), outputs = rows_end(f->output);
    *ok = known && attempts && outputs && put_journals(f);
    map64_free(&f->known);
    buf_free(&state);
    return err;
}

/* --- families and tasks --- */

static bool
put_families(struct filling *f)
{
    const struct plan *p = f->plan;
    struct rows *r = rows_new(f->db, "INSERT INTO family", 5, &f->failure);
    for (uint32_t i = 0; i < p->nfamilies; i++) {
        rows_integer(r, i);
        rows_text(r, plan_string(p, p->family[i].name));
        rows_text(r, plan_place_name(p, PLACE_FAMILY, i));
        rows_integer(r, p->place[PLACE_FAMILY][i].line);
        rows_integer(r, p->family[i].ntasks);
    }
    return rows_end(r);
}

static const char *
state_of(const struct filling *f, uint32_t task)
{
    return status_state_name((enum status_state)f->facts->status->state[task]);
}

static bool
put_tasks(struct filling *f)
{
    const struct plan *p = f->plan;
    struct buf variables = {0};
    struct rows *r = rows_new(f->db, "INSERT INTO task", 6, &f->failure);
    for (uint32_t t = 0; t < p->head->ntasks && rows_good(r); t++) {
        buf_reset(&f->text);
        buf_reset(&variables);
        plan_task_label(p, t, &f->text);
        attempt_variables(p, t, &variables);
        rows_integer(r, t);
        rows_integer(r, plan_family_of(p, t));
        rows_text(r, f->text.p);
        rows_text(r, variables.p);
        rows_text(r, state_of(f, t));
        rows_integer(r, f->facts->task[t].attempt);
    }
    buf_free(&variables);
    return rows_end(r);
}

static bool
update_tasks(struct filling *f)
{
    sqlite3_stmt *s;
    static const char sql[] = "UPDATE task SET state = ?2, attempts = ?3 WHERE task = ?1"
                              " AND (state <> ?2 OR attempts <> ?3)";
    if (sqlite3_prepare_v2(f->db, sql, -1, &s, NULL) != SQLITE_OK)
        return false;
    bool ok = true;
    for (uint32_t t = 0; t < f->plan->head->ntasks && ok; t++) {
        sqlite3_bind_int64(s, 1, t);
        sqlite3_bind_text(s, 2, state_of(f, t), -1, SQLITE_STATIC);
        sqlite3_bind_int(s, 3, f->facts->task[t].attempt);
        ok = sqlite3_step(s) == SQLITE_DONE;
        sqlite3_reset(s);
    }
    sqlite3_finalize(s);
    return ok;
}

/* --- the file --- */

static bool
put_campaign(struct filling *f)
{
    const struct plan *p = f->plan;
    char hash[20];
    snprintf(hash, sizeof hash, "%016" PRIx64, p->head->identity);
    if (!run(f->db, "DELETE FROM campaign"))
        return false;
    struct rows *r = rows_new(f->db, "INSERT INTO campaign", 6, &f->failure);
    rows_text(r, plan_string(p, p->head->campaign));
    rows_text(r, plan_site(p));
    rows_text(r, hash);
    rows_integer(r, EXPORT_VERSION);
    rows_text(r, PACKAGE_VERSION);
    rows_real(r, (double)f->facts->status->now_us * 1e-6);
    return rows_end(r);
}

/* Is it an export of this plan? */
static bool
is_ours(sqlite3 *db, const struct plan *p)
{
    sqlite3_stmt *s;
    char hash[20];
    snprintf(hash, sizeof hash, "%016" PRIx64, p->head->identity);
    if (sqlite3_prepare_v2(db, "SELECT 1 FROM campaign WHERE plan = ? AND version = ?", -1, &s,
            NULL) != SQLITE_OK)
        return false;
    sqlite3_bind_text(s, 1, hash, -1, SQLITE_STATIC);
    sqlite3_bind_int(s, 2, EXPORT_VERSION);
    bool ours = sqlite3_step(s) == SQLITE_ROW;
    sqlite3_finalize(s);
    return ours;
}

static bool
fill(struct filling *f, bool fresh, const char *file, struct buf *why)
{
    /* a fresh file is thrown away if anything goes wrong */
    bool ok = run(f->db, fresh ? "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
                                 "PRAGMA locking_mode = EXCLUSIVE"
                               : "PRAGMA synchronous = NORMAL");
    ok = ok && run(f->db, "BEGIN IMMEDIATE") && (!fresh || run(f->db, schema)) && run(f->db, views);
    ok = ok && put_campaign(f) && (!fresh || put_families(f)) &&
         (fresh ? put_tasks(f) : update_tasks(f));
    int err = ok ? put_record(f, &ok) : 0;
    if (fresh)
        ok = ok && run(f->db, "CREATE INDEX attempt_task ON attempt(task)");
    if (!err && ok && run(f->db, "COMMIT"))
        return true;
    if (err)
        buf_printf(why, "the journals cannot be read: %s", strerror(err));
    else
        buf_printf(why, "%s: %s", file, f->failure.n ? f->failure.p : sqlite3_errmsg(f->db));
    run(f->db, "ROLLBACK");
    return false;
}

bool
export_db(const struct facts *facts, const char *file, struct export_done *done, struct buf *why)
{
    struct filling f = {.facts = facts, .plan = facts->plan, .done = done};
    struct buf partial = {0};
    bool ok;
    *done = (struct export_done){.fresh = access(file, F_OK) != 0};
    buf_printf(&partial, "%s.partial", file);
    const char *name = done->fresh ? partial.p : file;
    if (done->fresh)
        unlink(partial.p);
    sqlite3_config(SQLITE_CONFIG_SINGLETHREAD); /* its locks take a fifth of the time */
    int rc = sqlite3_open_v2(name, &f.db,
        SQLITE_OPEN_READWRITE | (done->fresh ? SQLITE_OPEN_CREATE : 0), NULL);
    if (rc != SQLITE_OK) {
        buf_printf(why, "%s: %s", name, sqlite3_errmsg(f.db));
        ok = false;
    } else if (!done->fresh && !is_ours(f.db, facts->plan)) {
        buf_printf(why,
            "%s is there, and is no export of this plan; name another file, or remove that one",
            file);
        ok = false;
    } else {
        f.eval = plan_eval_new(f.plan);
        ok = fill(&f, done->fresh, file, why);
        plan_eval_free(f.eval);
    }
    sqlite3_close(f.db);
    if (ok && done->fresh && rename(partial.p, file) != 0) {
        buf_printf(why, "cannot write '%s': %s", file, strerror(errno));
        ok = false;
    }
    if (!ok && done->fresh)
        unlink(partial.p);
    buf_free(&partial);
    buf_free(&f.text);
    buf_free(&f.read);
    buf_free(&f.failure);
    return ok;
}
