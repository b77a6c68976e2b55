/* Journals and what status makes of them. The input is the records of two epochs of a shard, and
 * of another shard, in turn; checksums and heads are repaired, unless the first byte is odd. */
#include "config.h"

#include "fuzz.h"

#include "journal/again.h"
#include "journal/journal.h"
#include "plan/build.h"
#include "report/words.h"
#include "util/file.h"

#include <string.h>

static const char *const name[] = {"state/journal/0000.e0001", "state/journal/0000.e0002",
    "state/journal/0001.e0001"};
static const uint32_t shard[] = {0, 0, 1}, epoch[] = {1, 2, 1};

/* Three tasks, and a fourth that needs them all. */
static uint64_t
write_plan(void)
{
    struct plan_builder b;
    plan_builder_init(&b);
    uint32_t word = strpool_adds(&b.strings, "a"), other = strpool_adds(&b.strings, "b");
    struct buf code = {0};
    code_str(&code, word);
    struct plan_code run = plan_add_code(&b, code.p, code.n);
    buf_free(&code);
    struct plan_column column = {.data = UINT64_MAX, .first = 1, .step = 1};
    plan_add(&b, PLAN_COLUMNS, &column, sizeof column);
    struct plan_table table = {.nrows = 3, .ncolumns = 1, .label = 1};
    plan_add(&b, PLAN_TABLES, &table, sizeof table);
    struct plan_var var = {0};
    plan_add(&b, PLAN_VARS, &var, sizeof var);
    struct plan_arg arg = {.code = run};
    plan_add(&b, PLAN_ARGS, &arg, sizeof arg);
    const uint32_t zero = 0, start[] = {0, 3}, members[] = {0, 1, 2};
    struct plan_need need = {.ngroups = 1, .nmembers = 3};
    need.group_of = plan_add_data(&b, &zero, sizeof zero);
    need.start = plan_add_data(&b, start, sizeof start);
    need.members = plan_add_data(&b, members, sizeof members);
    plan_add(&b, PLAN_NEEDS, &need, sizeof need);
    struct plan_family f = {.name = word, .ntasks = 3, .nvars = 1, .nargs = 1, .shell = 1};
    plan_add(&b, PLAN_FAMILIES, &f, sizeof f);
    f = (struct plan_family){.name = other, .first_task = 3, .ntasks = 1, .nargs = 1, .nneeds = 1};
    plan_add(&b, PLAN_FAMILIES, &f, sizeof f);
    b.head.ntasks = 4;
    struct buf image = {0}, why = {0};
    plan_finish(&b, &image);
    plan_builder_free(&b);
    struct plan *p = plan_from_bytes(image.p, image.n, "plan", &why);
    if (!p)
        __builtin_trap();
    uint64_t hash = p->head->identity;
    plan_close(p);
    fuzz_put("campaign.wflp", image.p, image.n);
    buf_free(&image);
    buf_free(&why);
    return hash;
}

static void
repair(struct journal_rec *r, int i, bool first, uint64_t plan_hash)
{
    if (first) {
        struct journal_head h;
        memcpy(&h, r, sizeof h);
        h.kind = JOURNAL_HEAD;
        h.version = JOURNAL_VERSION;
        h.plan_hash = plan_hash;
        h.shard = shard[i];
        h.epoch = epoch[i];
        memcpy(r, &h, sizeof h);
    } else {
        r->kind = (uint8_t)(JOURNAL_START + r->kind % 5);
        r->reason %= r->kind == JOURNAL_OUTPUT ? 5 : REASON_GONE + 1; /* or the count of outputs */
        r->task %= 5; /* one that does not exist, too */
    }
    r->crc = crc32_update(0, (const char *)r + sizeof r->crc, sizeof *r - sizeof r->crc);
}

static void
write_journals(const uint8_t *p, size_t n, uint64_t plan_hash)
{
    struct buf file[3] = {{0}, {0}, {0}};
    bool whole = n == 0 || p[0] % 2 == 0;
    for (size_t k = 0; n > 0; k++) {
        struct journal_rec r = {0};
        size_t take = n < sizeof r ? n : sizeof r;
        int i = k % 3;
        memcpy(&r, p, take);
        if (whole)
            repair(&r, i, file[i].n == 0, plan_hash);
        buf_add(&file[i], &r, take);
        p += take;
        n -= take;
    }
    for (int i = 0; i < 3; i++) {
        fuzz_put(name[i], file[i].p, file[i].n);
        buf_free(&file[i]);
    }
}

/* A request to try again what failed, be it one or only the bytes. */
static void
ask_again(const uint8_t *p, size_t n, uint64_t plan_hash)
{
    struct again_mark mark = {.shard = n > 1 ? p[1] % 2 : 0,
        .epoch = n > 2 ? p[2] % 4 : 1,
        .bytes = n > 3 ? p[3] * UINT64_C(16) : 0};
    struct again a = {.number = 1, .mark = &mark, .n = 1};
    fuzz_put("state/again", p, n);
    if (again_read("state", plan_hash, &a) != 0 || a.number || a.n)
        __builtin_trap(); /* what it takes has a checksum */
    a = (struct again){.number = 1, .mark = &mark, .n = 1};
    if (n && p[0] % 4 == 0)
        again_write("state", plan_hash, &a);
}

static bool
count(void *arg, const struct journal_head *head, const struct journal_rec *rec)
{
    (void)head;
    (void)rec;
    ++*(unsigned *)arg;
    return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    static uint64_t plan_hash;
    fuzz_enter_folder();
    if (!plan_hash) {
        plan_hash = write_plan();
        dir_make("state/journal");
    }
    write_journals(p, n, plan_hash);
    ask_again(p, n, plan_hash);

    unsigned read = 0, followed = 0, damaged;
    int err = journal_read("state", plan_hash, count, &read, &damaged);
    struct journal_tail *t = journal_tail_new("state", plan_hash);
    if (journal_tail_poll(t, count, &followed) != err || followed != read)
        __builtin_trap(); /* two ways to read one thing */
    journal_tail_free(t);

    struct buf out = {0};
    struct status *s = status_read(".", INT64_C(1790000000000000), &out);
    if (s) {
        for (uint32_t f = 0; f < s->plan->nfamilies; f++) {
            uint32_t sum = 0;
            for (int i = 0; i < STATUS_NSTATES; i++)
                sum += s->family[f].of[i];
            if (sum != s->family[f].total)
                __builtin_trap();
        }
        status_text(s, 0, 0, &out);
        status_text(s, 3, 1, &out);
        status_json(s, NULL, &out);
    }
    status_free(s);
    buf_free(&out);
    return 0;
}
