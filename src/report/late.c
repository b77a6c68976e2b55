/* Tasks that wait for inputs: which, for what, since when. */
#include "config.h"

#include "report/words.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SHOWN = 3 };

/* The path of the input; "" if it cannot be made. */
static void
path_of(const struct status *s, struct plan_eval *e, const struct status_late *l, struct buf *path)
{
    const struct plan_family *f = &s->plan->family[plan_family_of(s->plan, l->task)];
    buf_reset(path);
    buf_puts(path, "");
    if (l->input < f->ninputs)
        plan_path(e, l->task, f->first_input + l->input, NULL, path);
}

static void
add_one(const struct status *s, struct plan_eval *e, const struct status_late *l, struct buf *out)
{
    struct buf path = {0};
    path_of(s, e, l, &path);
    buf_printf(out, "its input %s (%s%s), for ", path.p,
        journal_flaw_name((enum journal_flaw)l->flaw),
        s->nshims ? "" : ", when a job looked last"); /* nobody has since */
    status_duration((double)(s->now_us - l->since_us) * 1e-6, out);
    buf_free(&path);
}

void
status_late_one(const struct status *s, const struct status_late *l, struct buf *out)
{
    struct plan_eval *e = plan_eval_new(s->plan);
    add_one(s, e, l, out);
    plan_eval_free(e);
}

void
status_late(const struct status *s, struct buf *out)
{
    if (!s->nlate)
        return;
    struct plan_eval *e = plan_eval_new(s->plan);
    status_number(s->nlate, out);
    buf_printf(out, " task%s for an input that is not there, or not good yet:\n",
        s->nlate == 1 ? " waits" : "s wait");
    for (size_t i = 0; i < s->nlate && i < SHOWN; i++) {
        buf_puts(out, "  ");
        plan_task_label(s->plan, s->late[i].task, out);
        buf_puts(out, " waits for ");
        add_one(s, e, &s->late[i], out);
        buf_putc(out, '\n');
    }
    if (s->nlate > SHOWN)
        buf_printf(out, "'wflc tasks %s state=late' lists them\n", s->dir);
    plan_eval_free(e);
}

uint32_t
status_late_look(struct status *s, const char *work)
{
    struct plan_eval *e = plan_eval_new(s->plan);
    struct buf path = {0};
    struct stat st;
    uint32_t came = 0;
    size_t left = 0;
    int folder = work ? open(work, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
    for (size_t i = 0; i < s->nlate; i++) {
        const struct status_late l = s->late[i];
        path_of(s, e, &l, &path);
        if (folder < 0 || fstatat(folder, path.p, &st, 0) != 0) {
            s->late[left++] = l;
            continue;
        }
        struct status_count *of[] = {&s->all, &s->family[plan_family_of(s->plan, l.task)]};
        for (int k = 0; k < 2; k++) {
            of[k]->of[STATUS_LATE]--;
            of[k]->of[STATUS_READY]++;
        }
        s->state[l.task] = STATUS_READY;
        came++;
    }
    s->nlate = left;
    if (folder >= 0)
        close(folder);
    buf_free(&path);
    plan_eval_free(e);
    return came;
}
