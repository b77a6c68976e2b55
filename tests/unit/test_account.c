/* The time of nodes: its parts, and that they add up to it, whatever the record holds. */
#include "config.h"

#include "plan/build.h"
#include "report/words.h"
#include "state/tally.h"
#include "util/list.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

enum { TASKS = 40 };

static const int64_t base_us = INT64_C(1700000000) * 1000000;
static uint32_t seed = 11;

static uint32_t
dice(uint32_t n)
{
    seed = seed * 1664525 + 1013904223;
    return (uint32_t)((uint64_t)seed * n >> 32);
}

static int64_t
at(double s)
{
    return base_us + (int64_t)(s * 1e6);
}

/* --- a plan, and its record --- */

static struct buf image;

static uint32_t
add_family(struct plan_builder *b, const char *name, double cores)
{
    struct buf code = {0};
    struct plan_column col = {.type = VM_COL_INT, .data = UINT64_MAX, .first = 1, .step = 1};
    struct plan_table t = {.nrows = TASKS / 2, .ncolumns = 1, .label = 1};
    t.first_column = plan_add(b, PLAN_COLUMNS, &col, sizeof col);
    struct plan_var v = {plan_add(b, PLAN_TABLES, &t, sizeof t)};
    code_str(&code, strpool_adds(&b->strings, "true"));
    struct plan_arg arg = {.code = plan_add_code(b, code.p, code.n)};
    struct plan_family f = {.name = strpool_adds(&b->strings, name),
        .first_task = b->head.ntasks,
        .ntasks = TASKS / 2,
        .first_var = plan_add(b, PLAN_VARS, &v, sizeof v),
        .nvars = 1,
        .instances = PLAN_PRODUCT,
        .constant = 1,
        .shell = 1,
        .first_arg = plan_add(b, PLAN_ARGS, &arg, sizeof arg),
        .nargs = 1};
    if (cores > 0) {
        buf_reset(&code);
        code_real(&code, cores);
        f.cores = plan_add_code(b, code.p, code.n);
    }
    buf_free(&code);
    plan_add_place(b, PLACE_VAR, f.first_var, "i", 0, 0);
    uint32_t index = plan_add(b, PLAN_FAMILIES, &f, sizeof f);
    plan_add_place(b, PLACE_FAMILY, index, "mini.wfl", 1, 1);
    b->head.ntasks += TASKS / 2;
    return index;
}

/* Half of the tasks have one core, half four. */
static struct tally *
new_tally(struct plan **p)
{
    struct plan_builder b;
    struct buf why = {0};
    plan_builder_init(&b);
    b.head.campaign = strpool_adds(&b.strings, "mini");
    b.head.site = plan_add_name(&b, "local");
    add_family(&b, "one", 0);
    add_family(&b, "four", 4);
    buf_reset(&image);
    plan_finish(&b, &image);
    plan_builder_free(&b);
    *p = plan_from_bytes(image.p, image.n, "mini", &why);
    if (!*p)
        fail_msg("%s", why.p);
    return tally_new(*p, false);
}

static struct journal_head head;

static void
begin(struct tally *t, uint32_t shard, uint32_t epoch, const char *holder, double s)
{
    struct journal_rec r;
    head = (struct journal_head){.kind = JOURNAL_HEAD,
        .shard = shard,
        .epoch = epoch,
        .time_us = at(s)};
    snprintf(head.holder, sizeof head.holder, "%s", holder);
    memcpy(&r, &head, sizeof r);
    assert_true(tally_take(t, &head, &r));
}

static void
add(struct tally *t, enum journal_kind kind, uint32_t task, double s, enum journal_reason reason,
    double ran_s)
{
    assert_true(tally_take(t, &head,
        &(struct journal_rec){.kind = (uint8_t)kind,
            .task = task,
            .time_us = at(s),
            .reason = (uint8_t)reason,
            .flags = kind == JOURNAL_END ? JOURNAL_FINAL : 0,
            .wall_ms = (uint32_t)(ran_s * 1000)}));
}

static uint32_t rank;

static void
who(struct tally *t, uint16_t cores, double began_s, double ends_s)
{
    struct journal_who w = {.kind = JOURNAL_SYNC,
        .said = JOURNAL_SAID_WHO,
        .cores = cores,
        .rank = rank,
        .began_us = at(began_s),
        .ends_s = ends_s > 0 ? (uint32_t)(at(ends_s) / 1000000) : 0,
        .job = "12.server"};
    struct journal_rec r;
    memcpy(&r, &w, sizeof r);
    assert_true(tally_take(t, &head, &r));
}

static void
use(struct tally *t, double s, enum journal_idle i, double core_s)
{
    struct journal_use u = {.kind = JOURNAL_SYNC,
        .said = JOURNAL_SAID_USE,
        .time_us = at(s),
        .used_mib = 7};
    struct journal_rec r;
    u.idle[i] = (uint32_t)(core_s * 10);
    memcpy(&r, &u, sizeof r);
    assert_true(tally_take(t, &head, &r));
}

/* And that it is whole. */
static struct account_sum
account(struct tally *t, double now_s)
{
    struct account_sum sum;
    double all = 0, parts = 0;
    tally_account(t, at(now_s), &sum);
    for (size_t i = 0; i < sum.n; i++) {
        const struct account_node *n = &sum.node[i];
        double span = (double)(n->over_us - n->began_us) * 1e-6, of = 0;
        for (int k = 0; k < ACCOUNT_NPARTS; k++) {
            assert_true(n->part_s[k] >= 0);
            of += n->part_s[k];
        }
        assert_true(fabs(of - span) <= 1e-9 * (1 + span));
        all += span;
    }
    for (int k = 0; k < ACCOUNT_NPARTS; k++)
        parts += sum.part_s[k];
    assert_true(fabs(parts - all) <= 1e-9 * (1 + all) && fabs(sum.all_s - all) <= 1e-9 * (1 + all));
    return sum;
}

static void
is_part(const struct account_sum *s, enum account_part p, double want)
{
    if (fabs(s->part_s[p] - want) > 1e-6)
        fail_msg("%s is %f, not %f", account_name(p), s->part_s[p], want);
}

static void
drop(struct tally *t, struct plan *p, struct account_sum *s)
{
    account_sum_free(s);
    tally_free(t);
    plan_close(p);
}

/* --- tests --- */

/* A node of eight cores, from second 0 to 100, that left in good order. */
static void
test_parts(void **state)
{
    (void)state;
    struct plan *p;
    struct tally *t = new_tally(&p);
    begin(t, 0, 1, "n1.1", 5);
    who(t, 8, 0, 3600);
    add(t, JOURNAL_START, 0, 10, 0, 0);
    add(t, JOURNAL_START, 1, 10, 0, 0);
    add(t, JOURNAL_START, 20, 10, 0, 0);
    add(t, JOURNAL_START, 21, 60, 0, 0);
    add(t, JOURNAL_END, 0, 50, REASON_OK, 38);
    add(t, JOURNAL_END, 1, 30, REASON_EXIT, 20);
    add(t, JOURNAL_END, 20, 60, REASON_OK, 50);
    add(t, JOURNAL_END, 21, 80, REASON_WALLTIME, 20);
    use(t, 90, IDLE_NOTHING, 160);
    add(t, JOURNAL_CLOSE, 0, 100, 0, 0);
    struct account_sum s = account(t, 1e6);
    is_part(&s, ACCOUNT_USEFUL, (38 + 4 * 50) / 8.0);
    is_part(&s, ACCOUNT_STARTING, 2 / 8.0);
    is_part(&s, ACCOUNT_FAILED, 20 / 8.0);
    is_part(&s, ACCOUNT_WALLTIME, 4 * 20 / 8.0);
    is_part(&s, ACCOUNT_NOTHING, 20);
    is_part(&s, ACCOUNT_IDLE, 100 - 20 - (40 + 200 + 20 + 80) / 8.0);
    assert_int_equal(s.n, 1);
    assert_string_equal(s.node[0].job, "12.server");
    assert_int_equal(s.node[0].done, 2);
    assert_int_equal(s.node[0].failed, 1);
    assert_int_equal(s.node[0].lost, 1);
    assert_int_equal(s.node[0].used_mib, 7);
    drop(t, p, &s);
}

/* What runs on a node that died is lost up to its last sign, or to its job's end if that was near;
 * and what another node says of it then is not counted again. */
static void
test_died(void **state)
{
    (void)state;
    for (int ending = 0; ending < 2; ending++) {
        struct plan *p;
        struct tally *t = new_tally(&p);
        begin(t, 0, 1, "n1.1", 0);
        who(t, 1, 0, ending ? 200 : 0);
        add(t, JOURNAL_START, 0, 10, 0, 0);
        use(t, 100, IDLE_NOTHING, 0);
        begin(t, 0, 2, "n2.1", 1000);
        who(t, 1, 1000, 0);
        add(t, JOURNAL_END, 0, 1001, REASON_LOST, 0);
        add(t, JOURNAL_CLOSE, 0, 1010, 0, 0);
        struct account_sum s = account(t, 2000);
        is_part(&s, ACCOUNT_KILLED, ending ? 0 : 90);
        is_part(&s, ACCOUNT_WALLTIME, ending ? 190 : 0);
        is_part(&s, ACCOUNT_IDLE, 20);
        assert_int_equal(s.node[0].lost, 1);
        assert_int_equal(s.node[1].lost, 0);
        drop(t, p, &s);
    }
}

/* Two nodes of a job: the first one's shim is started again and ends at 200, the other one's dies
 * at 50, or ends in good order then. Their job keeps both of them until 200. */
static void
test_kept(void **state)
{
    (void)state;
    for (int died = 0; died < 2; died++) {
        struct plan *p;
        struct tally *t = new_tally(&p);
        begin(t, 0, 1, "n1.1", 0);
        who(t, 1, 0, 0);
        use(t, 20, IDLE_NOTHING, 0);
        begin(t, 0, 2, "n1.2", 100);
        who(t, 1, 100, 0);
        add(t, JOURNAL_CLOSE, 0, 200, 0, 0);
        begin(t, 1, 1, "n2.1", 0);
        rank = 1;
        who(t, 1, 0, 0);
        rank = 0;
        use(t, 50, IDLE_NOTHING, 500);
        if (!died)
            add(t, JOURNAL_CLOSE, 0, 50, 0, 0);
        struct account_sum s = account(t, 2000);
        is_part(&s, ACCOUNT_NOTHING, died ? 50 : 50 + 150);
        is_part(&s, ACCOUNT_IDLE, 20 + 100 + (died ? 150 : 0));
        drop(t, p, &s);
    }
}

/* At work until now; and of records from before cores were told nothing is known. */
static void
test_live(void **state)
{
    (void)state;
    struct plan *p;
    struct tally *t = new_tally(&p);
    begin(t, 0, 1, "n1.1", 0);
    who(t, 4, 0, 0);
    add(t, JOURNAL_START, 20, 10, 0, 0);
    t->shard[0].live = true;
    begin(t, 1, 1, "n2.1", 0);
    add(t, JOURNAL_START, 0, 10, 0, 0);
    add(t, JOURNAL_END, 0, 20, REASON_OK, 10);
    add(t, JOURNAL_CLOSE, 0, 30, 0, 0);
    begin(t, 2, 1, LEASE_BUILDER ".1", 0);
    add(t, JOURNAL_CLOSE, 0, 1, 0, 0);
    struct account_sum s = account(t, 60);
    is_part(&s, ACCOUNT_RUNNING, 50);
    is_part(&s, ACCOUNT_IDLE, 10);
    is_part(&s, ACCOUNT_UNKNOWN, 30);
    assert_int_equal(s.n, 2);
    assert_int_equal(s.node[0].running, 1);
    drop(t, p, &s);
}

/* Whatever stands in records, from clocks that jump. */
static void
test_random(void **state)
{
    (void)state;
    static const enum journal_kind kinds[] = {JOURNAL_START, JOURNAL_START, JOURNAL_END,
        JOURNAL_END, JOURNAL_CLOSE, JOURNAL_TOLD};
    for (int round = 0; round < 2000; round++) {
        struct plan *p;
        struct tally *t = new_tally(&p);
        double now = 0;
        uint32_t epoch[3] = {0};
        for (uint32_t n = dice(120); n > 0; n--) {
            now += dice(50) - (dice(20) ? 0 : 40.0);
            if (!head.epoch || !epoch[head.shard] || dice(8) == 0) {
                char holder[HOLDER_SIZE];
                uint32_t shard = dice(3);
                snprintf(holder, sizeof holder, "n%u.1", dice(4));
                begin(t, shard, ++epoch[shard], holder, now);
                if (dice(4))
                    who(t, (uint16_t)dice(12), now - dice(5), dice(2) ? now + dice(400) : 0);
            } else if (dice(6) == 0) {
                use(t, now, (enum journal_idle)dice(JOURNAL_NIDLES), dice(1000));
            } else {
                add(t, kinds[dice(COUNT_OF(kinds))], dice(TASKS + 1), now,
                    (enum journal_reason)dice(REASON_GONE + 1), dice(100));
            }
        }
        for (size_t i = 0; i < t->nshards; i++)
            t->shard[i].live = dice(2) && !t->shard[i].closed;
        struct account_sum s = account(t, now + dice(100));
        drop(t, p, &s);
        head.epoch = 0;
    }
}

/* The shares that people read add up to 100.0. */
static void
test_text(void **state)
{
    (void)state;
    for (int round = 0; round < 200; round++) {
        struct status s = {0};
        struct buf out = {0};
        for (int k = 0; k < ACCOUNT_UNKNOWN; k++)
            s.account.all_s += s.account.part_s[k] = dice(4) ? dice(100000) * 0.07 : 0;
        status_account(&s, &out);
        unsigned sum = 0;
        for (const char *line = out.n ? out.p : ""; *line; line = strchr(line, '\n') + 1) {
            unsigned whole, tenths;
            if (sscanf(line, " %u.%u %%", &whole, &tenths) == 2)
                sum += whole * 10 + tenths;
        }
        assert_int_equal(sum, s.account.all_s > 0 ? 1000 : 0);
        buf_free(&out);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_parts), cmocka_unit_test(test_died),
        cmocka_unit_test(test_kept), cmocka_unit_test(test_live), cmocka_unit_test(test_random),
        cmocka_unit_test(test_text)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    buf_free(&image);
    return failed;
}
