/* The record of a campaign in full work, without running it: journals DIR, which holds campaign.wflp
 * of many shards. Of each shard's tasks a part is done, some run, and the rest is to come; every fifth
 * shard was taken over once. A holder has four shards, and a lease as that of a shim on another host. */
#include "config.h"

#include "journal/journal.h"
#include "plan/plan.h"
#include "plan/shards.h"
#include "util/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { DONE_PERCENT = 76, RUN_PERCENT = 5, TAKEN_OVER = 5, SHARDS_OF_HOLDER = 4 };

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
    struct journal_head h = {.kind = JOURNAL_HEAD, .version = JOURNAL_VERSION, .shard = shard,
        .epoch = epoch, .plan_hash = p->head->identity, .fence = fence,
        .time_us = now_us - 3600 * INT64_C(1000000)};
    snprintf(h.holder, sizeof h.holder, "n%u.1", shard / SHARDS_OF_HOLDER);
    buf_reset(&file);
    add(&h);
}

static void
add_task(uint32_t task, uint8_t kind)
{
    add(&(struct journal_rec){.kind = kind, .task = task, .attempt = 1,
        .flags = kind == JOURNAL_END ? JOURNAL_FINAL : 0, .wall_ms = 30000,
        .time_us = now_us - (int64_t)(task % 3600) * 1000000});
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
            if (n < done + all * RUN_PERCENT / 100)
                add_task(t, JOURNAL_START);
            if (n < done)
                add_task(t, JOURNAL_END);
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
    buf_printf(&file, "n%u 1 none 86400 1\n", holder);
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
