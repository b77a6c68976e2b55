#include "config.h"

#include "ask/columns.h"

#include "diag/diag.h"
#include "model/units.h"
#include "report/words.h"
#include "util/cells.h"
#include "util/json.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct cell_column table[ASK_NCOLUMNS] = {
#define X(id, name, width, number) {name, width, number},
    ASK_COLUMNS(X)
#undef X
};

bool
ask_columns(const char *names, struct ask_list *list, struct buf *why)
{
    list->n = 0;
    for (const char *p = names;; p++) {
        size_t n = strcspn(p, ",");
        enum ask_column c = 0;
        while (c < ASK_NCOLUMNS && (strlen(table[c].name) != n || strncmp(table[c].name, p, n)))
            c++;
        bool again = false;
        for (size_t i = 0; i < list->n; i++)
            again |= list->column[i] == c;
        if (c == ASK_NCOLUMNS || again) {
            const char *all[ASK_NCOLUMNS];
            char *word = xstrndup(p, n);
            for (size_t i = 0; i < ASK_NCOLUMNS; i++)
                all[i] = table[i].name;
            const char *near = again ? NULL : diag_nearest(word, all, ASK_NCOLUMNS);
            buf_printf(why, again ? "column '%s' twice" : "there is no column '%s'", word);
            if (near)
                buf_printf(why, "; did you mean '%s'?", near);
            for (size_t i = 0; i < ASK_NCOLUMNS && !again && !near; i++)
                buf_printf(why, "%s %s", i ? "," : "; there are", all[i]);
            free(word);
            return false;
        }
        list->column[list->n++] = c;
        p += n;
        if (!*p)
            return true;
    }
}

/* --- cells --- */

static void
add_time(uint32_t at_s, bool local, struct buf *out)
{
    time_t t = (time_t)at_s;
    struct tm tm;
    char text[64];
    if (!at_s)
        return;
    if (local ? !localtime_r(&t, &tm) : !gmtime_r(&t, &tm))
        return;
    if (strftime(text, sizeof text, local ? "%Y-%m-%d %H:%M:%S" : "%Y-%m-%dT%H:%M:%SZ", &tm))
        buf_puts(out, text);
}

/* "exit 7", "output missing" */
static void
add_reason(const struct fact *a, bool with_code, struct buf *out)
{
    enum journal_reason r = (enum journal_reason)a->reason;
    if (!a->ended_s)
        return;
    buf_puts(out, journal_reason_name(r));
    if (with_code && (r == REASON_EXIT || r == REASON_SIGNAL))
        buf_printf(out, " %u", a->code);
    else if (with_code && journal_reason_of_file(r))
        buf_printf(out, " %s", journal_flaw_name((enum journal_flaw)a->code));
}

static void
add_cell(const struct facts *f, enum ask_column column, bool people, uint32_t task,
    const struct fact *a, struct buf *out)
{
    const struct plan *p = f->plan;
    switch (column) {
    case ASK_STATE:
        buf_puts(out,
            f->status ? status_state_name((enum status_state)f->status->state[task]) : "-");
        break;
    case ASK_TRY:
        if (a->attempt)
            buf_printf(out, "%u", a->attempt);
        break;
    case ASK_REASON:
        add_reason(a, people, out);
        break;
    case ASK_CODE:
        if (a->ended_s && !journal_reason_of_file((enum journal_reason)a->reason))
            buf_printf(out, "%u", a->code);
        else if (a->ended_s)
            buf_puts(out, journal_flaw_name((enum journal_flaw)a->code));
        break;
    case ASK_TIME:
        if (!a->started_s && !a->ended_s)
            break;
        if (people)
            status_duration(fact_ran_s(f, a), out);
        else
            buf_printf(out, "%.3f", fact_ran_s(f, a));
        break;
    case ASK_MEMORY:
        if (!a->peak_kib)
            break;
        if (people)
            quantity_bytes(out, a->peak_kib * 1024.0);
        else
            buf_printf(out, "%llu", a->peak_kib * 1024ULL);
        break;
    case ASK_STARTED:
        add_time(a->started_s, people, out);
        break;
    case ASK_ENDED:
        add_time(a->ended_s, people, out);
        break;
    case ASK_HOST:
        if (a->holder || people)
            facts_host(f, a->holder, out);
        break;
    case ASK_FAMILY:
        buf_puts(out, plan_string(p, p->family[plan_family_of(p, task)].name));
        break;
    case ASK_TASK:
        plan_task_label(p, task, out);
        break;
    case ASK_NCOLUMNS:
        break;
    }
}

void
ask_cell(const struct facts *f, enum ask_column column, uint32_t task, const struct fact *fact,
    struct buf *out)
{
    add_cell(f, column, true, task, fact, out);
}

/* --- lines --- */

void
ask_head(const struct ask_list *l, enum ask_form form, struct buf *out)
{
    for (size_t i = 0; i < l->n && form != ASK_JSON; i++)
        cells_head(&table[l->column[i]], i + 1 == l->n, form == ASK_CSV, out);
}

void
ask_row(const struct facts *f, const struct ask_list *l, enum ask_form form, uint32_t task,
    const struct fact *fact, struct buf *out)
{
    struct buf cell = {0};
    if (form == ASK_JSON)
        json_item(out);
    for (size_t i = 0; i < l->n; i++) {
        const struct cell_column *c = &table[l->column[i]];
        size_t from = out->n;
        if (form == ASK_TEXT) {
            add_cell(f, l->column[i], true, task, fact, out);
            cells_table(c, i + 1 == l->n, from, out);
            continue;
        }
        buf_reset(&cell);
        add_cell(f, l->column[i], false, task, fact, &cell);
        if (form == ASK_CSV)
            cells_csv(cell.p ? cell.p : "", cell.n, i + 1 == l->n, out);
        else
            cells_json(c, &cell, out);
    }
    if (form == ASK_JSON)
        buf_putc(out, '}');
    buf_free(&cell);
}

/* --- order --- */

static int
largest_first(double a, double b)
{
    return (a < b) - (a > b);
}

int
ask_compare(const struct facts *f, enum ask_column column, uint32_t t1, const struct fact *a,
    uint32_t t2, const struct fact *b)
{
    switch (column) {
    case ASK_STATE:
        return f->status->state[t1] - f->status->state[t2];
    case ASK_TRY:
        return largest_first(a->attempt, b->attempt);
    case ASK_TIME:
        return largest_first(fact_ran_s(f, a), fact_ran_s(f, b));
    case ASK_MEMORY:
        return largest_first(a->peak_kib, b->peak_kib);
    case ASK_STARTED:
        return largest_first(a->started_s, b->started_s);
    case ASK_ENDED:
        return largest_first(a->ended_s, b->ended_s);
    case ASK_REASON:
    case ASK_CODE: {
        int c = a->reason - b->reason;
        return c ? c : a->code - b->code;
    }
    case ASK_HOST:
        return strcmp(strpool_get(&f->holders, a->holder), strpool_get(&f->holders, b->holder));
    case ASK_FAMILY:
    case ASK_TASK:
    case ASK_NCOLUMNS:
        break;
    }
    return (t1 > t2) - (t1 < t2);
}
