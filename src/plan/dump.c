/* The text of wflc --dump-plan. */
#include "config.h"

#include "plan/plan.h"

#include <inttypes.h>
#include <string.h>

static void
dump_tables(const struct plan *p, struct buf *out)
{
    static const char *const type[] = {"int", "real", "string", "bool"};
    for (uint32_t t = 0; t < p->ntables; t++) {
        const struct plan_table *tab = &p->table[t];
        buf_printf(out, "table %u %s: %u rows, told apart by %u columns\n", t,
            plan_place_name(p, PLACE_TABLE, t), tab->nrows, tab->label);
        for (uint32_t c = tab->first_column; c < tab->first_column + tab->ncolumns; c++) {
            const struct vm_column *col = &p->vm_column[c];
            buf_printf(out, "  column %u %s %s", c, plan_place_name(p, PLACE_COLUMN, c),
                type[col->type]);
            if (!col->data)
                buf_printf(out, " %" PRId64 " by %" PRId64, col->first, col->step);
            buf_puts(out, ":");
            for (uint32_t r = 0; col->data && r < tab->nrows; r++) {
                buf_putc(out, ' ');
                if (col->type == VM_COL_INT)
                    buf_printf(out, "%" PRId64, ((const int64_t *)col->data)[r]);
                else if (col->type == VM_COL_REAL)
                    buf_printf(out, "%.17g", ((const double *)col->data)[r]);
                else if (col->type == VM_COL_STR)
                    buf_printf(out, "\"%s\"", plan_string(p, ((const uint32_t *)col->data)[r]));
                else
                    buf_puts(out, ((const uint8_t *)col->data)[r] ? "true" : "false");
            }
            buf_putc(out, '\n');
        }
    }
}

static void
dump_code(const struct plan *p, const char *what, struct plan_code c, struct buf *out)
{
    if (c.size == 0)
        return;
    buf_printf(out, "    %s:\n", what);
    vm_disassemble(p->code + c.offset, c.size, &p->vm, out);
}

static void
dump_files(const struct plan *p, const char *what, uint32_t first, uint32_t count, struct buf *out)
{
    static const char *const op[] = {"<", "<=", "==", "!=", ">=", ">"};
    for (uint32_t i = first; i < first + count; i++) {
        const struct plan_file *f = &p->file[i];
        const char *how = what[0] == 'i' ? " wait" : " optional"; /* of an input */
        buf_printf(out, "  %s %s line %u%s\n", what, f->name ? plan_string(p, f->name) : "-",
            p->place[PLACE_FILE][i].line, f->optional ? how : "");
        dump_code(p, "path", f->path, out);
        for (uint32_t c = f->first_check; c < f->first_check + f->nchecks; c++) {
            const struct plan_check *k = &p->check[c];
            const char *more = k->kind == CHECK_SIZE      ? op[k->op]
                               : k->kind == CHECK_COMMAND ? plan_shell_words(k->op)
                                                          : "";
            buf_printf(out, "    check %s%s%s\n", plan_check_name((enum plan_check_kind)k->kind),
                *more ? " " : "", more);
            dump_code(p, "value", k->code, out);
        }
    }
}

static void
dump_need(const struct plan *p, const struct plan_family *f, uint32_t need, struct buf *out)
{
    const struct plan_need *n = &p->need[need];
    const struct plan_family *producer = &p->family[n->producer];
    const struct relation *r = &p->relation[need];
    buf_printf(out, "  needs %s: %u groups", plan_string(p, producer->name), n->ngroups);
    if (n->kind == PLAN_SHARED) {
        const uint32_t *pair = plan_u32(p, n->members);
        buf_printf(out, " of %u", relation_count(r, 0));
        for (uint32_t i = 0; i < n->nmembers; i++)
            buf_printf(out, "%s %s = %s", i ? "," : ", agree in",
                plan_place_name(p, PLACE_VAR, f->first_var + pair[2 * i]),
                plan_place_name(p, PLACE_VAR, producer->first_var + pair[2 * i + 1]));
        buf_putc(out, '\n');
        return;
    }
    buf_putc(out, '\n');
    for (uint32_t g = 0; g < n->ngroups; g++) {
        struct relation_walk w;
        uint32_t member;
        buf_printf(out, "    group %u:", g);
        for (relation_members(r, g, &w); relation_next(&w, &member);)
            buf_printf(out, " %u", producer->first_task + member);
        buf_putc(out, '\n');
    }
    buf_puts(out, "    group of each task:");
    for (uint32_t t = 0; t < f->ntasks; t++) {
        uint32_t g = relation_group(r, t);
        if (g == RELATION_NONE)
            buf_puts(out, " -");
        else
            buf_printf(out, " %u", g);
    }
    buf_putc(out, '\n');
}

/* What is not evaluated for each task. */
static void
dump_rules(const struct plan *p, const struct plan_family *f, struct buf *out)
{
    if (f->nodes)
        buf_printf(out, "  %u whole nodes\n", f->nodes);
    for (uint32_t v = 0; v < f->nvars; v++)
        if (f->bundle >> v & 1)
            buf_printf(out, "  bundle by %s\n", plan_place_name(p, PLACE_VAR, f->first_var + v));
    if (f->container)
        buf_printf(out, "  container %s\n", plan_string(p, p->container[f->container - 1].name));
    if (f->retry_memory > 0)
        buf_printf(out, "  out of memory: times %g\n", f->retry_memory);
    for (uint32_t c = 0; c < 256; c++)
        if (f->retry_unless[c / 32] >> c % 32 & 1)
            buf_printf(out, "  no retry after exit %u\n", c);
    for (uint32_t c = 0; c < 256; c++)
        if (f->retry_oom[c / 32] >> c % 32 & 1)
            buf_printf(out, "  out of memory: exit %u\n", c);
    if (f->signal)
        buf_printf(out, "  signal %u, %u s before the end\n", f->signal, f->signal_s);
    if (f->sync != PLAN_SYNC_FIRST)
        buf_printf(out, "  sync %s\n", plan_sync_name[f->sync]);
    if (f->flags & PLAN_UNBOUND)
        buf_puts(out, "  affinity off\n");
    if (f->flags & PLAN_LEARN_MEMORY)
        buf_puts(out, "  learn memory\n");
    if (f->flags & PLAN_WHOLE)
        buf_puts(out, "  bundles are done as a whole\n");
    if (f->stop_after)
        buf_printf(out, "  stop after %u failures\n", f->stop_after);
}

/* What the site makes of it: the image, and the words before a command. */
static void
dump_container(const struct plan *p, const struct plan_container *c, struct buf *out)
{
#define X(id, name) name,
    static const char *const kinds[] = {PLAN_WORD_KINDS(X)};
#undef X
    static const char *const forms[] = {"name", "sif file", "folder", "squashfs file"};
    static const char *const copies[] = {"", "on disk", "in memory"};
    buf_printf(out, "  runtime %s, %s%s %s\n", plan_runtime_name(c->runtime),
        c->prepared ? "prepared " : "", forms[c->form], plan_container_text(p, c->source));
    if (c->digest)
        buf_printf(out, "  digest %s\n", plan_container_text(p, c->digest));
    if (c->copy)
        buf_printf(out, "  copied to %s, %s\n", plan_container_text(p, c->copy_dir),
            copies[c->copy]);
    if (c->env_prefix)
        buf_printf(out, "  variables as %sNAME\n", plan_container_text(p, c->env_prefix));
    buf_puts(out, "  start");
    for (uint32_t i = c->first_word; i < c->first_word + c->nwords; i++) {
        const struct plan_word *w = &p->word[i];
        const char *text = plan_container_text(p, w->text);
        buf_printf(out, w->kind ? " %s<%s>" : " %s%s", text ? text : "", kinds[w->kind]);
    }
    buf_putc(out, '\n');
}

static void
dump_containers(const struct plan *p, struct buf *out)
{
    for (uint32_t i = 0; i < p->ncontainers; i++) {
        const struct plan_container *c = &p->container[i];
        buf_printf(out, "container %s: image %s\n", plan_string(p, c->name),
            plan_string(p, c->image));
        for (uint32_t k = c->first_bind; k < c->first_bind + c->nbinds; k++) {
            bool same = p->bind[k].inside == p->bind[k].path;
            buf_printf(out, "  bind %s%s%s\n", plan_string(p, p->bind[k].path), same ? "" : " as ",
                same ? "" : plan_string(p, p->bind[k].inside));
        }
        if (c->runtime > PLAN_RUNTIME_DIRECT)
            dump_container(p, c, out);
        else if (c->runtime)
            buf_puts(out, "  commands are run without it\n");
    }
}

static void
dump_family(const struct plan *p, const struct plan_family *f, struct buf *out)
{
    static const char *const where[] = {"", ", on the head node", ", on the submitting host"};
    uint32_t index = (uint32_t)(f - p->family);
    const struct plan_place *at = &p->place[PLACE_FAMILY][index];
    buf_printf(out, "family %s: tasks %u .. %u, %s:%u:%u, retry %u%s%s\n", plan_string(p, f->name),
        f->first_task, f->first_task + f->ntasks - 1, plan_place_name(p, PLACE_FAMILY, index),
        at->line, at->column, f->retries, f->constant ? ", constant cost" : "", where[f->runs_on]);
    dump_rules(p, f, out);
    for (uint32_t v = f->first_var; v < f->first_var + f->nvars; v++) {
        const char *name = plan_place_name(p, PLACE_VAR, v);
        buf_printf(out, *name ? "  for %s in %s\n" : "  answer%s %s\n", name,
            plan_place_name(p, PLACE_TABLE, p->var[v].table));
    }
    dump_code(p, "memory", f->memory, out);
    dump_code(p, "shared memory", f->shared, out);
    dump_code(p, "cores", f->cores, out);
    dump_code(p, "gpus", f->gpus, out);
    dump_code(p, "time", f->time, out);
    dump_code(p, "limit", f->limit, out);
    dump_code(p, "priority", f->priority, out);
    dump_code(p, "learn time by", f->learn, out);
    for (uint32_t i = f->first_env; i < f->first_env + f->nenvs; i++) {
        buf_printf(out, "  env %s\n", plan_string(p, p->env[i].name));
        dump_code(p, "value", p->env[i].value, out);
    }
    struct buf run = {0};
    buf_printf(&run, "run %s", plan_shell_words(f->shell));
    for (uint32_t i = f->first_arg; i < f->first_arg + f->nargs; i++)
        dump_code(p,
            f->shell         ? run.p
            : p->arg[i].list ? "arguments"
                             : "argument",
            p->arg[i].code, out);
    buf_free(&run);
    dump_code(p, "feed", f->feed, out);
    if (f->remaining.size)
        dump_code(p, f->remaining_shell ? "remaining, by a command" : "remaining", f->remaining,
            out);
    dump_files(p, "input", f->first_input, f->ninputs, out);
    dump_files(p, "output", f->first_output, f->noutputs, out);
    dump_files(p, "checkpoint", f->first_checkpoint, f->ncheckpoints, out);
    for (uint32_t i = f->first_need; i < f->first_need + f->nneeds; i++)
        dump_need(p, f, i, out);
    for (uint32_t t = 0; t < f->ntasks; t++) {
        uint32_t row[VM_MAX_VARS];
        plan_rows(p, f->first_task + t, row);
        buf_printf(out, "  task %u:", f->first_task + t);
        for (uint32_t v = 0; v < f->nvars; v++)
            buf_printf(out, " %u", row[v]);
        buf_putc(out, '\n');
    }
}

static void
dump_shards(const struct plan *p, struct buf *out)
{
    for (uint32_t s = 0; p->nshards > 1 && s < p->nshards; s++) {
        struct plan_range run;
        buf_printf(out, "shard %u:", s);
        for (uint32_t i = 0; plan_shard_run(p, s, &i, &run);)
            buf_printf(out, run.ntasks > 1 ? " %u-%u" : " %u", run.first_task,
                run.first_task + run.ntasks - 1);
        buf_putc(out, '\n');
    }
}

void
plan_dump(const struct plan *p, struct buf *out)
{
    const struct plan_head *h = p->head;
    buf_printf(out, "plan version %u, campaign %s, site %s, from %s: %u tasks\n", h->version,
        plan_string(p, h->campaign), plan_site(p), plan_place_name(p, PLACE_SOURCE, 0), h->ntasks);
    buf_printf(out, "node: %u cores, %" PRIu64 " bytes", h->cores, h->memory);
    if (h->gpus != PLAN_NONE)
        buf_printf(out, ", %u GPUs", h->gpus);
    buf_putc(out, '\n');
    if (h->umask != PLAN_NONE)
        buf_printf(out, "umask %03o\n", h->umask);
    for (uint32_t i = 0; i < p->nuses; i++)
        buf_printf(out, "%s uses %s, line %u\n",
            p->use[i].family == PLAN_NONE ? "every task"
                                          : plan_string(p, p->family[p->use[i].family].name),
            p->place_name + p->use[i].pattern, p->use[i].line);
    if (h->njobs)
        buf_printf(out, "jobs: %u of %u nodes for %u s\n", h->njobs, h->job_nodes, h->job_seconds);
    if (h->most_nodes)
        buf_printf(out, "    nodes %u .. %u\n", h->least_nodes, h->most_nodes);
    if (h->most_seconds)
        buf_printf(out, "    walltime %u s .. %u s\n", h->least_seconds, h->most_seconds);
    dump_shards(p, out);
    dump_tables(p, out);
    dump_containers(p, out);
    for (uint32_t f = 0; f < p->nfamilies; f++)
        dump_family(p, &p->family[f], out);
    for (uint32_t i = 0; i < p->ngates; i++)
        buf_printf(out, "gate '%s' after %u of %s\n", plan_string(p, p->gate[i].name),
            p->gate[i].after, plan_string(p, p->family[p->gate[i].family].name));
    for (uint32_t i = 0; i < p->nhooks; i++) {
        const struct plan_hook *k = &p->hook[i];
        buf_puts(out, "when ");
        plan_hook_when(p, k, out);
        buf_printf(out, ", %s:%u:%u, %s:\n", p->place_name + k->file, k->line, k->column,
            plan_shell_words(k->shell));
        for (const char *at = plan_hook_command(p, k); *at;) {
            size_t n = strcspn(at, "\n");
            buf_printf(out, "    %.*s\n", (int)n, at);
            at += n + (at[n] != 0);
        }
    }
}
