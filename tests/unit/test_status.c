/* Status and progress: every task in the right state, and the text that says so. */
#include "config.h"

#include "plan/build.h"
#include "report/words.h"
#include "state/log.h"
#include "state/progress.h"
#include "state/tally.h"
#include "util/clock.h"
#include "util/file.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static char dir[64], state_dir[80];
static uint32_t seed = 7;

static uint32_t
dice(uint32_t n)
{
    seed = seed * 1664525 + 1013904223;
    return (uint32_t)((uint64_t)seed * n >> 32);
}

/* --- plans --- */

static struct plan_code
real_code(struct plan_builder *b, double x)
{
    struct buf code = {0};
    code_real(&code, x);
    struct plan_code c = plan_add_code(b, code.p, code.n);
    buf_free(&code);
    return c;
}

/* A family of n tasks, one variable; returns its index. The members of its needs are added by
 * the caller, at once and before the next family. */
static uint32_t
add_family(struct plan_builder *b, const char *name, uint32_t n, uint32_t nneeds, double time_s)
{
    struct buf code = {0};
    /* clang-format off */
    struct plan_column col = {
        .type = VM_COL_INT, .data = UINT64_MAX, .first = 100, .step = 1};
    uint32_t column = plan_add(b, PLAN_COLUMNS, &col, sizeof col);
    struct plan_table t = {.nrows = n, .first_column = column, .ncolumns = 1, .label = 1};
    struct plan_var v = {plan_add(b, PLAN_TABLES, &t, sizeof t)};
    code_str(&code, strpool_adds(&b->strings, "true"));
    struct plan_arg arg = {.code = plan_add_code(b, code.p, code.n)};
    struct plan_family f = {.name = strpool_adds(&b->strings, name),
        .first_task = b->head.ntasks,
        .ntasks = n,
        .first_var = plan_add(b, PLAN_VARS, &v, sizeof v),
        .nvars = 1,
        .instances = PLAN_PRODUCT,
        .retries = 2,
        .constant = 1,
        .shell = 1,
        .first_arg = plan_add(b, PLAN_ARGS, &arg, sizeof arg),
        .nargs = 1,
        .first_need = plan_count(b, PLAN_NEEDS, sizeof(struct plan_need)),
        .nneeds = nneeds,
        .limit = real_code(b, 300)};
    if (time_s > 0)
        f.time = real_code(b, time_s);
    buf_free(&code);
    plan_add_place(b, PLACE_VAR, f.first_var, "i", 0, 0);
    uint32_t index = plan_add(b, PLAN_FAMILIES, &f, sizeof f);
    plan_add_place(b, PLACE_FAMILY, index, "mini.wfl", 10 + b->head.ntasks, 1);
    b->head.ntasks += n;
    return index;
}

static void
add_need(struct plan_builder *b, uint32_t producer, const uint32_t *group_of, uint32_t ntasks,
    const uint32_t *start, uint32_t ngroups, const uint32_t *member)
{
    struct plan_need n = {.producer = producer, .ngroups = ngroups, .nmembers = start[ngroups]};
    n.group_of = plan_add_data(b, group_of, 4 * ntasks);
    n.start = plan_add_data(b, start, 4 * (ngroups + 1));
    n.members = plan_add_data(b, member, 4 * (size_t)start[ngroups]);
    plan_add(b, PLAN_NEEDS, &n, sizeof n);
}

static uint64_t
write_plan(struct plan_builder *b)
{
    struct buf image = {0}, path = {0}, why = {0};
    plan_finish(b, &image);
    buf_printf(&path, "%s/campaign.wflp", dir);
    assert_int_equal(file_write_atomic(path.p, image.p, image.n, 0644), 0);
    struct plan *p = plan_open(path.p, &why);
    if (!p)
        fail_msg("%s", why.p);
    uint64_t hash = p->head->identity;
    plan_close(p);
    buf_free(&image);
    buf_free(&path);
    plan_builder_free(b);
    return hash;
}

/* 6 calibrate (tasks 0 to 5); 3 warp (6 to 8), each of two of them; publish (9) of all warps. */
static uint64_t
mini_plan(const char *campaign)
{
    struct plan_builder b;
    plan_builder_init(&b);
    b.head.campaign = strpool_adds(&b.strings, campaign);
    b.head.site = plan_add_name(&b, "local");
    add_family(&b, "calibrate", 6, 0, 0);
    add_family(&b, "warp", 3, 1, 600);
    add_need(&b, 0, (uint32_t[]){0, 1, 2}, 3, (uint32_t[]){0, 2, 4, 6}, 3,
        (uint32_t[]){0, 1, 2, 3, 4, 5});
    add_family(&b, "publish", 1, 1, 0);
    add_need(&b, 1, (uint32_t[]){0}, 1, (uint32_t[]){0, 3}, 1, (uint32_t[]){0, 1, 2});
    return write_plan(&b);
}

/* --- journals --- */

static int64_t base_us; /* about when the test runs */

static struct lease *holder; /* of the journals that are opened; NULL: one that is gone */

static void
take_lease(void)
{
    int err;
    holder = lease_open(state_dir, "nid1", NULL, 300, &err);
    assert_non_null(holder);
}

static void
drop_lease(void)
{
    lease_close(holder);
    holder = NULL;
}

static struct journal *
open_journal(uint32_t shard, uint64_t plan)
{
    static uint32_t last[8];
    int err = journal_epochs(state_dir, shard + 1, last);
    struct journal *j = journal_create(state_dir, shard, last[shard], 0, plan,
        holder ? lease_holder(holder) : "nid0.1", true, 0, &err);
    assert_non_null(j);
    return j;
}

static void
start(struct journal *j, uint32_t task, double at_s)
{
    journal_add(j, (struct journal_rec){.kind = JOURNAL_START,
                       .task = task,
                       .attempt = 1,
                       .time_us = base_us + (int64_t)(at_s * 1e6)});
    assert_int_equal(journal_flush(j), 0);
}

static void
end(struct journal *j, uint32_t task, enum journal_reason reason, uint8_t code, uint8_t flags,
    double at_s, double took_s)
{
    journal_add(j, (struct journal_rec){.kind = JOURNAL_END,
                       .reason = (uint8_t)reason,
                       .code = code,
                       .flags = flags,
                       .task = task,
                       .attempt = 3,
                       .wall_ms = (uint32_t)(took_s * 1000),
                       .time_us = base_us + (int64_t)(at_s * 1e6)});
    assert_int_equal(journal_flush(j), 0);
}

static void
done(struct journal *j, uint32_t task)
{
    end(j, task, REASON_OK, 0, JOURNAL_FINAL, 100, 100);
}

static struct status *
read_status(double at_s)
{
    struct buf why = {0};
    struct status *s = status_read(dir, base_us + (int64_t)(at_s * 1e6), &why);
    if (!s)
        fail_msg("%s", why.p);
    uint32_t sum = 0;
    for (int x = 0; x < STATUS_NSTATES; x++)
        sum += s->all.of[x];
    assert_int_equal(sum, s->all.total);
    assert_int_equal(s->all.total, s->plan->head->ntasks);
    assert_int_equal(s->nfailures, s->all.of[STATUS_FAILED]);
    buf_free(&why);
    return s;
}

/* One letter a task: D done, R running, r ready, w waiting, l late, g gated, i interrupted,
 * F failed, b blocked. */
static void
expect(const char *states)
{
    struct status *s = read_status(200);
    char got[64] = "";
    for (uint32_t i = 0; i < s->all.total; i++)
        got[i] = "DRrwlgiFb"[s->state[i]];
    assert_string_equal(got, states);
    status_free(s);
}

/* --- states --- */

static void
test_states(void **state)
{
    (void)state;
    uint64_t plan = mini_plan("mini");
    expect("rrrrrrwwww");
    take_lease();
    struct journal *j = open_journal(0, plan);
    expect("rrrrrrwwww");
    start(j, 0, 1);
    start(j, 1, 1);
    expect("RRrrrrwwww");
    done(j, 0);
    expect("DRrrrrwwww");
    done(j, 1);
    expect("DDrrrrrwww");
    start(j, 6, 2);
    start(j, 2, 2);
    expect("DDRrrrRwww");
    end(j, 2, REASON_EXIT, 1, 0, 3, 1);
    expect("DDrrrrRwww"); /* it will be tried again */
    start(j, 2, 4);
    end(j, 2, REASON_EXIT, 1, JOURNAL_FINAL, 5, 1);
    expect("DDFrrrRbwb");
    /* the head dies: what ran is interrupted; who takes over starts it again */
    drop_lease();
    journal_close(j);
    expect("DDFrrribwb");
    take_lease();
    j = open_journal(0, plan);
    expect("DDrrrrrwww"); /* the new epoch tries afresh what failed */
    start(j, 6, 6);
    done(j, 6);
    start(j, 2, 7);
    expect("DDRrrrDwww");
    done(j, 2);
    done(j, 3);
    done(j, 4);
    done(j, 5);
    expect("DDDDDDDrrw");
    done(j, 7);
    done(j, 8);
    done(j, 9);
    expect("DDDDDDDDDD");
    /* an output was gone: to be done again */
    end(j, 9, REASON_OUTPUT, 0, JOURNAL_RECOVERED, 8, 0);
    expect("DDDDDDDDDr");
    start(j, 9, 9);
    journal_add(j, (struct journal_rec){.kind = JOURNAL_CLOSE});
    assert_int_equal(journal_flush(j), 0);
    journal_close(j);
    drop_lease();
    expect("DDDDDDDDDi");
    /* a task that the plan does not have, and another plan's journal */
    j = open_journal(0, plan);
    start(j, 4000000000u, 10);
    done(j, 10);
    done(j, 9);
    journal_close(j);
    expect("DDDDDDDDDD");
    j = open_journal(1, plan + 1);
    start(j, 0, 11);
    journal_close(j);
    expect("DDDDDDDDDD");
}

/* How many are left alone at that time, after a failure, and for how long the first of them is. */
static void
expect_again(double at_s, size_t n, double left_s)
{
    struct status *s = read_status(at_s);
    assert_int_equal(s->nagain, n);
    if (n) {
        double left = s->again_s - (double)base_us * 1e-6 - at_s;
        assert_true(left > left_s - 1e-3 && left < left_s + 1.001);
    }
    status_free(s);
}

/* As the scheduling core does it, as long as the shim lives whose failure it is. */
static void
test_again(void **state)
{
    (void)state;
    uint64_t plan = mini_plan("mini");
    take_lease();
    struct journal *j = open_journal(0, plan);
    end(j, 0, REASON_NODE, 0, 0, 3, 1); /* no fault of its own: at once */
    expect_again(3.5, 0, 0);
    end(j, 1, REASON_EXIT, 1, 0, 3, 1); /* the third time: 4 s */
    expect_again(3.5, 1, 3.5);
    expect_again(8.5, 0, 0);
    end(j, 2, REASON_OOM, 0, JOURNAL_SPARED, 3, 1); /* 1 s */
    expect_again(3.5, 2, 0.5);
    expect_again(5.5, 1, 1.5);
    start(j, 1, 6);
    expect_again(6.5, 0, 0);
    end(j, 1, REASON_EXIT, 1, JOURNAL_FINAL, 7, 1);
    expect_again(7.5, 0, 0);
    end(j, 3, REASON_EXIT, 1, 0, 7, 1);
    expect_again(7.5, 1, 3.5);
    drop_lease();
    journal_close(j);
    expect_again(7.5, 0, 0);
}

/* Two shards, one of them alive: each is judged for itself. */
static void
test_shards(void **state)
{
    (void)state;
    uint64_t plan = mini_plan("mini");
    struct journal *a = open_journal(0, plan);
    take_lease();
    struct journal *b = open_journal(3, plan);
    start(a, 0, 1);
    start(b, 1, 1);
    expect("iRrrrrwwww");
    struct status *s = read_status(10);
    assert_int_equal(s->nshims, 1);
    assert_int_equal(s->shim[0].shard, 3);
    status_free(s);
    drop_lease();
    expect("iirrrrwwww");
    journal_close(a);
    journal_close(b);
}

/* Random plans and records, against edges walked one by one. */
/* Of many shards each is taken over while all others work, and then tries again what failed: what a head
 * costs depends on its shard alone. It would take hours, else. */
static void
test_many_heads(void **state)
{
    (void)state;
    enum { SHARDS = 400000, EACH = 3, EPOCHS = 4 };
    struct plan_builder b;
    plan_builder_init(&b);
    b.head.campaign = strpool_adds(&b.strings, "many");
    b.head.site = plan_add_name(&b, "local");
    add_family(&b, "calibrate", SHARDS * EACH, 0, 0);
    uint64_t hash = write_plan(&b);
    struct buf path = {0}, why = {0};
    buf_printf(&path, "%s/campaign.wflp", dir);
    struct plan *p = plan_open(path.p, &why);
    struct tally *t = tally_new(p, false);
    alarm(300);
    for (uint32_t epoch = 1; epoch <= EPOCHS; epoch++) {
        for (uint32_t s = 0; s < SHARDS; s++) {
            struct journal_head head = {
                .kind = JOURNAL_HEAD, .shard = s, .epoch = epoch, .plan_hash = hash, .afresh = 1};
            snprintf(head.holder, sizeof head.holder, "n%u.%u", s, epoch);
            assert_true(tally_take(t, &head, (const void *)&head));
            for (uint32_t i = 0; i < EACH; i++) {
                struct journal_rec r = {
                    .kind = JOURNAL_START, .task = s * EACH + i, .attempt = 1, .time_us = base_us};
                tally_take(t, &head, &r);
                if (i != 1)
                    continue;
                r.kind = JOURNAL_END;
                r.flags = JOURNAL_FINAL;
                r.reason = s == 7 && epoch == EPOCHS ? REASON_OK : REASON_EXIT;
                tally_take(t, &head, &r);
            }
        }
        assert_int_equal(t->count[SEEN_RUNNING], 2 * SHARDS);
        assert_int_equal(t->count[SEEN_FAILED], SHARDS - (epoch == EPOCHS));
    }
    /* clang-format on */
    assert_int_equal(t->count[SEEN_DONE], 1);
    struct journal_head head = {.kind = JOURNAL_HEAD, .shard = 5, .epoch = 9, .afresh = 1};
    tally_take(t, &head, (const void *)&head);
    assert_int_equal(t->count[SEEN_LOST], 2);
    assert_int_equal(t->count[SEEN_AFRESH], 1);
    assert_int_equal(t->count[SEEN_RUNNING], 2 * SHARDS - 2);
    alarm(0);
    tally_free(t);
    plan_close(p);
    buf_free(&path);
}

static void
test_random(void **state)
{
    (void)state;
    enum { FAMILIES = 4, TASKS = 12 };
    for (int round = 0; round < 60; round++) {
        static bool needs[FAMILIES * TASKS][FAMILIES * TASKS];
        memset(needs, 0, sizeof needs);
        struct plan_builder b;
        plan_builder_init(&b);
        uint32_t n[FAMILIES], first[FAMILIES];
        for (uint32_t f = 0; f < FAMILIES; f++) {
            n[f] = 1 + dice(TASKS);
            first[f] = b.head.ntasks;
            uint32_t from = dice(f + 1); /* needs families from .. f-1 */
            add_family(&b, "f", n[f], f - from, 0);
            for (uint32_t p = from; p < f; p++) {
                uint32_t groups = 1 + dice(4), begin[6] = {0}, members[6 * TASKS];
                uint32_t group_of[TASKS], k = 0;
                for (uint32_t g = 0; g < groups; g++) {
                    for (uint32_t m = 0; m < n[p]; m++)
                        if (dice(3) == 0)
                            members[k++] = m;
                    begin[g + 1] = k;
                }
                for (uint32_t c = 0; c < n[f]; c++) {
                    group_of[c] = dice(6) ? dice(groups) : PLAN_NONE;
                    for (uint32_t m = group_of[c] == PLAN_NONE ? 0 : begin[group_of[c]];
                         group_of[c] != PLAN_NONE && m < begin[group_of[c] + 1]; m++)
                        needs[first[f] + c][first[p] + members[m]] = true;
                }
                add_need(&b, p, group_of, n[f], begin, groups, members);
            }
        }
        uint32_t total = b.head.ntasks;
        uint64_t plan = write_plan(&b);
        struct journal *j = open_journal(0, plan);
        uint8_t want[FAMILIES * TASKS];
        for (uint32_t i = 0; i < total; i++) {
            bool wait = false, blocked = false;
            for (uint32_t k = 0; k < total; k++) {
                wait |= needs[i][k] && want[k] != STATUS_DONE;
                blocked |= needs[i][k] && (want[k] == STATUS_FAILED || want[k] == STATUS_BLOCKED);
            }
            want[i] = blocked ? STATUS_BLOCKED : wait ? STATUS_WAITING : STATUS_READY;
            if (want[i] != STATUS_READY)
                continue;
            start(j, i, 1);
            switch (dice(round % 3 ? 20 : 4)) {
            case 0:
                want[i] = STATUS_INTERRUPTED;
                break;
            case 1:
                end(j, i, REASON_SIGNAL, 9, 0, 2, 1);
                break;
            case 2:
                end(j, i, REASON_SIGNAL, 9, JOURNAL_FINAL, 2, 1);
                want[i] = STATUS_FAILED;
                break;
            default:
                done(j, i);
                want[i] = STATUS_DONE;
            }
        }
        journal_close(j);
        struct status *s = read_status(10);
        assert_memory_equal(s->state, want, total);
        status_free(s);
    }
}

/* --- texts --- */

static void
compare(const char *want, const char *got)
{
    if (strcmp(want, got) == 0)
        return;
    fprintf(stderr, "wanted:\n%s\ngot:\n%s\n", want, got); /* too long for cmocka */
    fail();
}

static void
test_text(void **state)
{
    (void)state;
    struct buf got = {0}, want = {0};
    char host[33] = "";
    strcpy(host, "nid1");
    uint64_t plan = mini_plan("mini");
    struct status *s = read_status(0);
    status_text(s, 0, 0, &got);
    status_free(s);
    compare("campaign mini on local\n"
            "no job is at work\n"
            "\n"
            "           total  done  running  ready  waiting\n"
            "calibrate      6     .        .      6        .\n"
            "warp           3     .        .      .        3\n"
            "publish        1     .        .      .        1\n"
            "TOTAL         10     .        .      6        4\n"
            "\n"
            "10 tasks to do: the next job goes on with them\n",
        got.p);

    take_lease();
    struct journal *j = open_journal(0, plan);
    done(j, 0);
    done(j, 1);
    for (uint32_t i = 2; i < 5; i++)
        end(j, i, REASON_EXIT, 127, JOURNAL_FINAL, 0, 0.25);
    start(j, 5, 150);
    s = read_status(200);
    /* two calibrate done of 100 s each; one has run 50 s; a warp of 600 s, and one is blocked */
    assert_true(fabs(s->eta_s - (50 + 600)) < 5);
    s->period_s = 7500;
    s->rate = 0.96;
    s->done_lately = 2;
    s->shim[0].since_us = s->now_us - INT64_C(7500000000);
    strcpy(s->shim[0].who, "nid00012 4711");
    strcpy(s->shim[0].job, "99");
    buf_reset(&got);
    status_text(s, 2, 0, &got);
    buf_printf(&want,
        "campaign mini on local\n"
        "at work: node nid00012 of job 99, process 4711, for 2 h 5 min\n"
        "\n"
        "           total  done  running  ready  waiting  failed  blocked\n"
        "calibrate      6     2        1      .        .       3        .\n"
        "warp           3     .        .      1        .       .        2\n"
        "publish        1     .        .      .        .       .        1\n"
        "TOTAL         10     2        1      1        .       3        3\n"
        "\n"
        "2 tasks done in the last 2 h 5 min, 1 an hour; about 11 min left\n"
        "\n"
        "3 tasks failed, and 3 cannot start without them:\n"
        "  3 of calibrate: exit 127: program not found\n"
        "      e.g. calibrate[i=102], attempt 3 of 3, after 0.2 s on %s, 2023-11-14 22:13:20\n"
        "      declared at mini.wfl:10\n"
        "'wflc status --all %s' shows each\n"
        "the next run tries them again\n",
        host, s->dir);
    compare(want.p, got.p);
    buf_reset(&got);
    status_text(s, 0, 0, &got);
    for (uint32_t i = 102; i < 105; i++) {
        buf_reset(&want);
        buf_printf(&want,
            "  calibrate[i=%u]: exit 127: program not found\n      attempt 3 of 3, after ", i);
        assert_non_null(strstr(got.p, want.p));
    }
    s->eta_s = 0;
    buf_reset(&got);
    status_text(s, 0, 0, &got);
    assert_non_null(strstr(got.p, " an hour; what runs takes longer than expected\n"));
    status_free(s);

    drop_lease();
    s = read_status(200);
    assert_int_equal(s->all.of[STATUS_INTERRUPTED], 1);
    buf_reset(&got);
    status_text(s, 2, 2, &got);
    assert_non_null(strstr(got.p, "\nno job is at work; 2 are submitted: wflc queue "));
    assert_non_null(strstr(got.p, "2 tasks to do: the next job goes on with them\n"
                                  "1 task was running when the job ended, and will start again\n"));
    assert_true(isnan(s->rate));
    status_free(s);

    for (uint32_t i = 5; i < 7; i++)
        done(j, i);
    s = read_status(200);
    buf_reset(&got);
    status_text(s, 2, 0, &got);
    assert_non_null(strstr(got.p, "\nnothing more can run\n"));
    status_free(s);
    for (uint32_t i = 0; i < 10; i++)
        done(j, i);
    s = read_status(200);
    buf_reset(&got);
    status_text(s, 2, 0, &got);
    assert_non_null(strstr(got.p, "\nall tasks are done\n"));
    assert_int_equal(s->nfailures, 0);
    status_free(s);
    journal_close(j);
    buf_free(&got);
    buf_free(&want);
}

static void
test_json(void **state)
{
    (void)state;
    struct buf got = {0}, want = {0};
    uint64_t plan = mini_plan("a \"b\\\n\x01\xc3\xa9\xff\xed\xa0\x80");
    struct journal *j = open_journal(0, plan);
    end(j, 2, REASON_OOM, 0, JOURNAL_FINAL, 0, 1.5);
    journal_close(j);
    struct status *s = read_status(1.25);
    strcpy(s->failure[0].host, "nid1");
    status_json(s, NULL, &got);
    status_free(s);
    buf_puts(&want,
        "{\"campaign\": \"a \\\"b\\\\\\u000a\\u0001\xc3\xa9\\ufffd\\ufffd\\ufffd\\ufffd\", "
        "\"site\": \"local\", \"time\": \"2023-11-14T22:13:21.250Z\", "
        "\"tasks\": {\"total\": 10, \"done\": 0, \"running\": 0, \"ready\": 5, \"waiting\": 2, "
        "\"late\": 0, \"gated\": 0, \"interrupted\": 0, \"failed\": 1, \"blocked\": 2},\n"
        "  \"families\": [\n"
        "    {\"name\": \"calibrate\", \"total\": 6, \"done\": 0, \"running\": 0, \"ready\": 5, "
        "\"waiting\": 0, \"late\": 0, \"gated\": 0, \"interrupted\": 0, \"failed\": 1, "
        "\"blocked\": 0},\n"
        "    {\"name\": \"warp\", \"total\": 3, \"done\": 0, \"running\": 0, \"ready\": 0, "
        "\"waiting\": 2, \"late\": 0, \"gated\": 0, \"interrupted\": 0, \"failed\": 0, "
        "\"blocked\": 1},\n"
        "    {\"name\": \"publish\", \"total\": 1, \"done\": 0, \"running\": 0, \"ready\": 0, "
        "\"waiting\": 0, \"late\": 0, \"gated\": 0, \"interrupted\": 0, \"failed\": 0, "
        "\"blocked\": 1}],\n"
        "  \"jobs\": [],\n"
        "  \"nodes\": [],\n"
        "  \"bad_nodes\": [],\n"
        "  \"orders\": [],\n"
        "  \"times\": [\n"
        "    {\"family\": \"calibrate\", \"by\": \"\", \"attempts\": 0, \"seconds\": null, "
        "\"seconds_95\": null}],\n"
        "  \"period_seconds\": 0.000, \"done_in_period\": 0, \"tasks_per_hour\": null, "
        "\"seconds_left\": null, \"node_seconds\": {\"all\": 0.000, \"useful\": 0.000, "
        "\"running\": 0.000, \"starting\": 0.000, \"idle_nothing\": 0.000, "
        "\"idle_again\": 0.000, "
        "\"idle_memory\": 0.000, \"idle_room\": 0.000, \"idle_time\": 0.000, "
        "\"idle_paused\": 0.000, \"idle_ending\": 0.000, \"idle\": 0.000, \"failed\": 0.000, "
        "\"lost_to_walltime\": 0.000, \"killed\": 0.000, \"unknown\": 0.000},\n"
        "  \"again\": {\"tasks\": 0, \"first\": null},\n"
        "  \"late\": [],\n"
        "  \"failed\": [\n"
        "    {\"task\": 2, \"label\": \"calibrate[i=102]\", \"reason\": \"oom\", \"code\": 0, "
        "\"text\": \"memory ran out\", \"attempt\": 3, \"attempts\": 3, \"host\": \"nid1\", "
        "\"node\": 0, \"ended\": \"2023-11-14T22:13:20.000Z\", \"wall_seconds\": 1.500, "
        "\"peak_bytes\": 0, \"file\": \"mini.wfl\", \"line\": 10, \"shim_said\": \"\", "
        "\"task_said\": \"\"}]}\n");
    compare(want.p, got.p);
    buf_free(&got);
    buf_free(&want);
}

/* What was measured, once enough have ended. */
static void
test_times(void **state)
{
    (void)state;
    struct journal *j = open_journal(0, mini_plan("mini"));
    for (int i = 0; i < 19; i++) {
        end(j, 6 + (uint32_t)i % 3, REASON_OK, 0, JOURNAL_FINAL, i * 10, 840);
        end(j, 0, REASON_OK, 0, JOURNAL_FINAL, i * 10, 720);
    }
    struct status *s = read_status(200);
    struct buf text = {0};
    status_text(s, 0, 0, &text);
    assert_null(strstr(text.p, "measured"));
    status_free(s);
    for (int i = 0; i < 6; i++) {
        end(j, 6, REASON_OK, 0, JOURNAL_FINAL, 200, 840);
        end(j, 0, REASON_OK, 0, JOURNAL_FINAL, 200, 720);
        end(j, 9, REASON_WALLTIME, 0, 0, 200, 720);
    }
    end(j, 7, REASON_WALLTIME, 0, 0, 200, 60);
    s = read_status(300);
    buf_reset(&text);
    status_text(s, 0, 0, &text);
    assert_non_null(strstr(text.p,
        "calibrate: measured 12 min, 95 of 100 within 12 min; 25 attempts at tasks of which no "
        "time is stated\n"));
    assert_non_null(strstr(text.p,
        "\nwarp: measured 1.4 x what is stated, 95 of 100 within 1.4 x; 25 attempts\n"));
    assert_null(strstr(text.p, "publish: measured"));
    buf_reset(&text);
    status_json(s, NULL, &text);
    assert_non_null(
        strstr(text.p, "{\"family\": \"warp\", \"by\": \"\", \"attempts\": 25, \"ratio\": 1.35"));
    assert_non_null(strstr(text.p,
        "{\"family\": \"publish\", \"by\": \"\", \"attempts\": 0, \"seconds\": null"));
    status_free(s);
    buf_free(&text);
    journal_close(j);
}

static void
test_words(void **state)
{
    (void)state;
    mini_plan("mini");
    struct status *s = read_status(0);
    static const struct {
        enum journal_reason reason;
        uint8_t code;
        uint32_t task, peak_kib;
        const char *says;
    } r[] = {{REASON_EXIT, 1, 0, 0, "exit 1"},
        {REASON_EXIT, 127, 0, 0, "exit 127: program not found"},
        {REASON_EXIT, 126, 0, 0, "exit 126: program cannot be executed"},
        {REASON_EXIT, 128 + SIGKILL, 0, 0, "exit 137: a program in it was killed by SIGKILL"},
        {REASON_EXIT, 255, 0, 0, "exit 255"},
        {REASON_SIGNAL, SIGSEGV, 0, 0, "killed by SIGSEGV (segmentation fault)"},
        {REASON_SIGNAL, 63, 0, 0, "killed by signal 63"},
        {REASON_OOM, 0, 0, 7812500, "memory ran out (peak 8.00 GB)"},
        {REASON_LIMIT, 0, 0, 0, "limit of 5 min passed"},
        {REASON_LIMIT, 0, 77, 0, "its time limit passed"},
        {REASON_OUTPUT, FLAW_UNKNOWN, 0, 0, "an output is missing or damaged"},
        {REASON_OUTPUT, 255, 0, 0, "an output is missing or damaged"},
        {REASON_OUTPUT, FLAW_MISSING, 0, 0, "an output is missing"},
        {REASON_OUTPUT, FLAW_CHECKPOINT, 0, 0, "a checkpoint is left"},
        {REASON_OUTPUT, FLAW_FITS, 0, 0, "an output fails its check fits"},
        {REASON_INPUT, FLAW_MISSING, 0, 0, "an input is missing"},
        {REASON_INPUT, FLAW_GZIP, 0, 0, "an input fails its check gzip"},
        {REASON_INPUT, FLAW_VALUE, 0, 0, "a value could not be computed"},
        {(enum journal_reason)99, 0, 0, 0, "ended for an unknown reason"}};
    struct buf b = {0};
    for (size_t i = 0; i < sizeof r / sizeof *r; i++) {
        struct journal_rec rec = {.reason = (uint8_t)r[i].reason,
            .code = r[i].code,
            .task = r[i].task,
            .peak_kib = r[i].peak_kib};
        buf_reset(&b);
        status_reason(s->plan, &rec, &b);
        assert_string_equal(b.p, r[i].says);
    }
    status_free(s);
    static const struct {
        double s;
        const char *says;
    } d[] = {{-1, "0.0 s"}, {NAN, "0.0 s"}, {0.04, "0.0 s"}, {9.94, "9.9 s"}, {9.96, "10 s"},
        {99.4, "99 s"}, {99.6, "2 min"}, {3569, "59 min"}, {3571, "1 h"}, {12000, "3 h 20 min"},
        {86400 * 2 - 60, "47 h 59 min"}, {86400 * 2, "2 d"}, {86400 * 2.2, "2 d 4 h"},
        {INFINITY, "centuries"}};
    for (size_t i = 0; i < sizeof d / sizeof *d; i++) {
        buf_reset(&b);
        status_duration(d[i].s, &b);
        assert_string_equal(b.p, d[i].says);
    }
    static const struct {
        uint64_t n;
        const char *says;
    } n[] = {{0, "0"}, {999, "999"}, {9999, "9999"}, {10000, "10 000"}, {4050000, "4 050 000"},
        {UINT64_MAX, "18 446 744 073 709 551 615"}};
    for (size_t i = 0; i < sizeof n / sizeof *n; i++) {
        buf_reset(&b);
        status_number(n[i].n, &b);
        assert_string_equal(b.p, n[i].says);
    }
    buf_free(&b);
}

/* The last lines of the log stand beside the failure, and cannot do harm to a terminal. */
static void
test_said(void **state)
{
    (void)state;
    static const struct {
        const char *log, *shim, *task;
    } c[] = {{"one\ntwo\n\n", NULL, "two"}, {"no line end", NULL, "no line end"},
        {"a\nwfl-shim: x is empty\n", "x is empty", "a"}, {"wfl-shim: only\n", "only", NULL},
        {"\n\n \r\n", NULL, NULL},
        {"a\nwfl-shim: first\nb\nwfl-shim: ... 5 bytes left out ...\nwfl-shim: ... 6\n", "first",
            "b"},
        {"\x1b[31mred\x07\tx\xc2\x9b\xc3\xa9\n", NULL, "?[31mred? x?\xc3\xa9"}};
    uint64_t plan = mini_plan("mini");
    struct journal *j = open_journal(0, plan);
    take_lease(); /* it makes the log */
    drop_lease();
    struct log *l = log_open(state_dir, "nid0.1");
    assert_non_null(l);
    struct buf got = {0}, want = {0};
    for (size_t i = 0; i < sizeof c / sizeof *c + 1; i++) {
        char longest[600];
        memset(longest, 'x', sizeof longest);
        const char *log = i < sizeof c / sizeof *c ? c[i].log : longest;
        size_t n = i < sizeof c / sizeof *c ? strlen(log) : sizeof longest;
        struct journal_rec rec = {.kind = JOURNAL_END,
            .reason = REASON_OUTPUT,
            .flags = JOURNAL_FINAL,
            .task = 1,
            .attempt = 1,
            .time_us = base_us,
            .log_len = (uint32_t)n};
        assert_int_equal(log_add(l, &rec, log, n, &rec.log_off), 0);
        journal_add(j, rec);
        assert_int_equal(journal_flush(j), 0);
        struct status *s = read_status(0);
        buf_reset(&got);
        buf_reset(&want);
        status_failure_text(s->plan, s->dir, &s->failure[0], &got);
        if (n == sizeof longest)
            buf_printf(&want, "      its last line: %.200s...\n", longest);
        else if (c[i].shim)
            buf_printf(&want, "      wfl-shim: %s\n", c[i].shim);
        if (n != sizeof longest && c[i].task)
            buf_printf(&want, "      its last line: %s\n", c[i].task);
        char *at = strstr(got.p, "mini.wfl:10\n");
        assert_non_null(at);
        compare(want.n ? want.p : "", at + strlen("mini.wfl:10\n"));
        status_free(s);
    }
    log_close(l);
    journal_close(j);
    buf_free(&got);
    buf_free(&want);
}

static void
test_errors(void **state)
{
    (void)state;
    struct buf why = {0};
    assert_null(status_read("/nonexistent", 0, &why));
    assert_non_null(strstr(why.p, "/nonexistent/campaign.wflp"));
    buf_reset(&why);
    assert_null(progress_new("/nonexistent", &why));
    assert_true(why.n > 0);
    mini_plan("mini");
    assert_int_equal(dir_make(state_dir), 0);
    struct buf path = {0};
    buf_printf(&path, "%s/journal", state_dir);
    assert_int_equal(file_write_atomic(path.p, "x", 1, 0644), 0);
    buf_reset(&why);
    assert_null(status_read(dir, 0, &why));
    assert_non_null(strstr(why.p, "state/journal: cannot be read: Not a directory"));
    buf_reset(&why);
    assert_null(progress_new(dir, &why));
    assert_true(why.n > 0);
    buf_free(&path);
    buf_free(&why);
}

/* --- progress --- */

static void
test_progress(void **state)
{
    (void)state;
    uint64_t plan = mini_plan("mini");
    struct buf why = {0};
    struct progress_state s;
    base_us = now_us();
    struct journal *old = open_journal(0, plan);
    done(old, 0);
    end(old, 4, REASON_EXIT, 2, JOURNAL_FINAL, 0, 1);
    start(old, 1, 0);
    journal_close(old);
    struct progress *p = progress_new(dir, &why);
    assert_non_null(p);
    assert_int_equal(progress_poll(p, base_us, &s), 0);
    assert_int_equal(s.total, 10);
    assert_int_equal(s.done, 1);
    assert_int_equal(s.failed, 1);
    assert_int_equal(s.blocked, 2); /* the warp of it, and publish */
    assert_int_equal(s.nfailures, 0);
    take_lease();
    struct journal *j = open_journal(0, plan);
    assert_int_equal(progress_poll(p, base_us, &s), 0);
    assert_int_equal(s.running, 0);
    assert_int_equal(s.failed, 0); /* it is tried afresh */
    assert_int_equal(s.blocked, 0);
    start(j, 1, 0);
    start(j, 4, 0);
    start(j, 2, 0);
    end(j, 2, REASON_SIGNAL, SIGSEGV, 0, 3, 1);
    assert_int_equal(progress_poll(p, base_us + 20000000, &s), 0);
    assert_int_equal(s.running, 2);
    assert_int_equal(s.failed, 0);
    assert_int_equal(s.blocked, 0);
    assert_int_equal(s.nfailures, 1);
    assert_int_equal(s.failure[0].end.task, 2);
    assert_int_equal(s.failure[0].end.flags & JOURNAL_FINAL, 0);
    assert_int_equal(s.failure[0].epoch, 2);
    end(j, 4, REASON_EXIT, 2, JOURNAL_FINAL, 5, 1);
    for (uint32_t i = 1; i < 4; i++)
        end(j, i, REASON_OK, 0, JOURNAL_FINAL, 10, 10);
    assert_int_equal(progress_poll(p, base_us + 20000000, &s), 0);
    assert_int_equal(s.done, 4);
    assert_int_equal(s.nfailures, 1);
    assert_int_equal(s.blocked, 2);
    assert_true(s.rate > 3 * 3600 / 21.0 && s.rate < 4 * 3600 / 19.0);
    assert_true(s.eta_s > 0);
    assert_int_equal(progress_poll(p, base_us + 20000000, &s), 0);
    assert_int_equal(s.nfailures, 0);
    assert_int_equal(s.done, 4);
    assert_int_equal(progress_plan(p)->head->ntasks, 10);
    drop_lease();
    journal_close(j);
    progress_free(p);
    progress_free(NULL);
    buf_free(&why);
}

static int
setup(void **state)
{
    (void)state;
    strcpy(dir, "/tmp/wfl-status-XXXXXX");
    if (!mkdtemp(dir))
        return -1;
    snprintf(state_dir, sizeof state_dir, "%s/state", dir);
    base_us = INT64_C(1700000000) * 1000000;
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    struct buf command = {0};
    buf_printf(&command, "rm -rf %s", dir);
    int r = system(command.p);
    buf_free(&command);
    return r;
}

/* Since when an input is missed, over epochs, until it is there or the task starts. */
static void
test_late(void **state)
{
    (void)state;
    uint64_t plan = mini_plan("mini");
    take_lease();
    struct journal *j = open_journal(0, plan);
    struct journal_rec late = {.kind = JOURNAL_LATE,
        .code = FLAW_MISSING,
        .task = 1,
        .time_us = base_us + 1000000,
        .log_off = 3};
    journal_add(j, late);
    late.task = 2;
    journal_add(j, late);
    late.task = 1;
    late.code = FLAW_SIZE;
    late.time_us += 5000000;
    journal_add(j, late);
    journal_flush(j);
    expect("rllrrrwwww");
    struct status *s = read_status(200);
    assert_int_equal(s->nlate, 2);
    assert_int_equal(s->late[0].task, 1);
    assert_int_equal(s->late[0].input, 3);
    assert_int_equal(s->late[0].flaw, FLAW_SIZE);
    assert_true(s->late[0].since_us == base_us + 1000000);
    status_free(s);
    late.code = 0;
    journal_add(j, late);
    start(j, 2, 1);
    expect("rrRrrrwwww");
    journal_close(j);
    drop_lease();
}

/* A plan of one family of n tasks, each of `time_s`; the caller closes it. */
static struct plan *
family_plan(uint32_t n, double time_s)
{
    struct plan_builder b;
    plan_builder_init(&b);
    b.head.campaign = strpool_adds(&b.strings, "one");
    b.head.site = plan_add_name(&b, "local");
    add_family(&b, "one", n, 0, time_s);
    write_plan(&b);
    struct buf path = {0}, why = {0};
    buf_printf(&path, "%s/campaign.wflp", dir);
    struct plan *p = plan_open(path.p, &why);
    assert_non_null(p);
    buf_free(&path);
    return p;
}

static void
take(struct tally *t, const struct journal_head *head, struct journal_rec rec, int64_t at_us)
{
    rec.time_us = at_us;
    assert_true(tally_take(t, head, &rec));
}

/* Shards are shorter than what is told of them: the rate is that of the shims, since they began,
 * and without what others did just before. */
static void
test_pace_of_short_shards(void **state)
{
    (void)state;
    enum { NODES = 2, TASKS = 400, AHEAD = 40 };
    struct plan *p = family_plan(TASKS, 1);
    struct tally *t = tally_new(p, false);
    struct journal_head head = {.kind = JOURNAL_HEAD, .epoch = 1, .holder = "n9.1"};
    const int64_t began_us = base_us + 4300000;
    uint32_t task = 0;
    head.time_us = base_us;
    assert_true(tally_take(t, &head, (const void *)&head));
    for (; task < AHEAD; task++) {
        take(t, &head, (struct journal_rec){.kind = JOURNAL_START, .task = task}, base_us);
        take(t, &head,
            (struct journal_rec){.kind = JOURNAL_END,
                .task = task,
                .wall_ms = 500,
                .flags = JOURNAL_FINAL},
            base_us + 2000000);
    }
    take(t, &head, (struct journal_rec){.kind = JOURNAL_CLOSE}, base_us + 2100000);
    /* each node runs two tasks of half a second at a time, and takes a shard for each second */
    for (uint32_t half = 0; task < TASKS; half++) {
        int64_t at_us = began_us + half * INT64_C(500000);
        for (uint32_t n = 0; n < NODES; n++) {
            head.shard = 1 + half / 2 * NODES + n;
            head.time_us = at_us;
            snprintf(head.holder, sizeof head.holder, "n%u.1", n);
            if (half % 2 == 0)
                assert_true(tally_take(t, &head, (const void *)&head));
            for (uint32_t i = 0; i < 2; i++)
                take(t, &head,
                    (struct journal_rec){.kind = JOURNAL_START, .task = task + 2 * n + i}, at_us);
        }
        for (size_t i = 0; i < t->nshards; i++)
            t->shard[i].live = !t->shard[i].closed;
        double period_s = 3600, at_s = half * 0.5 + 0.25;
        uint64_t done;
        double rate = tally_rate(t, at_us + 250000, &period_s, &done);
        uint32_t left = TASKS - task;
        double eta_s = tally_eta(t, at_us + 250000, &left);
        if (half > 3) {
            assert_int_equal(done, task - AHEAD);
            assert_true(period_s >= at_s && period_s < at_s + 1);
            assert_true(rate <= 28800 && rate > 28800 * 0.6);
        }
        double wanted_s = left / 8.0 - 0.25; /* four are half done */
        if (half > 40)
            assert_true(fabs(eta_s - wanted_s) < 0.1 * wanted_s + 0.01);
        for (uint32_t n = 0; n < NODES; n++) {
            head.shard = 1 + half / 2 * NODES + n;
            snprintf(head.holder, sizeof head.holder, "n%u.1", n);
            for (uint32_t i = 0; i < 2; i++)
                take(t, &head,
                    (struct journal_rec){.kind = JOURNAL_END,
                        .task = task + 2 * n + i,
                        .wall_ms = 500,
                        .flags = JOURNAL_FINAL},
                    at_us + 499000);
            if (half % 2)
                take(t, &head, (struct journal_rec){.kind = JOURNAL_CLOSE}, at_us + 499500);
        }
        task += 2 * NODES;
    }
    tally_free(t);
    plan_close(p);
}

/* Nothing is known of how long the slow ones take: that calibrate takes a second says nothing. */
static void
test_time_left_unknown(void **state)
{
    (void)state;
    struct plan_builder b;
    plan_builder_init(&b);
    b.head.campaign = strpool_adds(&b.strings, "two");
    b.head.site = plan_add_name(&b, "local");
    add_family(&b, "calibrate", 4, 0, 1);
    add_family(&b, "slow", 2, 0, 0);
    uint64_t plan = write_plan(&b);
    take_lease();
    struct journal *j = open_journal(0, plan);
    start(j, 4, 0);
    for (uint32_t i = 0; i < 4; i++)
        end(j, i, REASON_OK, 0, JOURNAL_FINAL, 1, 1);
    struct status *s = read_status(4);
    struct buf got = {0};
    assert_true(isnan(s->eta_s));
    status_text(s, 0, 0, &got);
    assert_non_null(strstr(got.p, "how long it will take cannot be told yet\n"));
    buf_reset(&got);
    status_json(s, NULL, &got);
    assert_non_null(strstr(got.p, "\"seconds_left\": null"));
    status_free(s);
    end(j, 4, REASON_OK, 0, JOURNAL_FINAL, 12, 12);
    start(j, 5, 12);
    s = read_status(14);
    assert_true(fabs(s->eta_s - 10) < 0.1); /* now it has been measured */
    status_free(s);
    s = read_status(30);
    assert_true(s->eta_s == 0);
    status_free(s);
    drop_lease();
    journal_close(j);
    buf_free(&got);
}

int
main(void)
{
    setenv("TZ", "UTC", 1);
    tzset();
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {T(test_states), T(test_again), T(test_shards),
        T(test_many_heads), T(test_random), T(test_text), T(test_late), T(test_json), T(test_words),
        T(test_times), T(test_said), T(test_errors), T(test_progress), T(test_pace_of_short_shards),
        T(test_time_left_unknown)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
