/* Plans of random campaigns against a slow enumeration of its own: tables, filters and needs of
 * all three kinds, tried over all combinations of rows. */
#include "config.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "image_lib.h"

enum { NTABLES = 3, NCOLS = 3, MAX_ROWS = 40, MAX_VARS = 3, MAX_CONDITIONS = 3, NTASKS = 3 };

static int cell[NTABLES][MAX_ROWS][NCOLS];
static unsigned nrows[NTABLES], most_rows = 7;

/* A place in a row: variable (of a list of tables) and column; or a constant. */
struct operand {
    int var; /* -1: the constant */
    int column, constant;
};

/* left op right, with left + right mod m == r as the last form */
struct condition {
    int form; /* 0 ==, 1 !=, 2 <, 3 sum mod 3 == constant of `third` */
    struct operand left, right;
    int third;
};

struct task {
    unsigned nvars, table[MAX_VARS];
    unsigned nwhere;
    struct condition where[MAX_CONDITIONS];
    int kind; /* 0 plain needs, 1 needs where, 2 needs via table `via`, 3 none */
    unsigned producer, via, njoin;
    struct condition join[MAX_CONDITIONS]; /* operands: our variables, then the producer's */
    struct operand ours, theirs; /* the sum of their product over what is needed, and so on */
};

static unsigned
dice(unsigned n)
{
    return (unsigned)rand() % n;
}

static int
value(struct operand o, const unsigned *table, const unsigned *row)
{
    return o.var < 0 ? o.constant : cell[table[o.var]][row[o.var]][o.column];
}

static bool
holds(const struct condition *c, const unsigned *table, const unsigned *row)
{
    int l = value(c->left, table, row), r = value(c->right, table, row);
    return c->form == 0   ? l == r
           : c->form == 1 ? l != r
           : c->form == 2 ? l < r
                          : (l + r) % 3 == c->third;
}

static struct condition
random_condition(unsigned nvars)
{
    struct condition c = {.form = (int)dice(4), .third = (int)dice(3)};
    c.left = (struct operand){(int)dice(nvars), (int)dice(NCOLS), 0};
    c.right = (struct operand){dice(3) ? (int)dice(nvars) : -1, (int)dice(NCOLS), (int)dice(4)};
    if (c.form == 3) { /* mod is for whole numbers */
        c.left.column %= 2;
        c.right.column %= 2;
    }
    return c;
}

/* --- as text --- */

/* Variables of task t are called v0 .. by number of table, so that equal names mean equal tables:
 * the k-th variable over table i is "v<i>_<k>". */
static void
variable_name(const struct task *t, unsigned v, struct buf *out)
{
    unsigned k = 0;
    for (unsigned i = 0; i < v; i++)
        k += t->table[i] == t->table[v];
    buf_printf(out, "v%u_%u", t->table[v], k);
}

static void
operand_text(struct operand o, const struct task *t, const struct task *producer, unsigned number,
    struct buf *out)
{
    if (o.var < 0) {
        buf_printf(out, "%d", o.constant);
        return;
    }
    unsigned v = (unsigned)o.var;
    if (v >= t->nvars) {
        buf_printf(out, "t%u.", number);
        variable_name(producer, v - t->nvars, out);
        buf_printf(out, ".c%d", o.column);
    } else {
        variable_name(t, v, out);
        buf_printf(out, ".c%d", o.column);
    }
}

static void
condition_text(const struct condition *c, const struct task *t, const struct task *producer,
    unsigned number, struct buf *out)
{
    static const char *const op[] = {" == ", " != ", " < ", " + "};
    if (c->form == 3)
        buf_putc(out, '(');
    operand_text(c->left, t, producer, number, out);
    buf_puts(out, op[c->form]);
    operand_text(c->right, t, producer, number, out);
    if (c->form == 3)
        buf_printf(out, ") mod 3 == %d", c->third);
}

static void
folds_text(const struct task *t, const struct task *producer, struct buf *out)
{
    struct buf ours = {0}, theirs = {0};
    operand_text(t->ours, t, producer, t->producer, &ours);
    operand_text(t->theirs, t, producer, t->producer, &theirs);
    unsigned p = t->producer;
    buf_printf(out, "; env SUM = \"{sum(%s)}\"; env PRODUCTS = \"{sum(%s * %s)}\"", theirs.p,
        ours.p, theirs.p);
    buf_printf(out, "; env MIN = \"{if count(t%u) > 0 then min(%s) else 0}\"", p, theirs.p);
    buf_printf(out, "; env MAX = \"{if count(t%u) > 0 then max(%s - %s) else 0}\"", p, theirs.p,
        ours.p);
    buf_printf(out, "; time 1 s * (1 + sum(%s))", theirs.p);
    buf_free(&ours);
    buf_free(&theirs);
}

static void
campaign_text(const struct task *task, struct buf *out)
{
    buf_puts(out, "campaign random\n");
    for (unsigned i = 0; i < NTABLES; i++)
        buf_printf(out, "table tab%u from csv \"t%u.csv\"\n", i, i);
    for (unsigned n = 0; n < NTASKS; n++) {
        const struct task *t = &task[n];
        buf_printf(out, "task t%u for ", n);
        for (unsigned v = 0; v < t->nvars; v++) {
            buf_puts(out, v ? ", " : "");
            variable_name(t, v, out);
            buf_printf(out, " in tab%u", t->table[v]);
        }
        for (unsigned i = 0; i < t->nwhere; i++) {
            buf_puts(out, i ? " and " : " where ");
            condition_text(&t->where[i], t, NULL, 0, out);
        }
        if (t->kind < 3)
            buf_printf(out, " needs t%u", t->producer);
        if (t->kind == 2)
            buf_printf(out, " via tab%u", t->via);
        for (unsigned i = 0; t->kind == 1 && i < t->njoin; i++) {
            buf_puts(out, i ? " and " : " where ");
            condition_text(&t->join[i], t, &task[t->producer], t->producer, out);
        }
        buf_puts(out, " { run \"true\"");
        if (t->kind < 3)
            folds_text(t, &task[t->producer], out);
        buf_puts(out, " }\n");
    }
}

/* --- the slow way --- */

struct instances {
    unsigned n;
    unsigned row[MAX_ROWS * MAX_ROWS * MAX_ROWS][MAX_VARS];
};

static void
enumerate(const struct task *t, struct instances *out)
{
    unsigned row[MAX_VARS] = {0};
    out->n = 0;
    for (;;) {
        bool ok = true;
        for (unsigned i = 0; i < t->nwhere; i++)
            ok = ok && holds(&t->where[i], t->table, row);
        if (ok)
            memcpy(out->row[out->n++], row, sizeof row);
        unsigned v = t->nvars;
        while (v > 0 && ++row[v - 1] == nrows[t->table[v - 1]])
            row[--v] = 0;
        if (v == 0)
            return;
    }
}

/* Columns are named c0 c1 c2 in all tables, so a natural join agrees in all three: with the first
 * variable that has them, which is the first one. */
static bool
agrees_via(const struct task *t, const unsigned *row, unsigned via, unsigned via_row)
{
    return memcmp(cell[t->table[0]][row[0]], cell[via][via_row], sizeof cell[0][0]) == 0;
}

static bool
needs(const struct task *c, const unsigned *crow, const struct task *p, const unsigned *prow)
{
    if (c->kind == 2) {
        for (unsigned r = 0; r < nrows[c->via]; r++)
            if (agrees_via(c, crow, c->via, r) && agrees_via(p, prow, c->via, r))
                return true;
        return false;
    }
    if (c->kind == 1) {
        unsigned table[2 * MAX_VARS], row[2 * MAX_VARS];
        memcpy(table, c->table, c->nvars * sizeof *table);
        memcpy(table + c->nvars, p->table, p->nvars * sizeof *table);
        memcpy(row, crow, c->nvars * sizeof *row);
        memcpy(row + c->nvars, prow, p->nvars * sizeof *row);
        for (unsigned i = 0; i < c->njoin; i++)
            if (!holds(&c->join[i], table, row))
                return false;
        return true;
    }
    for (unsigned i = 0; i < c->nvars; i++) {
        for (unsigned k = 0; k < p->nvars; k++) {
            struct buf a = {0}, b = {0};
            variable_name(c, i, &a);
            variable_name(p, k, &b);
            bool same = strcmp(a.p, b.p) == 0;
            buf_free(&a);
            buf_free(&b);
            if (same && crow[i] != prow[k])
                return false;
        }
    }
    return true;
}

/* --- one round --- */

static void
put_file(const char *path, const struct buf *b)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(b->p, 1, b->n, f), b->n);
    assert_int_equal(fclose(f), 0);
}

static void
random_tables(void)
{
    for (unsigned i = 0; i < NTABLES; i++) {
        struct buf csv = {0}, name = {0};
        buf_printf(&name, "t%u.csv", i);
        buf_puts(&csv, "c0,c1,c2\n");
        nrows[i] = most_rows - dice(most_rows > 7 ? 3 : most_rows);
        bool key = dice(2);  /* the first column tells its rows apart */
        bool real = dice(2); /* the last one holds the same numbers as reals */
        for (unsigned r = 0; r < nrows[i]; r++) {
            for (unsigned c = 0; c < NCOLS; c++)
                cell[i][r][c] = (int)dice(c ? 2 : 4);
            if (key)
                cell[i][r][0] = (int)(most_rows == 7 ? 2 * r % 7 : r);
            buf_printf(&csv, "%d,%d,%d%s\n", cell[i][r][0], cell[i][r][1], cell[i][r][2],
                real ? ".0" : "");
        }
        put_file(name.p, &csv);
        buf_free(&csv);
        buf_free(&name);
    }
}

/* Some equality of first columns of both sides, over one table if there is such a pair. */
static struct condition
random_equality(const struct task *c, const struct task *p)
{
    struct operand ours = {(int)dice(c->nvars), 0, 0}, theirs = {(int)dice(p->nvars), 0, 0};
    for (unsigned i = 0; i < 10 && c->table[ours.var] != p->table[theirs.var]; i++)
        theirs.var = (int)dice(p->nvars);
    theirs.var += (int)c->nvars;
    return dice(2) ? (struct condition){0, ours, theirs, 0}
                   : (struct condition){0, theirs, ours, 0};
}

static void
random_tasks(struct task *task)
{
    memset(task, 0, NTASKS * sizeof *task);
    for (unsigned n = 0; n < NTASKS; n++) {
        struct task *t = &task[n];
        t->nvars = 1 + dice(MAX_VARS);
        for (unsigned v = 0; v < t->nvars; v++)
            t->table[v] = dice(NTABLES);
        t->nwhere = dice(2) ? dice(MAX_CONDITIONS + 1) : 0;
        for (unsigned i = 0; i < t->nwhere; i++)
            t->where[i] = random_condition(t->nvars);
        t->kind = n && most_rows < 8 ? (int)dice(4) : 3;
        if (t->kind == 3)
            continue;
        t->producer = dice(n);
        t->via = dice(NTABLES);
        t->njoin = 1 + dice(MAX_CONDITIONS);
        bool equal = dice(2);
        t->ours = (struct operand){(int)dice(t->nvars), (int)dice(NCOLS), 0};
        t->theirs =
            (struct operand){(int)(t->nvars + dice(task[t->producer].nvars)), (int)dice(NCOLS), 0};
        for (unsigned i = 0; i < t->njoin; i++)
            t->join[i] = equal ? random_equality(t, &task[t->producer])
                               : random_condition(t->nvars + task[t->producer].nvars);
    }
}

static const struct plan_family *
family_called(const struct plan *p, unsigned n)
{
    char name[16];
    snprintf(name, sizeof name, "t%u", n);
    for (uint32_t f = 0; f < p->nfamilies; f++)
        if (strcmp(plan_string(p, p->family[f].name), name) == 0)
            return &p->family[f];
    fail_msg("no family %s", name);
    return NULL;
}

static void
compare_rows(const struct plan *p, const struct plan_family *f, const struct task *t,
    const struct instances *want)
{
    assert_int_equal(f->ntasks, want->n);
    for (uint32_t i = 0; i < f->ntasks; i++) {
        uint32_t row[VM_MAX_VARS];
        plan_rows(p, f->first_task + i, row);
        for (unsigned v = 0; v < t->nvars; v++)
            assert_int_equal(row[v], want->row[i][v]);
    }
}

static void
compare_needs(const struct plan *p, const struct plan_family *f, const struct task *c,
    const struct instances *consumers, const struct task *q, const struct instances *producers)
{
    const struct relation *r = &p->relation[f->first_need];
    for (unsigned i = 0; i < consumers->n; i++) {
        struct relation_walk w;
        uint32_t member, g = relation_group(r, i);
        assert_true(g < r->ngroups);
        relation_members(r, g, &w);
        for (unsigned k = 0; k < producers->n; k++)
            if (needs(c, consumers->row[i], q, producers->row[k])) {
                assert_true(relation_next(&w, &member));
                assert_int_equal(member, k);
            }
        assert_false(relation_next(&w, &member));
    }
}

static void
compare_folds(const struct plan *p, const struct plan_family *f, const struct task *c,
    const struct instances *consumers, const struct task *q, const struct instances *producers)
{
    struct plan_eval *e = plan_eval_new(p);
    struct operand theirs = c->theirs;
    theirs.var -= (int)c->nvars;
    for (unsigned i = 0; i < consumers->n; i++) {
        uint32_t task = f->first_task + i;
        int sum = 0, products = 0, min = 0, max = 0, n = 0;
        for (unsigned k = 0; k < producers->n; k++) {
            if (!needs(c, consumers->row[i], q, producers->row[k]))
                continue;
            int x = value(theirs, q->table, producers->row[k]);
            int y = value(c->ours, c->table, consumers->row[i]);
            sum += x;
            products += x * y;
            min = n == 0 || x < min ? x : min;
            max = n == 0 || x - y > max ? x - y : max;
            n++;
        }
        struct buf want = {0}, got = {0};
        buf_printf(&want, "%d %d %d %d %d", sum, products, min, max, 1 + sum);
        for (uint32_t k = f->first_env; k < f->first_env + f->nenvs; k++) {
            assert_true(plan_text(e, task, p->env[k].value, &got));
            buf_putc(&got, ' ');
        }
        double seconds;
        assert_true(plan_number(e, task, f->time, &seconds));
        buf_printf(&got, "%g", seconds);
        assert_string_equal(got.p, want.p);
        buf_free(&want);
        buf_free(&got);
    }
    plan_eval_free(e);
}

/* true: the campaign had a plan (no task was empty). Counts needs by arithmetic. */
static bool
one_round(unsigned *arithmetic)
{
    static struct task task[NTASKS];
    static struct instances inst[NTASKS];
    random_tables();
    random_tasks(task);
    struct buf text = {0}, image = {0}, why = {0};
    campaign_text(task, &text);
    put_file("random.wfl", &text);
    bool empty = false;
    for (unsigned n = 0; n < NTASKS; n++) {
        enumerate(&task[n], &inst[n]);
        empty |= inst[n].n == 0;
    }
    struct diags *d = diag_new();
    bool ok = compile_image(d, "random.wfl", &image);
    if (ok == empty) {
        diag_print(d, stderr, false, 0);
        fail_msg("compiled: %d, empty: %d\n%s", ok, empty, text.p);
    }
    if (ok) {
        struct plan *p = plan_from_bytes(image.p, image.n, "random", &why);
        assert_non_null(p);
        for (unsigned n = 0; n < NTASKS; n++) {
            const struct plan_family *f = family_called(p, n);
            compare_rows(p, f, &task[n], &inst[n]);
            if (task[n].kind < 3)
                *arithmetic += p->relation[f->first_need].arithmetic;
            if (task[n].kind == 3)
                continue;
            const struct task *q = &task[task[n].producer];
            compare_needs(p, f, &task[n], &inst[n], q, &inst[task[n].producer]);
            compare_folds(p, f, &task[n], &inst[n], q, &inst[task[n].producer]);
        }
        plan_close(p);
    }
    diag_free(d);
    buf_free(&text);
    buf_free(&image);
    buf_free(&why);
    return ok;
}

static void
plans_equal_slow_enumeration(void **state)
{
    (void)state;
    char dir[] = "/tmp/wfl-planner-XXXXXX";
    assert_non_null(mkdtemp(dir));
    assert_int_equal(chdir(dir), 0);
    unsigned planned = 0, arithmetic = 0;
    for (unsigned i = 0; i < 600; i++) {
        srand(i); /* the round is the seed */
        planned += one_round(&arithmetic);
    }
    assert_true(planned > 100 && arithmetic > 100);
    most_rows = MAX_ROWS; /* enough combinations for several threads */
    for (unsigned i = 0; i < 20; i++) {
        srand(i);
        one_round(&arithmetic);
    }
    assert_int_equal(chdir("/"), 0);
    struct buf cmd = {0};
    buf_printf(&cmd, "rm -r %s", dir);
    assert_int_equal(system(cmd.p), 0);
    buf_free(&cmd);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(plans_equal_slow_enumeration)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
