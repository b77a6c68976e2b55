/* Prints what the journal of a campaign folder holds, for tests: a line for each record
 * (epoch kind task attempt reason code flags; what is wrong with a file has a name), and with -l
 * the texts of the log behind each END, with -p the peak of its memory in KiB. With -d it writes
 * one instead, of a campaign of which all tasks are done, as it were in 1970. usage: record
 * [-l|-p|-d] DIR */
#include "config.h"

#include "plan/plan.h"
#include "state/log.h"

#include <stdio.h>
#include <string.h>

static const char *state_dir;
static bool with_log, with_peak;

static bool
print(void *arg, const struct journal_head *head, const struct journal_rec *rec)
{
    (void)arg;
    static const char *const kind[] = {"?", "head", "start", "end", "close"};
    if (rec->kind != JOURNAL_START && rec->kind != JOURNAL_END && rec->kind != JOURNAL_CLOSE)
        return true;
    bool flaw = rec->kind == JOURNAL_END && journal_reason_of_file(rec->reason);
    char code[8];
    snprintf(code, sizeof code, "%u", rec->code);
    printf("%u %s %u %u %s %s %s%s%s%s%s", head->epoch, kind[rec->kind], rec->task, rec->attempt,
        journal_reason_name(rec->reason),
        flaw ? journal_flaw_name((enum journal_flaw)rec->code) : code,
        rec->flags & JOURNAL_FINAL ? "F" : "-", rec->flags & JOURNAL_LEFTOVER ? "L" : "",
        rec->flags & JOURNAL_RECOVERED ? "R" : "", rec->flags & JOURNAL_SHARED ? "S" : "",
        rec->flags & JOURNAL_ALONE ? "A" : "");
    if (with_peak && rec->kind == JOURNAL_END)
        printf(" %u", rec->peak_kib);
    putchar('\n');
    if (!with_log || rec->kind != JOURNAL_END || !rec->log_len)
        return true;
    struct buf text = {0};
    int err = log_read(state_dir, head->holder, rec, &text);
    if (err)
        printf("log: %s\n", strerror(err));
    else
        fwrite(text.p, 1, text.n, stdout);
    buf_free(&text);
    return true;
}

static int
write_done(const struct plan *p)
{
    int err = 0;
    for (uint32_t s = 0; s < p->nshards && !err; s++) {
        struct plan_range run;
        struct journal *j =
            journal_create(state_dir, s, 0, 0, p->head->identity, "vm.1", false, 0, &err);
        for (uint32_t i = 0; j && plan_shard_run(p, s, &i, &run);)
            for (uint32_t t = run.first_task; t < run.first_task + run.ntasks; t++)
                journal_add(j, (struct journal_rec){.kind = JOURNAL_END,
                                   .flags = JOURNAL_FINAL,
                                   .task = t,
                                   .time_us = 1000000,
                                   .attempt = 1});
        if (j) {
            journal_add(j, (struct journal_rec){.kind = JOURNAL_CLOSE});
            err = journal_flush(j);
        }
        journal_close(j);
    }
    return err;
}

int
main(int argc, char **argv)
{
    with_log = argc == 3 && strcmp(argv[1], "-l") == 0;
    with_peak = argc == 3 && strcmp(argv[1], "-p") == 0;
    bool done = argc == 3 && strcmp(argv[1], "-d") == 0;
    if (argc != (with_log || with_peak || done ? 3 : 2))
        return 2;
    struct buf path = {0}, why = {0}, state = {0};
    buf_printf(&path, "%s/campaign.wflp", argv[argc - 1]);
    buf_printf(&state, "%s/state", argv[argc - 1]);
    state_dir = state.p;
    struct plan *p = plan_open(path.p, &why);
    if (!p) {
        fprintf(stderr, "record: %s\n", why.p);
        return 1;
    }
    int err = done ? write_done(p) : journal_read(state_dir, p->head->identity, print, NULL, NULL);
    plan_close(p);
    buf_free(&path);
    buf_free(&why);
    buf_free(&state);
    return err != 0;
}
