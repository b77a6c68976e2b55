/* wflc verify: outputs against plan and record, and what of it is to be put on record. */
#include "config.h"

#include "audit/audit.h"
#include "cli/commands.h"
#include "command/asked.h"
#include "journal/paths.h"
#include "report/amend.h"
#include "report/words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SHOWN = 10 };

struct verify {
    const struct options *o;
    struct asked asked;
    struct audit audit;
    struct buf out;
    int code;
};

/* What an attempt here left, which did not end well, was not made elsewhere. */
static bool
takes(void *arg, uint32_t task)
{
    const struct asked *a = arg;
    const struct fact *f = &a->facts.task[task];
    bool done = a->facts.status->state[task] == STATUS_DONE,
         left = !done && f->attempt && !journal_reason_undoes(f->reason) &&
                (!f->ended_s || f->reason != REASON_OK);
    return asked_takes(a, task) && !left;
}

/* "  and 17 more (--all shows them)" */
static void
add_rest(struct verify *v, size_t n)
{
    if (n <= SHOWN || v->o->all)
        return;
    buf_puts(&v->out, "    and ");
    status_number(n - SHOWN, &v->out);
    buf_puts(&v->out, " more (--all shows them)\n");
}

static bool
is_shown(const struct verify *v, size_t i)
{
    return i < SHOWN || v->o->all;
}

/* What cannot be done, in the folder of a copy, or as an error has it. */
static void
tell_written(struct verify *v, uint32_t written, size_t n, int err, const char *what)
{
    if (written) {
        buf_puts(&v->out, "  ");
        status_number(written, &v->out);
        buf_printf(&v->out, " %s on record%s\n", written == 1 ? "is" : "are", what);
    }
    if (err) {
        say("%s/" BUILD_STATE ": cannot be written: %s", v->asked.dir.p, strerror(err));
        v->code = EXIT_FILES;
    } else if (written < n) {
        buf_puts(&v->out, "  of ");
        status_number(n - written, &v->out);
        buf_puts(&v->out, " the record is left to whoever has them, or takes them next\n");
    }
}

static void
show_lost(struct verify *v)
{
    const struct audit *a = &v->audit;
    if (!a->nlost)
        return;
    v->code = EXIT_ERRORS;
    status_counted(a->nlost, "done task", "done tasks", &v->out);
    buf_printf(&v->out, " %s not as %s should be:\n", a->nlost == 1 ? "is" : "are",
        a->nlost == 1 ? "it" : "they");
    for (size_t i = 0; i < a->nlost && is_shown(v, i); i++) {
        buf_puts(&v->out, "    ");
        plan_task_label(v->asked.facts.plan, a->lost[i].task, &v->out);
        buf_puts(&v->out, ": ");
        audit_words(v->asked.facts.status, &a->lost[i], &v->out);
        buf_putc(&v->out, '\n');
    }
    add_rest(v, a->nlost);
    uint32_t *task = xmalloc(a->nlost * sizeof *task), n = 0, absent = 0;
    for (size_t i = 0; i < a->nlost; i++) { /* what cannot be looked at is not lost */
        absent += a->lost[i].what == AUDIT_ABSENT;
        if (a->lost[i].what != AUDIT_UNKNOWN && a->lost[i].what != AUDIT_ABSENT)
            task[n++] = a->lost[i].task;
    }
    if (absent)
        buf_puts(&v->out, "  what is in folders that are not there, seen from this host, may be "
                          "elsewhere: if it is "
                          "really gone, 'wflc submit --again' has it made again\n");
    if (n && v->o->repair) {
        struct buf state = {0};
        int err = 0;
        buf_printf(&state, "%s/" BUILD_STATE, v->asked.dir.p);
        uint32_t written =
            amend_write(state.p, &(struct amend){.plan = v->asked.facts.plan}, task, n, &err);
        tell_written(v, written, n, err, ": the next job, or run, makes them again");
        buf_free(&state);
    } else if (n) {
        buf_puts(&v->out, "  --repair puts that on record, so that they are made again\n");
    }
    free(task);
}

static void
show_found(struct verify *v)
{
    const struct audit *a = &v->audit;
    if (!a->nfound)
        return;
    status_counted(a->nfound, "task is", "tasks are", &v->out);
    buf_printf(&v->out, " not done, and %s outputs are there and good:\n",
        a->nfound == 1 ? "its" : "their");
    for (size_t i = 0; i < a->nfound && is_shown(v, i); i++) {
        buf_puts(&v->out, "    ");
        plan_task_label(v->asked.facts.plan, a->found[i], &v->out);
        buf_putc(&v->out, '\n');
    }
    add_rest(v, a->nfound);
    if (v->o->adopt) {
        int err = 0;
        uint32_t written = audit_adopt(v->asked.facts.status, a->found, (uint32_t)a->nfound, &err);
        tell_written(v, written, a->nfound, err, " as done now");
    } else {
        buf_puts(&v->out, "  --adopt takes them as done\n");
    }
}

static void
show_orphans(struct verify *v)
{
    const struct audit *a = &v->audit;
    if (!v->o->orphans)
        return;
    status_counted(a->norphans, "file belongs", "files belong", &v->out);
    buf_printf(&v->out, " to no task%s\n", a->norphans ? ":" : "");
    size_t i = 0;
    for (const char *name = a->orphan.p; i < a->norphans && is_shown(v, i); i++) {
        buf_printf(&v->out, "    %s\n", name);
        name += strlen(name) + 1;
    }
    add_rest(v, a->norphans);
}

static void
show(struct verify *v)
{
    const struct audit *a = &v->audit;
    status_counted(a->outputs, "output of ", "outputs of ", &v->out);
    v->out.n--;
    buf_putc(&v->out, ' ');
    status_counted(a->done, "done task", "done tasks", &v->out);
    buf_puts(&v->out, v->o->deep ? " looked at and checked" : " looked at");
    if (a->left_out) {
        buf_puts(&v->out, "; those of ");
        status_number(a->left_out, &v->out);
        buf_puts(&v->out, " more are left out, as a job at work has them");
    }
    buf_putc(&v->out, '\n');
    if (a->unchecked) {
        status_counted(a->unchecked, "check runs", "checks run", &v->out);
        buf_puts(&v->out, " in containers, and not here\n");
    }
    show_lost(v);
    show_found(v);
    show_orphans(v);
}

static int
run(const struct options *o)
{
    struct verify v = {.o = o};
    v.code = asked_read(o, ASKED_ALL, &v.asked);
    if (v.code == EXIT_OK)
        v.code =
            asked_enter(&v.asked, o->repair || o->adopt ? "--repair and --adopt belong" : NULL);
    if (v.code == EXIT_OK) {
        const struct audit_how how = {.deep = o->deep,
            .orphans = o->orphans,
            .takes = takes,
            .arg = &v.asked};
        audit_look(v.asked.facts.status, &how, &v.audit);
        show(&v);
        put_out(&v.out, &v.code);
    }
    audit_free(&v.audit);
    buf_free(&v.out);
    asked_free(&v.asked);
    return v.code;
}

static const struct command_option options[] = {
    OPTIONS_OF_BUILD,
    {OPTION_DEEP, NULL},
    {OPTION_ORPHANS, NULL},
    {OPTION_REPAIR, NULL},
    {OPTION_ADOPT, NULL},
    {OPTION_ALL, "show every task and file, not only the first ones"},
};

const struct command command_verify = {
    .name = "verify",
    .args = ASKED_ARGS,
    .summary = "compare outputs with what is on record, adopt what was made elsewhere",
    .text =
        ASKED_TEXT "Outputs of done tasks are there, and as large as they were; what is there of "
                   "tasks that are not\n"
                   "done is checked, too. Exits with 1 if something is not as it should be.\n",
    .options = options,
    .noptions = COUNT_OF(options),
    .most = 64,
    .run = run,
};
