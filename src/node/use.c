#include "config.h"

#include "node/use.h"

#include "util/buf.h"
#include "util/clock.h"

#include <stdlib.h>
#include <string.h>

/* state/account.c knows how long a shim lived to so much. */
#define SILENT_MS 300000

struct use {
    struct journal_who who;
    int64_t at;      /* until then it is counted; now_ms */
    int64_t said_at; /* when the record heard of it last */
    uint32_t idle;   /* cores, since then, */
    enum journal_idle why;
    uint32_t others; /* and so many more */
    uint64_t given, used;
    int64_t ms[JOURNAL_NIDLES]; /* core milliseconds */
};

static uint32_t
mib(uint64_t bytes)
{
    return bytes >> 20 < UINT32_MAX ? (uint32_t)(bytes >> 20) : UINT32_MAX;
}

struct use *
use_new(const struct use_of *of)
{
    struct use *u = xcalloc(1, sizeof *u);
    u->at = u->said_at = now_ms();
    u->idle = of->cores;
    u->why = IDLE_START;
    u->who =
        (struct journal_who){.cores = of->cores < UINT16_MAX ? (uint16_t)of->cores : UINT16_MAX,
            .rank = of->rank,
            .began_us = now_us(),
            .ends_s = (uint32_t)(of->ends_us / 1000000),
            .memory_mib = mib(of->memory)};
    if (of->job)
        memcpy(u->who.job, of->job, strnlen(of->job, sizeof u->who.job - 1));
    return u;
}

void
use_free(struct use *u)
{
    free(u);
}

static void
count(struct use *u)
{
    int64_t now = now_ms();
    if (now > u->at) {
        u->ms[u->why] += (now - u->at) * u->idle;
        u->ms[IDLE_START] += (now - u->at) * u->others;
    }
    u->at = now;
}

void
use_set(struct use *u, uint32_t idle, enum journal_idle why, uint64_t given)
{
    count(u);
    u->idle = idle;
    u->why = why;
    u->given = given;
}

void
use_others(struct use *u, uint32_t cores)
{
    count(u);
    u->others = cores;
}

void
use_measured(struct use *u, uint64_t used)
{
    u->used = used;
}

struct journal_who
use_who(const struct use *u)
{
    return u->who;
}

struct journal_use
use_said(struct use *u)
{
    count(u);
    u->said_at = u->at;
    struct journal_use said = {.time_us = now_us(),
        .given_mib = mib(u->given),
        .used_mib = mib(u->used)};
    for (int i = 0; i < JOURNAL_NIDLES; i++)
        said.idle[i] = u->ms[i] / 100 < UINT32_MAX ? (uint32_t)(u->ms[i] / 100) : UINT32_MAX;
    return said;
}

bool
use_silent(const struct use *u)
{
    return u->at - u->said_at >= SILENT_MS;
}
