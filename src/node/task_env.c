/* What tasks find in their environment: the campaign's variables, ours, and what is left of the one
 * that we were started with. */
#include "config.h"

#include "node/task_env.h"

#include "node/environ.h"
#include "util/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern char **environ;

/* The first words of each environment are set at each launch, the family's own after them. */
enum { ENV_TASK, ENV_ATTEMPT, ENV_CORES, ENV_OWN };

/* The environment of a family's tasks: all but its first words are made once. */
struct environment {
    char **word;    /* NULL-terminated */
    uint32_t nours; /* so many are the campaign's and ours, the others the shim's own */
    char *family;
    const char *prefix; /* of the names of the family's own variables; NULL: they are words of the
                           container that it runs in */
    uint32_t path;      /* index of PATH=, or 0 */
    uint32_t gpus;      /* index of the words that name the GPUs, or 0 */
};

static const char *const gpu_variable[] = {"CUDA_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES"};
enum { NGPU_VARIABLES = 2 };

struct task_envs {
    const struct plan *plan;
    struct environment *env; /* of each family */
    char *campaign, *state, *holder, *user;
    char task[32], attempt[32], cores[32];
    struct buf gpus[NGPU_VARIABLES];
    struct buf text;
    size_t *offset;    /* of words in a text that still grows */
    char **own, **all; /* variables for a container */
    size_t noffset;
};

static bool
family_sets(const struct plan *p, const struct plan_family *f, const char *name)
{
    for (uint32_t i = 0; i < f->nenvs; i++)
        if (strcmp(plan_string(p, p->env[f->first_env + i].name), name) == 0)
            return true;
    return false;
}

/* Is `word` of our own environment replaced by one of the family's? */
static bool
replaced(const struct plan *p, const struct plan_family *f, const char *word)
{
    static const char *const ours[] = {"WFL_TASK", "WFL_ATTEMPT", "WFL_CORES", "WFL_FAMILY",
        "WFL_CAMPAIGN", "WFL_STATE", "WFL_HOLDER"};
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        if (environ_names(word, ours[i]))
            return true;
    for (uint32_t i = 0; i < f->nenvs; i++)
        if (environ_names(word, plan_string(p, p->env[f->first_env + i].name)))
            return true;
    for (uint32_t i = 0; f->gpus.size && i < NGPU_VARIABLES; i++)
        if (environ_names(word, gpu_variable[i]))
            return true;
    return false;
}

static char *
joined(const char *a, const char *b)
{
    struct buf s = {0};
    buf_puts(&s, a);
    buf_puts(&s, b);
    return s.p;
}

static void
make_environment(struct task_envs *w, const struct containers *c, const struct plan_family *f,
    struct environment *e)
{
    const struct plan *p = w->plan;
    const struct container *container = container_of(c, f);
    size_t n = 0, k = 0;
    while (environ[n])
        n++;
    e->word = xcalloc(n + ENV_OWN + f->nenvs + 6 + NGPU_VARIABLES, sizeof *e->word);
    e->family = joined("WFL_FAMILY=", plan_string(p, f->name));
    e->word[ENV_TASK] = w->task;
    e->word[ENV_ATTEMPT] = w->attempt;
    e->word[ENV_CORES] = w->cores;
    e->prefix = !container ? "" : plan_container_text(p, container->plan->env_prefix);
    k = ENV_OWN;
    for (uint32_t i = 0; i < f->nenvs; i++, k++)
        if (!container && strcmp(plan_string(p, p->env[f->first_env + i].name), "PATH") == 0)
            e->path = (uint32_t)k;
    e->word[k++] = e->family;
    e->word[k++] = w->campaign;
    e->word[k++] = w->state;
    e->word[k++] = w->holder;
    if (f->gpus.size)
        e->gpus = (uint32_t)k;
    /* the campaign's own word counts */
    for (uint32_t i = 0; f->gpus.size && i < NGPU_VARIABLES; i++)
        e->word[k++] = family_sets(p, f, gpu_variable[i]) ? e->family : NULL;
    e->nours = (uint32_t)k;
    bool user = false;
    for (size_t i = 0; i < n; i++) {
        /* the runtime looks for its own programs in our PATH */
        bool kept = container && environ_names(environ[i], "PATH");
        if (environ_hides(environ[i], container) || (!kept && replaced(p, f, environ[i])))
            continue;
        user |= environ_names(environ[i], "USER");
        if (environ_names(environ[i], "PATH"))
            e->path = (uint32_t)k;
        e->word[k++] = environ[i];
    }
    if (container && !user)
        e->word[k++] = w->user;
    if (w->noffset < f->nenvs + 1u)
        w->noffset = f->nenvs + 1u;
}

struct task_envs *
task_envs_new(const struct plan *p, const struct containers *c, const char *state_dir,
    const char *holder)
{
    struct task_envs *w = xcalloc(1, sizeof *w);
    w->plan = p;
    w->campaign = joined("WFL_CAMPAIGN=", plan_string(p, p->head->campaign));
    w->state = joined("WFL_STATE=", state_dir);
    w->holder = joined("WFL_HOLDER=", holder);
    w->user = environ_user();
    w->env = xcalloc(p->nfamilies, sizeof *w->env);
    for (uint32_t i = 0; i < p->nfamilies; i++)
        make_environment(w, c, &p->family[i], &w->env[i]);
    w->offset = xcalloc(w->noffset, sizeof *w->offset);
    w->own = xcalloc(w->noffset, sizeof *w->own);
    w->all = xcalloc(ENV_OWN + 5 + NGPU_VARIABLES, sizeof *w->all);
    return w;
}

void
task_envs_free(struct task_envs *w)
{
    for (uint32_t i = 0; i < w->plan->nfamilies; i++) {
        free(w->env[i].word);
        free(w->env[i].family);
    }
    free(w->env);
    free(w->campaign);
    free(w->state);
    free(w->holder);
    free(w->user);
    free(w->offset);
    free(w->own);
    free(w->all);
    for (uint32_t i = 0; i < NGPU_VARIABLES; i++)
        buf_free(&w->gpus[i]);
    buf_free(&w->text);
    free(w);
}

void
task_env_gpus(struct task_envs *w, uint32_t family, const struct gpus *g, uint32_t slot)
{
    struct environment *e = &w->env[family];
    for (uint32_t k = 0; k < NGPU_VARIABLES; k++) {
        buf_reset(&w->gpus[k]);
        buf_printf(&w->gpus[k], "%s=", gpu_variable[k]);
    }
    for (uint32_t i = 0, named = 0; i < g->n; i++) {
        if (g->v[i].taken_by != slot + 1)
            continue;
        for (uint32_t k = 0; k < NGPU_VARIABLES; k++)
            buf_printf(&w->gpus[k], "%s%s", named ? "," : "", g->v[i].name);
        named++;
    }
    for (uint32_t k = 0; k < NGPU_VARIABLES; k++)
        if (e->word[e->gpus + k] != e->family)
            e->word[e->gpus + k] = w->gpus[k].p;
}

bool
task_env_fill(struct task_envs *w, struct plan_eval *eval, uint32_t task, unsigned attempt,
    uint32_t cores)
{
    uint32_t family = plan_family_of(w->plan, task);
    const struct plan_family *f = &w->plan->family[family];
    struct environment *e = &w->env[family];
    snprintf(w->task, sizeof w->task, "WFL_TASK=%u", task);
    snprintf(w->attempt, sizeof w->attempt, "WFL_ATTEMPT=%u", attempt);
    snprintf(w->cores, sizeof w->cores, "WFL_CORES=%u", cores);
    if (!f->nenvs)
        return true;
    buf_reset(&w->text);
    for (uint32_t i = 0; i < f->nenvs; i++) {
        const struct plan_env *v = &w->plan->env[f->first_env + i];
        w->offset[i] = w->text.n;
        buf_puts(&w->text, e->prefix ? e->prefix : "");
        buf_puts(&w->text, plan_string(w->plan, v->name));
        buf_putc(&w->text, '=');
        if (!plan_text(eval, task, v->value, &w->text))
            return false;
        buf_putc(&w->text, 0);
    }
    for (uint32_t i = 0; i < f->nenvs; i++) {
        w->own[i] = w->text.p + w->offset[i];
        e->word[ENV_OWN + i] = e->prefix ? w->own[i] : e->family; /* that one is there anyway */
    }
    return true;
}

char **
task_env_words(const struct task_envs *w, uint32_t family)
{
    return w->env[family].word;
}

const char *
task_env_path(const struct task_envs *w, uint32_t family, bool *fixed)
{
    const struct environment *e = &w->env[family];
    *fixed = e->path >= ENV_OWN + w->plan->family[family].nenvs;
    return e->path ? e->word[e->path] + strlen("PATH=") : "/usr/bin:/bin";
}

void
task_env_contained(struct task_envs *w, uint32_t family, char ***own, char ***ours)
{
    const struct plan_family *f = &w->plan->family[family];
    const struct environment *e = &w->env[family];
    size_t n = 0;
    for (uint32_t i = 0; i < e->nours; i++)
        if ((i < ENV_OWN || i >= ENV_OWN + f->nenvs) && e->word[i])
            w->all[n++] = e->word[i];
    w->all[n] = NULL;
    w->own[e->prefix ? 0 : f->nenvs] = NULL;
    *own = w->own;
    *ours = w->all;
}
