/* Writes the record of a campaign that was built and has not run, as if three nodes had done it one
 * after the other, a long time ago: times, memory and failures follow from the numbers of tasks, so
 * that all of it is the same whenever and wherever it is written. usage: past DIR */
#include "config.h"

#include "journal/journal.h"
#include "plan/plan.h"

#include <stdio.h>
#include <string.h>

enum { NODES = 3, SLOTS = 4, SECONDS = 40, FAILS = 11, FAILS_FOR_GOOD = 61 };

static const int64_t began_us = INT64_C(1700000000) * 1000000;

static void
add_end(struct journal *j, struct journal_rec rec, int64_t from_us, enum journal_reason reason,
    uint8_t code)
{
    rec.kind = JOURNAL_START;
    rec.time_us = from_us;
    rec.flags = 0;
    struct journal_rec end = rec;
    end.kind = JOURNAL_END;
    end.reason = (uint8_t)reason;
    end.code = code;
    end.wall_ms = SECONDS * 400 + rec.task * 7919 % (SECONDS * 1200);
    end.peak_kib = 60000 + rec.task * 104729 % 90000;
    end.time_us = from_us + end.wall_ms * INT64_C(1000);
    bool last = reason == REASON_OK || rec.task % FAILS_FOR_GOOD == 0;
    end.flags = last ? JOURNAL_FINAL : 0;
    journal_add(j, rec);
    journal_add(j, end);
}

static void
add_task(struct journal *j, uint32_t task)
{
    static const struct {
        enum journal_reason reason;
        uint8_t code;
    } how[] = {{REASON_EXIT, 3}, {REASON_OOM, 9}, {REASON_OUTPUT, FLAW_EMPTY}, {REASON_LIMIT, 0}};
    int64_t from_us = began_us + task / SLOTS * SECONDS * INT64_C(1000000);
    struct journal_rec rec = {.task = task, .attempt = 1};
    unsigned kind = task / FAILS % 4;
    if (task % FAILS_FOR_GOOD == 0 || task % FAILS == 0)
        add_end(j, rec, from_us - SECONDS * INT64_C(1000000), how[kind].reason, how[kind].code);
    if (task % FAILS_FOR_GOOD == 0)
        return;
    rec.attempt += task % FAILS == 0;
    add_end(j, rec, from_us, REASON_OK, 0);
}

static int
write_epoch(const struct plan *p, const char *state, uint32_t epoch, uint64_t *fence)
{
    int err = 0;
    char holder[HOLDER_SIZE];
    uint32_t n = p->head->ntasks, first = n * epoch / NODES, end = n * (epoch + 1) / NODES;
    snprintf(holder, sizeof holder, "nid%05u.1", 12 + epoch);
    struct journal *j =
        journal_create(state, 0, epoch, *fence, p->head->identity, holder, false, 0, &err);
    if (!j)
        return err;
    for (uint32_t t = first; t < end; t++)
        add_task(j, t);
    journal_add_close(j, n - end, 0, began_us);
    err = journal_flush(j);
    *fence = journal_size(j);
    journal_close(j);
    return err;
}

int
main(int argc, char **argv)
{
    struct buf path = {0}, why = {0};
    uint64_t fence = 0;
    int err = 0;
    if (argc != 2)
        return 2;
    buf_printf(&path, "%s/campaign.wflp", argv[1]);
    struct plan *p = plan_open(path.p, &why);
    if (!p) {
        fprintf(stderr, "past: %s\n", why.p);
        return 1;
    }
    buf_reset(&path);
    buf_printf(&path, "%s/state", argv[1]);
    for (uint32_t epoch = 0; epoch < NODES && !err; epoch++)
        err = write_epoch(p, path.p, epoch, &fence);
    if (err)
        fprintf(stderr, "past: %s\n", strerror(err));
    plan_close(p);
    buf_free(&path);
    return err != 0;
}
