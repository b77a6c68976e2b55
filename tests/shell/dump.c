/* Prints a plan, or the record of a campaign's folder, by the readers that wflc and wfl-shim share,
 * in the words of tests/python/wfl_read.py, which reads them from what the manual pages tell: the
 * texts are to be the same. usage: dump plan MOST FILE... | dump records DIR */
#include "config.h"

#include "plan/plan.h"
#include "state/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const kinds[] = {"exists", "non-empty", "size", "fits", "gzip", "command"};
static struct plan *plan;
static struct plan_eval *eval;
static struct buf text;

static void
shown(const char *p, size_t n)
{
    putchar('"');
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)p[i];
        if (c >= 32 && c < 127 && c != '"' && c != '\\')
            putchar(c);
        else
            printf("\\x%02x", c);
    }
    putchar('"');
}

static void
shown_string(const char *s)
{
    shown(s, strlen(s));
}

static void
number(uint32_t task, struct plan_code c)
{
    double n = 0;
    if (!c.size)
        printf("-");
    else if (!plan_number(eval, task, c, &n))
        printf("%s", strcmp(plan_eval_error(eval), "a number is needed") == 0 ? "bad" : "-");
    else
        printf("%.15g", n);
}

/* --- a plan --- */

static void
print_words(const char *what, uint32_t task)
{
    const struct plan_family *f = &plan->family[plan_family_of(plan, task)];
    struct buf words = {0};
    bool ok = true;
    for (uint32_t i = 0; i < f->nargs && ok; i++) {
        const struct plan_arg *a = &plan->arg[f->first_arg + i];
        ok = plan_text(eval, task, a->code, &words);
        if (!a->list)
            buf_putc(&words, 0);
    }
    printf("  %s", what);
    if (ok) {
        for (const char *s = plan_shell_words(f->shell), *end; *s; s = end + (*end != 0)) {
            end = s + strcspn(s, " ");
            putchar(' ');
            shown(s, (size_t)(end - s));
        }
        printf("%s", f->shell ? " \"-c\"" : "");
        for (size_t i = 0; i < words.n; i += strlen(words.p + i) + 1) {
            putchar(' ');
            shown_string(words.p + i);
        }
        printf("%s\n", words.n || f->shell ? "" : " ");
    } else {
        printf(" fails\n");
    }
    buf_free(&words);
}

static void
print_together(uint32_t task)
{
    const struct plan_family *f = &plan->family[plan_family_of(plan, task)];
    uint32_t mine[VM_MAX_VARS], other[VM_MAX_VARS], tasks[3], n = 0;
    char what[100], *to = what + sprintf(what, "together [");
    plan_rows(plan, task, mine);
    for (uint32_t t = task; t < f->first_task + f->ntasks && n < 3; t++) {
        bool same = true;
        plan_rows(plan, t, other);
        for (uint32_t v = 0; v < f->nvars; v++)
            same &= !(f->bundle >> v & 1) || mine[v] == other[v];
        if (!same)
            continue;
        to += sprintf(to, "%s%u", n ? ", " : "", t);
        tasks[n++] = t;
    }
    strcpy(to, "]");
    plan_eval_bundle(eval, tasks, n, n + 7);
    print_words(what, task);
    plan_eval_bundle(eval, NULL, 0, 0);
}

static void
print_files(const char *what, uint32_t task, uint32_t first, uint32_t n)
{
    for (uint32_t i = first; i < first + n; i++) {
        const struct plan_file *f = &plan->file[i];
        printf("  %s ", what);
        shown_string(plan_string(plan, f->name));
        printf("%s ", f->optional ? " optional" : "");
        buf_reset(&text);
        if (plan_path(eval, task, i, NULL, &text))
            shown(text.p, text.n);
        else
            printf("fails");
        printf("\n");
        for (uint32_t k = f->first_check; k < f->first_check + f->nchecks; k++) {
            const struct plan_check *c = &plan->check[k];
            printf("    %s %u ", kinds[c->kind], c->op);
            buf_reset(&text);
            if (c->kind != CHECK_COMMAND)
                number(task, c->code);
            else if (plan_text(eval, task, c->code, &text))
                shown(text.p, text.n);
            else
                printf("-");
            printf("\n");
        }
    }
}

static void
print_text(const char *what, uint32_t task, struct plan_code code)
{
    buf_reset(&text);
    printf("  %s ", what);
    if (plan_text(eval, task, code, &text))
        shown(text.p, text.n);
    else
        printf("fails");
    printf("\n");
}

static void
print_task(uint32_t task)
{
    const struct plan_family *f = &plan->family[plan_family_of(plan, task)];
    uint32_t row[VM_MAX_VARS];
    buf_reset(&text);
    plan_task_label(plan, task, &text);
    printf("task %u ", task);
    shown(text.p, text.n);
    printf(", shard %u, rows [", plan_shard_of(plan, task));
    plan_rows(plan, task, row);
    for (uint32_t v = 0; v < f->nvars; v++)
        printf("%s%u", v ? ", " : "", row[v]);
    printf("]\n  costs");
    const struct plan_code cost[] = {f->memory, f->shared, f->cores, f->gpus, f->time, f->limit,
        f->priority};
    for (size_t i = 0; i < sizeof cost / sizeof *cost; i++) {
        putchar(' ');
        number(task, cost[i]);
    }
    putchar('\n');
    plan_eval_tag(eval, "e7");
    plan_eval_folder(eval, "/some where");
    print_words("run", task);
    if (f->bundle)
        print_together(task);
    if (f->feed.size)
        print_text("feed", task, f->feed);
    if (f->learn.size)
        print_text("learn", task, f->learn);
    if (f->remaining.size && f->remaining_shell) {
        char what[40];
        snprintf(what, sizeof what, "remaining, by shell %u", f->remaining_shell);
        print_text(what, task, f->remaining);
    } else if (f->remaining.size) {
        printf("  remaining ");
        number(task, f->remaining);
        putchar('\n');
    }
    for (uint32_t i = f->first_env; i < f->first_env + f->nenvs; i++) {
        printf("  env %s ", plan_string(plan, plan->env[i].name));
        buf_reset(&text);
        if (plan_text(eval, task, plan->env[i].value, &text))
            shown(text.p, text.n);
        else
            printf("fails");
        printf("\n");
    }
    print_files("input", task, f->first_input, f->ninputs);
    print_files("output", task, f->first_output, f->noutputs);
    print_files("checkpoint", task, f->first_checkpoint, f->ncheckpoints);
    for (uint32_t n = f->first_need; n < f->first_need + f->nneeds; n++) {
        const struct relation *r = &plan->relation[n];
        uint32_t g = relation_group(r, task - f->first_task), member;
        uint32_t first = plan->family[plan->need[n].producer].first_task;
        const char *between = "";
        struct relation_walk w;
        printf("  needs [");
        if (g != RELATION_NONE)
            for (relation_members(r, g, &w); relation_next(&w, &member); between = ", ")
                printf("%s%u", between, first + member);
        printf("]\n");
    }
}

static void
print_codes(const uint32_t *bits)
{
    const char *between = "";
    putchar('[');
    for (uint32_t c = 0; c < 256; c++)
        if (bits[c / 32] >> c % 32 & 1) {
            printf("%s%u", between, c);
            between = ", ";
        }
    putchar(']');
}

static void
print_plan(uint32_t most)
{
    printf("campaign ");
    shown_string(plan_string(plan, plan->head->campaign));
    printf(", site ");
    shown_string(plan_site(plan));
    printf(", %u tasks, identity %016" PRIx64 "\n", plan->head->ntasks, plan->head->identity);
    for (const struct plan_family *f = plan->family; f < plan->family + plan->nfamilies; f++) {
        printf("family ");
        shown_string(plan_string(plan, f->name));
        printf(": retries %u, shell %u, bundle %x, nodes %u, sync %u, signal %u %u, stop %u\n",
            f->retries, f->shell, f->bundle, f->nodes, f->sync, f->signal, f->signal_s,
            f->stop_after);
        printf("  not tried again ");
        print_codes(f->retry_unless);
        printf(", out of memory ");
        print_codes(f->retry_oom);
        printf(" times %.15g\n", f->retry_memory);
        for (uint32_t i = 0; i < f->ntasks; i++)
            if (i < most || i == f->ntasks - 1)
                print_task(f->first_task + i);
    }
}

/* --- a record --- */

static const char *state_dir;

static void
print_output(const struct journal_output *o)
{
    printf("output task %u attempt %u from %u:", o->task, o->attempt, o->first);
    for (unsigned i = 0; i < o->count; i++)
        printf(" %u,%" PRIu64 ",%" PRId64, o->types >> 2 * i & 3u, o->of[i].size,
            o->of[i].mtime_ns);
    printf("\n");
}

static bool
print_record(void *arg, const struct journal_head *head, const struct journal_rec *r)
{
    static const char *const kind[] = {"", "", "start", "end", "close", "", "sync", "told"};
    (void)arg;
    if (r->kind == JOURNAL_HEAD) {
        printf("shard %u epoch %u of ", head->shard, head->epoch);
        shown_string(head->holder);
        printf(" at %" PRId64 ": fence %" PRIu64 ", afresh %u, again %u\n", head->time_us,
            head->fence, head->afresh, head->again);
        return true;
    }
    if (r->kind == JOURNAL_OUTPUT) {
        print_output((const void *)r);
        return true;
    }
    /* void failures, too, as they stand in the file */
    printf("%s task %u attempt %u node %u at %" PRId64
           ": %s %u %u: %u %u %u %u %u %u %u %u %" PRIu64 "\n",
        kind[r->kind], r->task, r->attempt, r->node, r->time_us,
        journal_reason_name((enum journal_reason)r->reason), r->code,
        r->flags & JOURNAL_VOID ? (r->flags & ~JOURNAL_VOID) | JOURNAL_FINAL : r->flags, r->wall_ms,
        r->user_ms, r->sys_ms, r->peak_kib, r->wait_ms, r->read_kib, r->write_kib, r->log_len,
        r->log_off);
    if (r->kind == JOURNAL_END && r->log_len) {
        buf_reset(&text);
        int err = log_read(state_dir, head->holder, r, &text);
        printf("  ");
        shown(err ? "?" : text.p, err ? 1 : text.n);
        printf("\n");
    }
    return true;
}

static int
dump(const char *path, bool record, uint32_t most)
{
    struct buf why = {0};
    plan = plan_open(path, &why);
    if (!plan) {
        fprintf(stderr, "dump: %s\n", why.p);
        buf_free(&why);
        return 1;
    }
    eval = plan_eval_new(plan);
    int err = 0;
    if (record)
        err = journal_read(state_dir, plan->head->identity, print_record, NULL, NULL);
    else
        print_plan(most);
    plan_eval_free(eval);
    plan_close(plan);
    return err != 0;
}

int
main(int argc, char **argv)
{
    bool record = argc == 3 && strcmp(argv[1], "records") == 0;
    if (!record && (argc < 4 || strcmp(argv[1], "plan") != 0))
        return 2;
    struct buf path = {0}, state = {0};
    buf_printf(&path, "%s/campaign.wflp", argv[2]);
    buf_printf(&state, "%s/state", argv[2]);
    state_dir = state.p;
    int code = record ? dump(path.p, true, 0) : 0;
    for (int i = 3; i < argc && !record; i++)
        code |= dump(argv[i], false, (uint32_t)strtoul(argv[2], NULL, 10));
    buf_free(&path);
    buf_free(&state);
    buf_free(&text);
    return code;
}
