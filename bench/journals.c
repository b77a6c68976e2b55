/* The record of a campaign in full work, without running it: journals DIR, which holds
 * campaign.wflp of many shards. Of each shard's tasks a part is done, some of these at the second
 * attempt, each with a record of its output; some run, and the rest is to come; every fifth shard
 * was taken over once. A holder has four shards, and a lease as that of a shim on another host; ten
 * are of one job. */
#include "config.h"

#include "journal/journal.h"
#include "plan/plan.h"
#include "plan/shards.h"
#include "util/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    DONE_PERCENT = 76,
    RUN_PERMILLE = 52,
    AGAIN = 20, /* every so many that are done failed once */
    TAKEN_OVER = 5,
    SHARDS_OF_HOLDER = 4,
    HOLDERS_OF_JOB = 10,
};

static int64_t now_us;
static struct buf file;

static void
add(const void *record)
{
    struct journal_rec r;
    memcpy(&r, record, sizeof r);
    r.crc = crc32_update(0, (const char *)&r + sizeof r.crc, sizeof r - sizeof r.crc);
    buf_add(&file, &r, sizeof r);
}

static void
put(const char *path)
{
    FILE *f = fopen(path, "w");
    if (!f || fwrite(file.p, 1, file.n, f) != file.n || fclose(f) != 0) {
        perror(path);
        exit(1);
    }
}

static void
add_head(const struct plan *p, uint32_t shard, uint32_t epoch, uint64_t fence)
{
    struct journal_head h = {.kind = JOURNAL_HEAD,
        .version = JOURNAL_VERSION,
        .shard = shard,
        .epoch = epoch,
        .plan_hash = p->head->identity,
        .fence = fence,
        .time_us = now_us - 3600 * INT64_C(1000000)};
    snprintf(h.holder, sizeof h.holder, "n%u.1", shard / SHARDS_OF_HOLDER);
    buf_reset(&file);
    add(&h);
}

static void
add_start(uint32_t task, uint16_t attempt)
{
    add(&(struct journal_rec){.kind = JOURNAL_START,
        .task = task,
        .attempt = attempt,
        .time_us = now_us - (int64_t)(task % 3600 + 30) * 1000000});
}

static void
add_end(uint32_t task, uint16_t attempt, uint8_t reason)
{
    add(&(struct journal_rec){.kind = JOURNAL_END,
        .task = task,
        .attempt = attempt,
        .reason = reason,
        .code = reason != REASON_OK,
        .peak_kib = 1 << 20,
        .flags = reason == REASON_OK ? JOURNAL_FINAL : 0,
        .wall_ms = 20000 + task % 977 * 20,
        .time_us = now_us - (int64_t)(task % 3600) * 1000000});
}

static void
add_done(uint32_t task)
{
    uint16_t attempt = 1;
    if (task % AGAIN == 0) {
        add_start(task, attempt);
        add_end(task, attempt++, REASON_EXIT);
    }
    add_start(task, attempt);
    add(&(struct journal_output){.kind = JOURNAL_OUTPUT,
        .count = 1,
        .types = JOURNAL_FILE,
        .task = task,
        .attempt = attempt,
        .of = {{.size = 1000 + task, .mtime_ns = now_us * 1000}}});
    add_end(task, attempt, REASON_OK);
}

static void
write_journal(const char *dir, uint32_t shard, uint32_t epoch)
{
    struct buf path = {0};
    buf_printf(&path, "%s/state/journal/%04u.e%04u", dir, shard, epoch);
    put(path.p);
    buf_free(&path);
}

static void
write_shard(const struct plan *p, const char *dir, uint32_t shard)
{
    struct plan_range run;
    uint32_t epoch = 1, n = 0, all = plan_shard_tasks(p, shard), done = all * DONE_PERCENT / 100;
    add_head(p, shard, epoch, 0);
    for (uint32_t i = 0; plan_shard_run(p, shard, &i, &run);)
        for (uint32_t t = run.first_task; t < run.first_task + run.ntasks; t++, n++) {
            if (n < done)
                add_done(t);
            else if (n < done + all * RUN_PERMILLE / 1000)
                add_start(t, 1);
            if (n == done / 2 && shard % TAKEN_OVER == 0) {
                uint64_t fence = file.n;
                write_journal(dir, shard, epoch++);
                add_head(p, shard, epoch, fence);
            }
        }
    write_journal(dir, shard, epoch);
}

static void
write_lease(const char *dir, uint32_t holder)
{
    struct buf path = {0};
    buf_printf(&path, "%s/state/leases/n%u.1", dir, holder);
    buf_reset(&file);
    buf_printf(&file, "n%u 1 none 86400 1 %u\n", holder, 1000 + holder / HOLDERS_OF_JOB);
    put(path.p);
    buf_free(&path);
}

int
main(int argc, char **argv)
{
    struct buf path = {0}, why = {0};
    if (argc != 2)
        return 2;
    buf_printf(&path, "%s/campaign.wflp", argv[1]);
    struct plan *p = plan_open(path.p, &why);
    if (!p) {
        fprintf(stderr, "journals: %s\n", why.p);
        return 1;
    }
    now_us = (int64_t)time(NULL) * 1000000;
    for (int i = 0; i < 2; i++) {
        buf_reset(&path);
        buf_printf(&path, "%s/state/%s", argv[1], i ? "leases" : "journal");
        if (dir_make(path.p) != 0)
            return 1;
    }
    for (uint32_t s = 0; s < p->nshards; s++)
        write_shard(p, argv[1], s);
    for (uint32_t h = 0; h * SHARDS_OF_HOLDER < p->nshards; h++)
        write_lease(argv[1], h);
    plan_close(p);
    buf_free(&path);
    buf_free(&file);
    return 0;
}
