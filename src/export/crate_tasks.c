/* What a crate tells of the work: an action for each task that was done or failed, or, of many
 * tasks, for those of a family that are in one shard. */
#include "config.h"

#include "export/crate-private.h"

#include "journal/paths.h"
#include "report/words.h"
#include "util/json.h"

#include <errno.h>
#include <stdlib.h>

/* --- outputs that are on record, of few tasks --- */

static bool
take_output(void *arg, const struct journal_head *head, const struct journal_rec *rec)
{
    struct crate *c = arg;
    const struct journal_output *o = (const struct journal_output *)(const void *)rec;
    (void)head;
    if (rec->kind != JOURNAL_OUTPUT || o->task >= c->plan->head->ntasks)
        return true;
    uint32_t n = c->plan->family[plan_family_of(c->plan, o->task)].noutputs;
    for (uint32_t i = 0; i < o->count && o->first + i < n; i++)
        c->output[c->first_output[o->task] + o->first + i] =
            (struct crate_output){true, (enum journal_type)(o->types >> 2 * i & 3), o->of[i]};
    return true;
}

int
crate_read_outputs(struct crate *c)
{
    const struct plan *p = c->plan;
    uint32_t ntasks = p->head->ntasks, n = 0;
    struct buf state = {0};
    c->first_output = xcalloc((size_t)ntasks + 1, sizeof *c->first_output);
    for (uint32_t t = 0; t < ntasks; t++) {
        c->first_output[t] = n;
        n += p->family[plan_family_of(p, t)].noutputs;
    }
    c->output = xcalloc((size_t)n + 1, sizeof *c->output);
    buf_printf(&state, "%s/" BUILD_STATE, c->facts->status->dir);
    int err = journal_read(state.p, p->head->identity, take_output, c, NULL);
    buf_free(&state);
    return err == ENOENT ? 0 : err;
}

/* --- files as entities --- */

/* Adds file `f` of the plan of a task to the list, and to the files of the crate. `is`: what is on
 * record of it, or NULL. */
static void
add_file(struct crate *c, uint32_t task, uint32_t f, const struct crate_output *is,
    struct buf *list)
{
    struct buf path = {0}, id = {0};
    if (plan_path(c->eval, task, f, NULL, &path)) {
        bool folder = is && is->type == JOURNAL_FOLDER;
        crate_file_id(c, path.p, folder, &id);
        uint32_t number = strpool_adds(&c->files, id.p);
        while (c->file.n / sizeof(struct crate_file) <= number)
            buf_add(&c->file, &(struct crate_file){0}, sizeof(struct crate_file));
        struct crate_file *file = (struct crate_file *)(void *)c->file.p + number;
        file->folder |= folder;
        file->made |= is != NULL;
        if (is && is->known)
            file->is = is->is;
        file->known |= is && is->known;
        crate_ref_add(list, id.p);
    }
    buf_free(&path);
    buf_free(&id);
}

/* What a done task wrote; what it was free not to write only if it is on record. */
static void
add_outputs(struct crate *c, uint32_t task, struct buf *list)
{
    const struct plan_family *f = &c->plan->family[plan_family_of(c->plan, task)];
    if (c->facts->status->state[task] != STATUS_DONE)
        return;
    for (uint32_t i = 0; i < f->noutputs; i++) {
        const struct crate_output *is = &c->output[c->first_output[task] + i];
        bool there =
            is->known ? is->type != JOURNAL_ABSENT : !c->plan->file[f->first_output + i].optional;
        if (there)
            add_file(c, task, f->first_output + i, is, list);
    }
}

/* Its own inputs, and what the tasks wrote that it needs. */
static void
add_inputs(struct crate *c, uint32_t task, struct buf *list)
{
    const struct plan *p = c->plan;
    const struct plan_family *f = &p->family[plan_family_of(p, task)];
    for (uint32_t i = f->first_input; i < f->first_input + f->ninputs; i++)
        add_file(c, task, i, NULL, list);
    for (uint32_t i = f->first_need; i < f->first_need + f->nneeds; i++) {
        struct relation_walk w;
        uint32_t member, group = relation_group(&p->relation[i], task - f->first_task);
        if (group == RELATION_NONE)
            continue;
        for (relation_members(&p->relation[i], group, &w); relation_next(&w, &member);)
            add_outputs(c, p->family[p->need[i].producer].first_task + member, list);
    }
}

/* --- actions --- */

static void
add_instrument(struct crate *c, uint32_t family, struct buf *id)
{
    const struct plan_family *f = &c->plan->family[family];
    buf_reset(id);
    buf_printf(id, "#family-%s", plan_string(c->plan, f->name));
    crate_ref(c, "instrument", id->p);
    if (!f->container)
        return;
    buf_reset(id);
    buf_printf(id, "#image-%s", plan_string(c->plan, c->plan->container[f->container - 1].name));
    crate_ref(c, "containerImage", id->p);
}

static void
begin_action(struct crate *c, const char *id, int64_t began_us, int64_t ended_us, bool good)
{
    crate_entity(c, id, "CreateAction");
    crate_ref_add(&c->mentions, id);
    crate_ref(c, "agent", "#owner");
    crate_ref(c, "location", "#site");
    crate_time(c, "startTime", began_us);
    crate_time(c, "endTime", ended_us);
    crate_ref(c, "actionStatus",
        good ? "http://schema.org/CompletedActionStatus" : "http://schema.org/FailedActionStatus");
}

static int64_t
ended_us(const struct fact *a)
{
    return a->ended_s * INT64_C(1000000) + a->ended_ms * INT64_C(1000);
}

static int64_t
began_us(const struct fact *a)
{
    return ended_us(a) - a->wall_ms * INT64_C(1000);
}

static bool
is_over(const struct crate *c, uint32_t task)
{
    uint8_t state = c->facts->status->state[task];
    return c->facts->task[task].ended_s && (state == STATUS_DONE || state == STATUS_FAILED);
}

static void
put_task(struct crate *c, uint32_t task)
{
    const struct fact *a = &c->facts->task[task];
    enum journal_reason reason = (enum journal_reason)a->reason;
    bool good = c->facts->status->state[task] == STATUS_DONE;
    struct buf text = {0}, list = {0};
    buf_printf(&text, "#task-%u", task);
    begin_action(c, text.p, began_us(a), ended_us(a), good);
    buf_reset(&text);
    plan_task_label(c->plan, task, &text);
    json_text(&c->text, "name", text.p);
    buf_reset(&text);
    if (a->attempt) {
        buf_printf(&text, "attempt %u, on ", a->attempt);
        facts_host(c->facts, a->holder, &text);
    } else {
        buf_puts(&text, "without an attempt");
    }
    json_text(&c->text, "description", text.p);
    if (!good) {
        buf_reset(&text);
        buf_puts(&text, journal_reason_name(reason));
        if (journal_reason_of_file(reason))
            buf_printf(&text, " %s", journal_flaw_name((enum journal_flaw)a->code));
        else if (a->code)
            buf_printf(&text, " %u", a->code);
        json_text(&c->text, "error", text.p);
    }
    add_instrument(c, plan_family_of(c->plan, task), &text);
    add_inputs(c, task, &list);
    crate_list(c, "object", &list);
    buf_reset(&list);
    add_outputs(c, task, &list);
    crate_list(c, "result", &list);
    crate_entity_end(c);
    buf_free(&text);
    buf_free(&list);
}

/* --- of many tasks --- */

struct part {
    uint32_t n, done, failed;
    int64_t first_us, last_us;
};

static void
count_task(const struct crate *c, uint32_t task, struct part *part)
{
    const struct fact *a = &c->facts->task[task];
    part->n++;
    if (!is_over(c, task))
        return;
    part->done += c->facts->status->state[task] == STATUS_DONE;
    part->failed += c->facts->status->state[task] == STATUS_FAILED;
    if (!part->first_us || began_us(a) < part->first_us)
        part->first_us = began_us(a);
    if (ended_us(a) > part->last_us)
        part->last_us = ended_us(a);
}

static void
put_part(struct crate *c, uint32_t family, uint32_t shard, const struct part *part)
{
    const char *name = plan_string(c->plan, c->plan->family[family].name);
    struct buf id = {0}, results = {0}, text = {0};
    buf_printf(&id, "#done-%s-%u", name, shard);
    crate_value(c, id.p, "done", part->done);
    crate_ref_add(&results, id.p);
    buf_printf(&text, "#files-%s", name);
    crate_ref_add(&results, text.p);
    buf_reset(&id);
    buf_printf(&id, "#tasks-%s-%u", name, shard);
    begin_action(c, id.p, part->first_us, part->last_us, !part->failed);
    buf_reset(&text);
    buf_printf(&text, "%s, shard %u", name, shard);
    json_text(&c->text, "name", text.p);
    buf_reset(&text);
    buf_printf(&text, "%u of %u tasks done, %u failed; each has a line in " CRATE_TASKS_FILE,
        part->done, part->n, part->failed);
    json_text(&c->text, part->failed ? "error" : "description", text.p);
    add_instrument(c, family, &text);
    crate_list(c, "result", &results);
    crate_ref(c, "subjectOf", CRATE_TASKS_FILE);
    crate_entity_end(c);
    buf_free(&id);
    buf_free(&results);
    buf_free(&text);
}

static void
put_parts(struct crate *c)
{
    const struct plan *p = c->plan;
    struct part *part = xcalloc(p->nshards, sizeof *part);
    for (uint32_t family = 0; family < p->nfamilies; family++) {
        const struct plan_family *f = &p->family[family];
        for (uint32_t i = 0; i < p->nshards; i++)
            part[i] = (struct part){0};
        for (uint32_t t = f->first_task; t < f->first_task + f->ntasks; t++)
            count_task(c, t, &part[plan_shard_of(p, t)]);
        for (uint32_t i = 0; i < p->nshards; i++)
            if (part[i].done || part[i].failed)
                put_part(c, family, i, &part[i]);
    }
    free(part);
}

/* --- all --- */

void
crate_put_tasks(struct crate *c)
{
    for (uint32_t t = 0; t < c->plan->head->ntasks; t++) {
        const struct fact *a = &c->facts->task[t];
        if (!a->ended_s)
            continue;
        if (!c->first_us || began_us(a) < c->first_us)
            c->first_us = began_us(a);
        if (ended_us(a) > c->last_us)
            c->last_us = ended_us(a);
        if (!c->many && is_over(c, t))
            put_task(c, t);
    }
    if (c->many)
        put_parts(c);
}
