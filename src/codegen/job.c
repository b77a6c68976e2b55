#include "config.h"

#include "codegen/job.h"

#include "codegen/emitter.h"
#include "codegen/variables.h"

#include <string.h>

const struct emitter *
emitter_of(enum site_kind kind)
{
    switch (kind) {
    case SITE_SLURM:
        return &emitter_slurm;
    case SITE_COBALT:
        return &emitter_cobalt;
    case SITE_PBS:
        return &emitter_pbs;
    case SITE_LSF:
        return &emitter_lsf;
    case SITE_FLUX:
        return &emitter_flux;
    case SITE_LOCAL:
        break;
    }
    return NULL;
}

/* --- the body --- */

static void
put_begin(const struct job *j, const struct header *head, struct sh *s)
{
    const struct site_profile *p = j->site;
    sh_blank(s);
    sh_comment(s, "A job of campaign %s on %s; made by wflc build from %s.", j->campaign,
        j->site_name, j->source);
    sh_comment(s, "All jobs are this script: each works on what is left, until its time is up.");
    sh_comment(s, "The limits of the shell that submitted it are not meant for it.");
    sh_code(s,
        "for limit in t f v d u; do ulimit -S \"-$limit\" \"$(ulimit -H \"-$limit\")\"; done");
    sh_code(s, "start=$(date +%s)");
    variables_put_job(s, p->scheduler.kind, head);
    for (size_t i = 0; i < p->shell.init.n; i++)
        sh_profile_line(s, "shell.init", p->shell.init.v[i]);
    bool sets_up = job_setup(j, s);
    for (size_t i = 0; i < p->shell.unset.n; i++) {
        sh_raw(s, "unset");
        sh_word(s, "shell.unset", p->shell.unset.v[i]);
        sh_end(s);
    }
    if (emitter_of(p->scheduler.kind)->unset) {
        sh_raw(s, "unset");
        sh_word(s, "a variable", emitter_of(p->scheduler.kind)->unset);
        sh_end(s);
    }
    if (p->shell.init.n || sets_up)
        sh_comment(s, "not before: a site's own functions may use variables that are not set");
    sh_code(s, "set -u");
    sh_blank(s);
    sh_assign(s, "here", j->dir);
    sh_comment(s, "Relative names in the campaign start here.");
    sh_raw(s, "cd --");
    sh_word(s, "the working folder", j->workdir);
    sh_raw(s, " || exit 3");
    sh_end(s);
    sh_code(s, ": \"${USER:=$(id -un)}\"");
    sh_code(s, "export USER");
}

/* Sets `end`, or `left`, from what the profile names. */
static void
put_asked(const struct job *j, struct sh *s, const char *variable)
{
    const struct site_profile *p = j->site;
    if (p->time.remaining.kind == SITE_REMAINING_COMMAND) {
        sh_assign_command(s, variable, "time.remaining", p->time.remaining.value);
        return;
    }
    sh_raw(s, variable);
    sh_raw(s, "=${");
    sh_raw(s, p->time.remaining.value); /* a name, as the check of profiles says */
    sh_raw(s, "-}");
    sh_end(s);
}

static void
put_end(const struct job *j, struct sh *s)
{
    const struct site_profile *p = j->site;
    struct buf line = {0};
    sh_blank(s);
    if (p->time.remaining.kind == SITE_REMAINING_WALLTIME) {
        sh_comment(s, "The end of the job, in seconds since 1970: the scheduler does not tell it.");
        buf_printf(&line, "end=$((start + %u))", j->seconds);
        sh_code(s, line.p);
        buf_free(&line);
        return;
    }
    sh_comment(s, "The end of the job, in seconds since 1970: asked once, for all nodes; if the");
    sh_comment(s, "answer is none, start and walltime tell it.");
    if (p->time.remaining.parse == SITE_PARSE_EPOCH ||
        p->time.remaining.parse == SITE_PARSE_ISO8601) {
        put_asked(j, s, "end");
        if (p->time.remaining.parse == SITE_PARSE_ISO8601) {
            sh_comment(s, "A local time without its zone comes twice in the night when clocks go "
                          "back: it is none.");
            sh_code(s, "case $end in");
            sh_code(s, "*[0-9]Z | *[-+][0-9][0-9]:[0-9][0-9] | *:*[-+][0-9][0-9][0-9][0-9]) "
                       "end=$(date -d \"$end\" +%s) || end= ;;");
            sh_code(s, "*) end= ;;");
            sh_code(s, "esac");
        }
        sh_code(s, "case $end in '' | *[!0-9]*) end=0 ;; esac");
        buf_printf(&line, "[ \"$end\" -gt \"$start\" ] || end=$((start + %u))", j->seconds);
        sh_code(s, line.p);
    } else {
        put_asked(j, s, "left");
        if (p->time.remaining.parse == SITE_PARSE_DHMS) {
            /* days before a dash let the clock begin with hours */
            sh_code(s, "left=$(printf '%s\\n' \"$left\" | awk -F: '");
            sh_code(s, "    /^([0-9]+-)?[0-9]+(:[0-9]+)?(:[0-9]+)?$/ {");
            sh_code(s, "        if (split($1, a, \"-\") == 2)");
            sh_code(s, "            print ((a[1] * 24 + a[2]) * 60 + $2) * 60 + $3");
            sh_code(s, "        else");
            sh_code(s, "            print NF == 3 ? ($1 * 60 + $2) * 60 + $3 : NF == 2 ? $1 * 60 + "
                       "$2 : $1 * 60");
            sh_code(s, "    }')");
        }
        if (p->time.remaining.parse == SITE_PARSE_HM)
            sh_code(s,
                "left=$(printf '%s\\n' \"$left\" | awk '/^ *[0-9]+:[0-9]+/ { split($1, a, \":\"); "
                "print (a[1] * 60 + a[2]) * 60 }')");
        sh_code(s, "left=${left%%.*}");
        sh_code(s, "case $left in '' | *[!0-9]*) left=0 ;; esac");
        buf_printf(&line, "[ \"$left\" -gt 0 ] || left=%u", j->seconds);
        sh_code(s, line.p);
        sh_code(s, "end=$((start + left))");
    }
    buf_free(&line);
}

/* Long lines are broken. */
static void
put_argument(struct sh *s, const char *text, const struct sh_insert *insert, size_t n)
{
    size_t column = 0;
    while (column < s->out.n && s->out.p[s->out.n - 1 - column] != '\n')
        column++;
    if (column && (column + strlen(text) > 90 || strcmp(text, "{shim}") == 0))
        sh_raw(s, " \\\n   ");
    sh_template(s, "launch.argv", text, insert, n);
}

static void
put_number(struct sh *s, const char *option, const char *what, int64_t n)
{
    char number[24];
    snprintf(number, sizeof number, "%lld", (long long)n);
    sh_raw(s, option);
    sh_word(s, what, number);
}

static void
put_launch(const struct job *j, struct sh *s)
{
    const struct site_profile *p = j->site;
    char cores[24], threads[24];
    int64_t n = p->nodes.cores - (int64_t)p->nodes.reserved_cores.n;
    snprintf(cores, sizeof cores, "%lld", (long long)n);
    snprintf(threads, sizeof threads, "%lld", (long long)(n * p->nodes.threads_per_core));
    const struct sh_insert insert[] = {{"nnodes", "$nnodes"}, {"cores", cores},
        {"threads", threads}, {"hostfile", "$hostfile"}, {"shim", "$here/wfl-shim"}};
    for (size_t i = 0; i < p->launch.argv.n; i++)
        put_argument(s, p->launch.argv.v[i], insert, sizeof insert / sizeof *insert);
    if (strcmp(p->launch.argv.v[p->launch.argv.n - 1], "{shim}") == 0)
        sh_raw(s, " node");
    sh_raw(s, " \"$here\" --rank-var");
    sh_word(s, "launch.rank_var", p->launch.rank_var);
    sh_raw(s, " --size-var");
    sh_word(s, "launch.size_var", p->launch.size_var);
    sh_raw(s, " \\\n    --nodes \"$nnodes\" --until \"$end\"");
    put_number(s, " --finish-by", "time.finish_by_s", p->time.finish_by_s);
    put_number(s, " --stop-starting", "time.stop_starting_s", p->time.stop_starting_s);
    put_number(s, " --grace", "time.term_grace_s", p->time.term_grace_s);
    sh_raw(s, " \\\n    --job \"$id\"");
    /* another launcher may hand all shims the environment of the first node */
    const char *node_var = emitter_of(p->scheduler.kind)->node_var;
    if (node_var && strncmp(p->launch.rank_var, node_var, 5) == 0) {
        sh_raw(s, " --node-var");
        sh_word(s, "a variable", node_var);
    }
    if (p->limits.address_space)
        put_number(s, " --address-space", "limits.address_space_gib",
            (int64_t)p->limits.address_space);
    if (j->copy_dir) {
        sh_raw(s, " --local");
        sh_path(s, "nodes.local_storage[].path", j->copy_dir);
    }
    sh_raw(s, " &\n");
}

static bool
uses_hosts(const struct job *j)
{
    for (size_t i = 0; i < j->site->launch.argv.n; i++)
        if (strstr(j->site->launch.argv.v[i], "{hostfile}"))
            return true;
    return false;
}

static void
put_run(const struct job *j, const struct emitter *e, struct sh *s)
{
    const char *signal = j->site->time.warn_signal;
    sh_blank(s);
    sh_comment(s,
        e->forward
            ? "One call starts a shim on each node. It is told with USR2 that the job ends early;"
            : "One call starts a shim on each node, which knows the end of the job;");
    sh_comment(s, "a shell looks at signals only while it waits.");
    sh_code(s, "pid=");
    sh_raw(s, "trap : ");
    sh_raw(s, e->ended_by);
    sh_end(s);
    if (e->forward) {
        sh_raw(s, "trap '");
        sh_raw(s, e->forward);
        sh_raw(s, "' ");
        sh_raw(s, e->warned_by);
        if (signal && !strstr(e->warned_by, signal)) /* a word, as the check of profiles says */
            sh_word(s, "time.warn_signal", signal);
        sh_end(s);
    }
    put_launch(j, s);
    sh_code(s, "pid=$!");
    sh_code(s, "while wait \"$pid\"; rc=$?; [ \"$rc\" -gt 128 ] && kill -0 \"$pid\" 2>/dev/null; "
               "do :; done");
    sh_code(s, "if [ \"$rc\" -gt 128 ]; then # perhaps a signal that came as the launcher ended");
    sh_code(s, "    wait \"$pid\"");
    sh_code(s, "    last=$?");
    sh_code(s, "    [ \"$last\" -eq 127 ] || rc=$last");
    sh_code(s, "fi");
    if (j->site->scheduler.submit_from_jobs && j->wflc) {
        sh_blank(s);
        sh_comment(s, "What is left is for further jobs.");
        sh_raw(s, e->parent ? e->parent : "");
        sh_word(s, "the path of wflc", j->wflc);
        sh_raw(s, " submit --ending \"$id\" \"$here\"");
        sh_end(s);
    }
    sh_code(s, "exit \"$rc\"");
}

/* --- the whole --- */

static void
check_forbidden(struct draft *d)
{
    for (size_t i = 0; i < d->want.n; i++)
        if (draft_forbids(d, d->want.v[i].name))
            draft_refuse(d, "the profile '%s' forbids %s, without which %s cannot start the job",
                d->job->site->name, d->want.v[i].name, d->emitter->name);
}

/* What the scheduler will make of the script must be what was meant. */
static bool
proven(const struct draft *d, const struct buf *script, struct buf *why)
{
    struct header got = {0};
    struct buf reason = {0};
    bool good = d->emitter->read(script->p, script->n, &got, &reason) &&
                header_same(&d->want, &got, &reason);
    const struct header_option *o = header_find(&got, d->emitter->walltime);
    if (good && (!o || !o->value || d->emitter->seconds(o->value) != d->job->seconds)) {
        buf_printf(&reason, "it means another walltime");
        good = false;
    }
    if (!good)
        buf_printf(why,
            "the script for site '%s' cannot be written so that %s reads it as it is "
            "meant: %s",
            d->job->site_name, d->emitter->name, reason.p);
    header_free(&got);
    buf_free(&reason);
    return good;
}

static bool
write_script(const struct draft *d, struct buf *out, struct buf *why)
{
    const struct job *j = d->job;
    const struct emitter *e = d->emitter;
    struct sh s;
    sh_begin(&s, e->interpreter);
    for (size_t i = 0; i < d->want.n; i++)
        e->write(&s, &d->want.v[i]);
    put_begin(j, &d->want, &s);
    e->within(&s);
    bool hosts = !uses_hosts(j) || e->hosts(&s);
    put_end(j, &s);
    put_run(j, e, &s);
    int64_t most = j->site->limits.script_bytes;
    bool good = false;
    if (s.why.n)
        buf_printf(why, "cannot write job.sh for site '%s': %s", j->site_name, s.why.p);
    else if (!hosts)
        buf_printf(why,
            "launch.argv of the profile '%s' names {hostfile}, but %s has no such file; "
            "name another launcher, or other options",
            j->site->name, e->name);
    else if (most != SITE_NONE && s.out.n > (uint64_t)most)
        buf_printf(why,
            "job.sh for site '%s' has %zu bytes, but scripts may have %lld there "
            "(limits.script_bytes)",
            j->site_name, s.out.n, (long long)most);
    else
        good = proven(d, &s.out, why);
    if (good)
        buf_add(out, s.out.p, s.out.n);
    sh_free(&s);
    return good;
}

bool
job_script(const struct job *j, struct buf *out, struct buf *why)
{
    struct draft d = {.job = j, .emitter = emitter_of(j->site->scheduler.kind)};
    if (!j->site->launch.rank_var || !j->site->launch.size_var || !j->site->launch.argv.n)
        draft_refuse(&d,
            "the profile '%s' does not say which variable numbers the nodes of a job: "
            "every node would do the work of node 0; set launch.rank_var and "
            "launch.size_var",
            j->site->name);
    if (!j->site->nodes.cores || !j->site->nodes.threads_per_core)
        draft_refuse(&d,
            "the profile '%s' leaves the cores of a node open, but jobs ask for them; give "
            "nodes.cores and nodes.threads_per_core",
            j->site->name);
    if (j->queue)
        draft_raw(&d, "queues[].extra", &j->queue->extra);
    draft_raw(&d, "scheduler.directives", &j->site->scheduler.directives);
    struct header raw = d.want;
    d.want = (struct header){0};
    d.emitter->want(&d);
    for (size_t i = 0; i < raw.n; i++) {
        const struct header_option *ours = header_find(&d.want, raw.v[i].name);
        if (ours &&
            strcmp(ours->value ? ours->value : "", raw.v[i].value ? raw.v[i].value : "") != 0)
            draft_refuse(&d,
                "the profile '%s' gives %s among its directives, but that is for wflc to "
                "say; take it out there",
                j->site->name, raw.v[i].name);
        header_set(&d.want, raw.v[i].name, raw.v[i].value);
    }
    check_forbidden(&d);
    if (d.why.n)
        buf_puts(why, d.why.p);
    bool good = !d.why.n && write_script(&d, out, why);
    header_free(&raw);
    header_free(&d.want);
    buf_free(&d.why);
    return good;
}
