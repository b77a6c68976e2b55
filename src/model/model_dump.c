/* The text of wflc --dump-model. */
#include "config.h"

#include "model/model.h"

static void
dump_tables(const struct model *m, struct buf *out)
{
    static const char *const type[] = {"int", "real", "string", "bool"};
    for (unsigned i = 0; i < m->ntables; i++) {
        const struct table *t = m->table[i];
        buf_printf(out, "table %s: %u rows\n", strpool_get(&m->strings, t->name), t->nrows);
        for (uint32_t c = 0; c < t->ncols; c++)
            buf_printf(out, "  column %s %s\n", strpool_get(&m->strings, t->col[c].name),
                type[t->col[c].type]);
    }
}

static void
dump_expr(const char *what, const struct expr *e, struct buf *out)
{
    if (!e)
        return;
    buf_printf(out, "  %s ", what);
    expr_dump(e, out);
    buf_putc(out, '\n');
}

static void
dump_files(const char *what, const struct file_spec *f, unsigned n, struct buf *out)
{
    static const char *const op[] = {"<", "<=", "==", "!=", ">=", ">"};
    for (unsigned i = 0; i < n; i++) {
        buf_printf(out, "  %s %s%s", what, f[i].name, *f[i].name ? " " : "");
        expr_dump(f[i].path, out);
        for (unsigned k = 0; k < f[i].nchecks; k++) {
            const struct check_spec *c = &f[i].check[k];
            buf_printf(out, "%s %s", k ? "," : " check", plan_check_name(c->kind));
            if (c->kind == CHECK_SIZE)
                buf_printf(out, " %s", op[c->op]);
            if (c->value) {
                buf_putc(out, ' ');
                expr_dump(c->value, out);
            }
        }
        buf_puts(out, f[i].optional ? ", optional\n" : f[i].waits ? ", wait\n" : "\n");
    }
}

static void
dump_family(const struct model *m, const struct family *f, struct buf *out)
{
    buf_printf(out, "task %s\n", f->name);
    for (unsigned i = 0; i < f->nvars; i++)
        buf_printf(out, "  for %s in %s\n", f->var[i].name,
            strpool_get(&m->strings, f->var[i].table->name));
    dump_expr("where", f->where, out);
    for (unsigned i = 0; i < f->nneeds; i++) {
        buf_printf(out, "  needs %s\n", f->need[i].producer->name);
        if (f->need[i].via)
            buf_printf(out, "    via %s\n", strpool_get(&m->strings, f->need[i].via->name));
        if (f->need[i].where)
            dump_expr("  where", f->need[i].where, out);
    }
    dump_expr("memory", f->memory, out);
    dump_expr("cores", f->cores, out);
    dump_expr("time", f->time, out);
    dump_expr("limit", f->limit, out);
    if (f->retries)
        buf_printf(out, "  retry %lld\n", (long long)f->retries);
    for (unsigned i = 0; i < f->nenvs; i++) {
        buf_printf(out, "  env %s = ", f->env[i].name);
        expr_dump(f->env[i].value, out);
        buf_putc(out, '\n');
    }
    for (unsigned i = 0; i < f->nargs; i++)
        dump_expr(f->shell         ? "run"
                  : f->arg[i].list ? "arguments"
                                   : "argument",
            f->arg[i].text, out);
    dump_files("input", f->input, f->ninputs, out);
    dump_files("output", f->output, f->noutputs, out);
    dump_files("checkpoint", f->checkpoint, f->ncheckpoints, out);
}

void
model_dump(const struct model *m, struct buf *out)
{
    buf_printf(out, "campaign %s\n", m->campaign);
    for (const struct used_pattern *u = m->uses; u; u = u->next)
        buf_printf(out, "%s%s uses %s\n", u->family ? "task " : "every task",
            u->family ? u->family->name : "", u->pattern);
    dump_tables(m, out);
    for (unsigned i = 0; i < m->nfamilies; i++)
        dump_family(m, m->family[i], out);
}
