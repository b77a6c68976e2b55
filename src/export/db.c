/* The record as a SQLite database. */
#include "config.h"

#include "export/export.h"

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
    " PRIMARY KEY(shard, epoch)) WITHOUT ROWID;"
    "CREATE VIEW states AS SELECT family.name AS family, state, count(*) AS tasks"
    " FROM task JOIN family USING(family) GROUP BY family, state;"
    "CREATE VIEW failures AS SELECT label, attempt.attempt, reason, code, flaw, host, ended"
    " FROM attempt JOIN task USING(task) WHERE final AND reason <> 'ok';"
    "CREATE VIEW families AS SELECT family.name AS family, count(*) AS attempts,"
    " sum(reason = 'ok') AS good, avg(wall_s) AS mean_s, max(wall_s) AS longest_s,"
    " max(peak_bytes) AS most_bytes, sum(wall_s) / 3600 AS hours"
    " FROM attempt JOIN task USING(task) JOIN family USING(family) GROUP BY family;"
    "CREATE VIEW hosts AS SELECT host, count(*) AS attempts, sum(reason = 'ok') AS good,"
    " sum(wall_s) / 3600 AS hours, min(started) AS first, max(ended) AS last"
    " FROM attempt GROUP BY host;"
    "CREATE VIEW hours AS SELECT strftime('%Y-%m-%d %H:00', ended, 'unixepoch') AS hour,"
    " count(*) AS attempts, sum(reason = 'ok') AS good FROM attempt GROUP BY hour;";

struct filling {
    const struct facts *facts;
    const struct plan *plan;
    sqlite3 *db;
    sqlite3_stmt *attempt, *output;
    struct plan_eval *eval;
    struct buf text;
    struct map64 known; /* shard and epoch: how many records were exported before */
    uint64_t journal;   /* the one at hand */
    uint32_t number, before;
    struct export_done *done;
    struct buf read; /* struct journal_read */
    bool failed;
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

/* Ends a statement that was filled in, for the next row. */
static bool
put_row(sqlite3_stmt *s)
{
    bool ok = sqlite3_step(s) == SQLITE_DONE;
    sqlite3_reset(s);
    return ok;
}

/* A text that stays as it is until the row is written. */
static void
bind_text(sqlite3_stmt *s, int i, const char *text)
{
    if (text)
        sqlite3_bind_text(s, i, text, -1, SQLITE_STATIC);
    else
        sqlite3_bind_null(s, i);
}

/* --- attempts and outputs --- */

static void
add_attempt(struct filling *f, const struct journal_head *head, const struct journal_rec *rec)
{
    struct attempt a;
    sqlite3_stmt *s = f->attempt;
    attempt_of(head, rec, &a);
    sqlite3_bind_int64(s, 1, rec->task);
    sqlite3_bind_int(s, 2, rec->attempt);
    bind_text(s, 3, head->holder);
    bind_text(s, 4, a.host);
    sqlite3_bind_double(s, 5, a.started);
    sqlite3_bind_double(s, 6, a.ended);
    bind_text(s, 7, a.reason);
    if (a.flaw)
        sqlite3_bind_null(s, 8);
    else
        sqlite3_bind_int(s, 8, rec->code);
    bind_text(s, 9, a.flaw);
    sqlite3_bind_int(s, 10, a.final);
    sqlite3_bind_double(s, 11, rec->wall_ms * 1e-3);
    sqlite3_bind_double(s, 12, rec->user_ms * 1e-3);
    sqlite3_bind_double(s, 13, rec->sys_ms * 1e-3);
    sqlite3_bind_double(s, 14, rec->wait_ms * 1e-3);
    sqlite3_bind_int64(s, 15, rec->peak_kib * INT64_C(1024));
    sqlite3_bind_int64(s, 16, rec->read_kib * INT64_C(1024));
    sqlite3_bind_int64(s, 17, rec->write_kib * INT64_C(1024));
    f->failed |= !put_row(s);
    f->done->attempts++;
}

static void
add_outputs(struct filling *f, const struct journal_output *o)
{
    const struct plan_family *family = &f->plan->family[plan_family_of(f->plan, o->task)];
    for (uint32_t i = 0; i < o->count && o->first + i < family->noutputs; i++) {
        sqlite3_stmt *s = f->output;
        const struct journal_file *file = &o->of[i];
        buf_reset(&f->text);
        bool told =
            plan_path(f->eval, o->task, family->first_output + o->first + i, NULL, &f->text);
        sqlite3_bind_int64(s, 1, o->task);
        sqlite3_bind_int(s, 2, (int)(o->first + i));
        bind_text(s, 3, told ? f->text.p : NULL);
        bind_text(s, 4, attempt_output_kind(o, i));
        sqlite3_bind_int64(s, 5, (int64_t)file->size);
        sqlite3_bind_double(s, 6, (double)file->mtime_ns * 1e-9);
        f->failed |= !put_row(s);
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
    return !f->failed;
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
    sqlite3_stmt *s;
    if (sqlite3_prepare_v2(f->db, "INSERT OR REPLACE INTO journal VALUES(?, ?, ?)", -1, &s, NULL) !=
        SQLITE_OK)
        return false;
    bool ok = true;
    for (size_t i = 0; i < f->read.n / sizeof *p && ok; i++) {
        sqlite3_bind_int64(s, 1, (int64_t)(p[i].journal >> 32));
        sqlite3_bind_int64(s, 2, (int64_t)(p[i].journal & UINT32_MAX));
        sqlite3_bind_int64(s, 3, p[i].records);
        ok = put_row(s);
    }
    sqlite3_finalize(s);
    return ok;
}

/* 0, or an errno value: the journals; failures of the database are in f->failed. */
static int
put_record(struct filling *f)
{
    struct buf state = {0};
    static const char attempt[] =
        "INSERT INTO attempt VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    static const char output[] = "INSERT OR REPLACE INTO output VALUES(?, ?, ?, ?, ?, ?)";
    map64_init(&f->known, 0, f->plan->nshards);
    f->failed |= !know_journals(f) ||
                 sqlite3_prepare_v2(f->db, attempt, -1, &f->attempt, NULL) != SQLITE_OK ||
                 sqlite3_prepare_v2(f->db, output, -1, &f->output, NULL) != SQLITE_OK;
    buf_printf(&state, "%s/" BUILD_STATE, f->facts->status->dir);
    int err = f->failed ? 0 : journal_read(state.p, f->plan->head->identity, take, f, NULL);
    if (err == ENOENT)
        err = 0;
    leave_journal(f);
    f->failed |= !put_journals(f);
    sqlite3_finalize(f->attempt);
    sqlite3_finalize(f->output);
    map64_free(&f->known);
    buf_free(&state);
    return err;
}

/* --- families and tasks --- */

static bool
put_families(struct filling *f)
{
    sqlite3_stmt *s;
    const struct plan *p = f->plan;
    if (sqlite3_prepare_v2(f->db, "INSERT INTO family VALUES(?, ?, ?, ?, ?)", -1, &s, NULL) !=
        SQLITE_OK)
        return false;
    bool ok = true;
    for (uint32_t i = 0; i < p->nfamilies && ok; i++) {
        sqlite3_bind_int64(s, 1, i);
        bind_text(s, 2, plan_string(p, p->family[i].name));
        bind_text(s, 3, plan_place_name(p, PLACE_FAMILY, i));
        sqlite3_bind_int64(s, 4, p->place[PLACE_FAMILY][i].line);
        sqlite3_bind_int64(s, 5, p->family[i].ntasks);
        ok = put_row(s);
    }
    sqlite3_finalize(s);
    return ok;
}

static const char *
state_of(const struct filling *f, uint32_t task)
{
    return status_state_name((enum status_state)f->facts->status->state[task]);
}

static bool
put_tasks(struct filling *f)
{
    sqlite3_stmt *s;
    const struct plan *p = f->plan;
    struct buf variables = {0};
    if (sqlite3_prepare_v2(f->db, "INSERT INTO task VALUES(?, ?, ?, ?, ?, ?)", -1, &s, NULL) !=
        SQLITE_OK)
        return false;
    bool ok = true;
    for (uint32_t t = 0; t < p->head->ntasks && ok; t++) {
        buf_reset(&f->text);
        buf_reset(&variables);
        plan_task_label(p, t, &f->text);
        attempt_variables(p, t, &variables);
        sqlite3_bind_int64(s, 1, t);
        sqlite3_bind_int64(s, 2, plan_family_of(p, t));
        bind_text(s, 3, f->text.p);
        bind_text(s, 4, variables.p);
        bind_text(s, 5, state_of(f, t));
        sqlite3_bind_int(s, 6, f->facts->task[t].attempt);
        ok = put_row(s);
    }
    sqlite3_finalize(s);
    buf_free(&variables);
    return ok;
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
        bind_text(s, 2, state_of(f, t));
        sqlite3_bind_int(s, 3, f->facts->task[t].attempt);
        ok = put_row(s);
    }
    sqlite3_finalize(s);
    return ok;
}

/* --- the file --- */

static bool
put_campaign(struct filling *f)
{
    sqlite3_stmt *s;
    const struct plan *p = f->plan;
    char hash[20];
    snprintf(hash, sizeof hash, "%016" PRIx64, p->head->identity);
    if (!run(f->db, "DELETE FROM campaign") ||
        sqlite3_prepare_v2(f->db, "INSERT INTO campaign VALUES(?, ?, ?, ?, ?, ?)", -1, &s, NULL) !=
            SQLITE_OK)
        return false;
    bind_text(s, 1, plan_string(p, p->head->campaign));
    bind_text(s, 2, plan_site(p));
    bind_text(s, 3, hash);
    sqlite3_bind_int(s, 4, EXPORT_VERSION);
    bind_text(s, 5, PACKAGE_VERSION);
    sqlite3_bind_double(s, 6, (double)f->facts->status->now_us * 1e-6);
    bool ok = put_row(s);
    sqlite3_finalize(s);
    return ok;
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
    bind_text(s, 1, hash);
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
    ok = ok && run(f->db, "BEGIN IMMEDIATE") && (!fresh || run(f->db, schema));
    ok = ok && put_campaign(f) && (!fresh || put_families(f)) &&
         (fresh ? put_tasks(f) : update_tasks(f));
    int err = ok ? put_record(f) : 0;
    if (fresh)
        ok = ok && run(f->db, "CREATE INDEX attempt_task ON attempt(task)");
    if (!err && ok && !f->failed && run(f->db, "COMMIT"))
        return true;
    if (err)
        buf_printf(why, "the journals cannot be read: %s", strerror(err));
    else
        buf_printf(why, "%s: %s", file, sqlite3_errmsg(f->db));
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
    return ok;
}
