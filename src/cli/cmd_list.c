/* wflc list: tasks, or the paths of their files, one a line. */
#include "config.h"

#include "cli/commands.h"
#include "command/build.h"

enum { CHUNK = 1 << 16 };

struct lister {
    const struct plan *plan;
    struct plan_eval *eval;
    struct buf out, label;
    bool longer; /* the task before each path */
};

/* One line each, whatever the data hold. */
static void
end_line(struct lister *l, size_t from)
{
    for (size_t i = from; i < l->out.n; i++)
        if ((unsigned char)l->out.p[i] < ' ' || l->out.p[i] == 127)
            l->out.p[i] = '?';
    buf_putc(&l->out, '\n');
}

static void
list_task(struct lister *l, uint32_t task)
{
    size_t from = l->out.n;
    plan_task_label(l->plan, task, &l->out);
    end_line(l, from);
}

static bool
list_files(struct lister *l, uint32_t task, uint32_t first, uint32_t n)
{
    for (uint32_t i = first; i < first + n; i++) {
        if (l->longer) {
            list_task(l, task);
            l->out.p[l->out.n - 1] = '\t';
        }
        size_t from = l->out.n;
        if (!plan_path(l->eval, task, i, NULL, &l->out)) {
            buf_reset(&l->label);
            plan_task_label(l->plan, task, &l->label);
            say("line %u: a path of %s: %s", l->plan->place[PLACE_FILE][i].line, l->label.p,
                plan_eval_error(l->eval));
            return false;
        }
        end_line(l, from);
    }
    return true;
}

static int
list(const struct options *o, const struct plan *p)
{
    struct lister l = {.plan = p, .eval = plan_eval_new(p), .longer = option_given(o, OPTION_LONG)};
    bool outputs = option_given(o, OPTION_OUTPUTS), inputs = option_given(o, OPTION_INPUTS);
    int code = EXIT_OK;
    bool more = true;
    for (uint32_t f = 0; f < p->nfamilies && more; f++) {
        const struct plan_family *pf = &p->family[f];
        if ((outputs && !pf->noutputs) || (inputs && !pf->ninputs))
            continue;
        for (uint32_t t = pf->first_task; t < pf->first_task + pf->ntasks && more; t++) {
            if (!outputs && !inputs)
                list_task(&l, t);
            else if (!list_files(&l, t, outputs ? pf->first_output : pf->first_input,
                         outputs ? pf->noutputs : pf->ninputs)) {
                code = EXIT_ERRORS;
                more = false;
            }
            if (l.out.n >= CHUNK)
                more = put_out(&l.out, &code) && more;
        }
    }
    if (l.out.n)
        put_out(&l.out, &code);
    plan_eval_free(l.eval);
    buf_free(&l.out);
    buf_free(&l.label);
    return code;
}

static int
run(const struct options *o)
{
    int n = option_given(o, OPTION_TASKS) + option_given(o, OPTION_OUTPUTS) +
            option_given(o, OPTION_INPUTS);
    bool paths = option_given(o, OPTION_OUTPUTS) || option_given(o, OPTION_INPUTS);
    if (n > 1) {
        say("list one thing at a time: --tasks, --outputs or --inputs");
        return EXIT_USAGE;
    }
    if (option_given(o, OPTION_LONG) && !paths) {
        say("--long goes with --outputs or --inputs: tasks are what it adds to these");
        return EXIT_USAGE;
    }
    struct campaign c;
    int code = campaign_compile(o, NULL, &c);
    if (code == EXIT_OK)
        code = list(o, c.compiled->plan);
    campaign_free(&c);
    return code;
}

static const struct command_option options[] = {
    OPTIONS_COMPILING,
    OPTION_SITE_LOOKED_AT,
    {OPTION_TASKS, "list tasks (default)"},
    {OPTION_OUTPUTS, "list the paths of outputs"},
    {OPTION_INPUTS, "list the paths of inputs"},
    {OPTION_LONG, "write the task and a tab before each path"},
    {OPTION_DEPFILE, NULL},
};

const struct command command_list = {
    .name = "list",
    .args = "FILE",
    .summary = "list the tasks of a campaign, their outputs or inputs",
    .text = "One line for each, in the order of the plan, to be counted or searched:\n"
            "    wflc list dc2.wfl | wc -l\n"
            "    wflc list --outputs --long dc2.wfl | grep 'v=230'\n",
    .options = options,
    .noptions = COUNT_OF(options),
    .least = 1,
    .most = 1,
    .run = run,
};
