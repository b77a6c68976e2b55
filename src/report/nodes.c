/* Nodes at work. */
#include "config.h"

#include "report/words.h"

#include "journal/paths.h"
#include "util/cells.h"
#include "util/json.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* clang-format off */
#define NODE_COLUMNS(X)                                                                            \
    X(NODE, "node", 12, false)                                                                     \
    X(JOB, "job", 10, false)                                                                       \
    X(CORES, "cores", 5, true)                                                                     \
    X(RUNNING, "running", 7, true)                                                                 \
    X(GIVEN, "given", 8, true)   /* memory: to what runs, */                                       \
    X(USED, "used", 8, true)     /* and what of it is used, when that was said last */             \
    X(MEMORY, "memory", 8, true) /* for all tasks */                                               \
    X(SIGN, "sign", 8, true)     /* of life, so long ago */                                        \
    X(TASKS, "tasks", 20, false)
/* clang-format on */
enum node_column {
#define X(id, name, width, number) COLUMN_##id,
    NODE_COLUMNS(X)
#undef X
        NCOLUMNS
};
static const struct cell_column columns[NCOLUMNS] = {
#define X(id, name, width, number) {name, width, number},
    NODE_COLUMNS(X)
#undef X
};

/* Clocks may differ a little. */
double
status_sign_s(const struct status *s, const struct account_node *n)
{
    struct buf state = {0};
    struct timespec t;
    buf_printf(&state, "%s/" BUILD_STATE, s->dir);
    bool known = lease_renewed(state.p, n->holder, &t);
    buf_free(&state);
    double age = (double)s->now_us * 1e-6 - (double)t.tv_sec - (double)t.tv_nsec * 1e-9;
    return !known ? NAN : age > 0 ? age : 0;
}

static void
add_memory(uint32_t mib, struct buf *out)
{
    buf_printf(out, "%.1f GB", mib * 1048576e-9);
}

static void
add_tasks(const struct status *s, const struct account_node *n, struct buf *out)
{
    const char *between = "";
    for (uint32_t k = 0; n->of_family && k < s->plan->nfamilies; k++) {
        if (!n->of_family[k])
            continue;
        buf_printf(out, "%s%" PRIu32 " %s", between, n->of_family[k],
            plan_string(s->plan, s->plan->family[k].name));
        between = ", ";
    }
}

static void
add_cell(const struct status *s, enum node_column c, const struct account_node *n, struct buf *out)
{
    switch (c) {
    case COLUMN_NODE:
        buf_puts(out, n->holder);
        break;
    case COLUMN_JOB:
        buf_puts(out, *n->job ? n->job : "-");
        break;
    case COLUMN_CORES:
        if (n->cores)
            buf_printf(out, "%" PRIu32, n->cores);
        break;
    case COLUMN_RUNNING:
        buf_printf(out, "%" PRIu32, n->running);
        break;
    case COLUMN_GIVEN:
        if (n->said_us)
            add_memory(n->given_mib, out);
        break;
    case COLUMN_USED:
        if (n->said_us)
            add_memory(n->used_mib, out);
        break;
    case COLUMN_MEMORY:
        if (n->memory_mib)
            add_memory(n->memory_mib, out);
        break;
    case COLUMN_SIGN:
        if (!isnan(status_sign_s(s, n)))
            status_duration(status_sign_s(s, n), out);
        break;
    case COLUMN_TASKS:
        add_tasks(s, n, out);
        break;
    case NCOLUMNS:
        break;
    }
}

void
status_nodes(const struct status *s, struct buf *out)
{
    bool any = false;
    for (size_t i = 0; i < s->account.n; i++) {
        const struct account_node *n = &s->account.node[i];
        if (!n->live)
            continue;
        for (int c = 0; c < NCOLUMNS && !any; c++)
            cells_head(&columns[c], c + 1 == NCOLUMNS, false, out);
        any = true;
        for (int c = 0; c < NCOLUMNS; c++) {
            size_t from = out->n;
            add_cell(s, (enum node_column)c, n, out);
            cells_table(&columns[c], c + 1 == NCOLUMNS, from, out);
        }
    }
    if (!any)
        buf_puts(out, "no node is at work\n");
}

static void
add_bytes(const char *key, bool known, uint32_t mib, struct buf *out)
{
    json_real(out, key, known ? mib * 1048576.0 : NAN);
}

void
status_nodes_json(const struct status *s, struct buf *out)
{
    for (size_t i = 0; i < s->account.n; i++) {
        const struct account_node *n = &s->account.node[i];
        if (!n->live)
            continue;
        json_item(out);
        json_text(out, "name", n->holder);
        json_text(out, "job", n->job);
        json_integer(out, "cores", n->cores);
        json_integer(out, "running", n->running);
        add_bytes("memory_bytes", n->memory_mib, n->memory_mib, out);
        add_bytes("given_bytes", n->said_us, n->given_mib, out);
        add_bytes("used_bytes", n->said_us, n->used_mib, out);
        /* since the reading began it may have said something */
        double said_s = (double)(s->now_us - n->said_us) * 1e-6;
        json_real(out, "said_seconds_ago", !n->said_us ? NAN : said_s > 0 ? said_s : 0);
        json_real(out, "sign_seconds_ago", status_sign_s(s, n));
        json_key(out, "tasks");
        buf_putc(out, '{');
        for (uint32_t k = 0; n->of_family && k < s->plan->nfamilies; k++)
            if (n->of_family[k])
                json_integer(out, plan_string(s->plan, s->plan->family[k].name), n->of_family[k]);
        buf_puts(out, "}}");
    }
}

/* --- the matrix --- */

static void
add_csv(const struct status *s, const char *family, const struct status_count *c, struct buf *out)
{
    const char *campaign = plan_string(s->plan, s->plan->head->campaign),
               *site = plan_site(s->plan);
    cells_csv(campaign, strlen(campaign), false, out);
    cells_csv(site, strlen(site), false, out);
    cells_csv(family, strlen(family), false, out);
    buf_printf(out, "%" PRIu32, c->total);
    for (int x = 0; x < STATUS_NSTATES; x++)
        buf_printf(out, ",%" PRIu32, c->of[x]);
    buf_putc(out, '\n');
}

void
status_csv(const struct status *s, bool head, struct buf *out)
{
    if (head) {
        buf_puts(out, "campaign,site,family,total");
        for (int x = 0; x < STATUS_NSTATES; x++)
            buf_printf(out, ",%s", status_state_name((enum status_state)x));
        buf_putc(out, '\n');
    }
    for (uint32_t k = 0; k < s->plan->nfamilies; k++)
        add_csv(s, plan_string(s->plan, s->plan->family[k].name), &s->family[k], out);
    add_csv(s, "TOTAL", &s->all, out);
}
