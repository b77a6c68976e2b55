/* The metadata of a crate: RO-Crate 1.1, with the profiles Process Run Crate and Workflow Run
 * Crate 0.5, and Workflow RO-Crate 1.0, which they build on. */
#include "config.h"

#include "export/crate-private.h"

#include "report/words.h"
#include "util/file.h"
#include "util/json.h"
#include "util/sha256.h"
#include "util/system.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SPEC "https://w3id.org/ro/crate/1.1"
#define PROCESS_RUN "https://w3id.org/ro/wfrun/process/0.5"
#define WORKFLOW_RUN "https://w3id.org/ro/wfrun/workflow/0.5"
#define WORKFLOW "https://w3id.org/workflowhub/workflow-ro-crate/1.0"
#define TERMS "https://w3id.org/ro/terms/workflow-run"

/* --- what it conforms to --- */

static void
put_profile(struct crate *c, const char *id, const char *name, const char *version)
{
    crate_entity(c, id, "CreativeWork");
    json_text(&c->text, "name", name);
    json_text(&c->text, "version", version);
    crate_entity_end(c);
}

static void
put_descriptor(struct crate *c)
{
    struct buf list = {0};
    crate_ref_add(&list, SPEC);
    crate_ref_add(&list, WORKFLOW);
    crate_entity(c, CRATE_METADATA, "CreativeWork");
    crate_ref(c, "about", "./");
    crate_list(c, "conformsTo", &list);
    crate_entity_end(c);
    put_profile(c, SPEC, "RO-Crate", "1.1");
    put_profile(c, PROCESS_RUN, "Process Run Crate", "0.5");
    put_profile(c, WORKFLOW_RUN, "Workflow Run Crate", "0.5");
    put_profile(c, WORKFLOW, "Workflow RO-Crate", "1.0");
    buf_free(&list);
}

/* --- files that are in the crate --- */

/* Its size and hash. */
static void
add_contents(struct crate *c, const char *name)
{
    struct buf path = {0};
    struct stat st;
    char hex[SHA256_HEX + 1], size[24];
    buf_printf(&path, "%s/%s", c->root, name);
    int err = sha256_file(path.p, -1, hex);
    if (!err && stat(path.p, &st) == 0) {
        snprintf(size, sizeof size, "%lld", (long long)st.st_size);
        json_text(&c->text, "contentSize", size);
        json_text(&c->text, "sha256", hex);
    } else if (!c->error) {
        c->error = err;
    }
    buf_free(&path);
}

/* The id of a file that the crate has. */
static const char *
own_id(const struct crate *c, const char *path, struct buf *id)
{
    struct buf name = {0};
    buf_printf(&name, "%s/%s", c->root, path);
    buf_reset(id);
    crate_file_id(c, name.p, false, id);
    buf_free(&name);
    return id->p;
}

/* Begins its entity; the caller ends it. */
static void
begin_file(struct crate *c, const char *path, const char *type, const char *format)
{
    struct buf id = {0};
    crate_entity(c, own_id(c, path, &id), type);
    crate_ref_add(&c->part, id.p);
    json_text(&c->text, "encodingFormat", format);
    add_contents(c, path);
    buf_free(&id);
}

static void
put_record(struct crate *c)
{
    static const struct {
        const char *path, *name;
    } files[] = {
        {CRATE_TASKS_FILE, "Each task: its state, what it needs, its inputs and outputs"},
        {CRATE_ATTEMPTS_FILE, "Each attempt at a task: where, when, how long, how it ended"},
        {CRATE_OUTPUTS_FILE, "Each output as it was when its checks had passed; the last line of "
                             "a path holds"},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        begin_file(c, files[i].path, "File", "application/x-ndjson");
        json_text(&c->text, "name", files[i].name);
        crate_ref(c, "about", "#run");
        crate_entity_end(c);
    }
    if (!c->site)
        return;
    begin_file(c, "site.yaml", "File", "application/yaml");
    json_text(&c->text, "name", "The profile of the site");
    crate_ref(c, "about", "#site");
    crate_entity_end(c);
}

/* --- the campaign --- */

static void
put_campaign(struct crate *c)
{
    const struct plan *p = c->plan;
    struct buf list = {0}, id = {0};
    begin_file(c, c->campaign.p, "File SoftwareSourceCode ComputationalWorkflow", "text/plain");
    json_text(&c->text, "name", plan_string(p, p->head->campaign));
    crate_ref(c, "programmingLanguage", "#wfl");
    crate_ref(c, "softwareRequirements", "#wflc");
    for (const char *part = c->parts.p; part && part < c->parts.p + c->parts.n;
         part += strlen(part) + 1)
        crate_ref_add(&list, own_id(c, part, &id));
    for (uint32_t i = 0; i < p->nfamilies; i++) {
        buf_reset(&id);
        buf_printf(&id, "#family-%s", plan_string(p, p->family[i].name));
        crate_ref_add(&list, id.p);
    }
    crate_list(c, "hasPart", &list);
    crate_entity_end(c);
    for (const char *part = c->parts.p; part && part < c->parts.p + c->parts.n;
         part += strlen(part) + 1) {
        begin_file(c, part, "File SoftwareSourceCode", "text/plain");
        json_text(&c->text, "name", "A file that the campaign uses");
        crate_ref(c, "programmingLanguage", "#wfl");
        crate_entity_end(c);
    }
    crate_entity(c, "#wfl", "ComputerLanguage");
    json_text(&c->text, "name", "wfl");
    json_text(&c->text, "description", "The language of wflc for campaigns, wfl(5)");
    crate_entity_end(c);
    crate_entity(c, "#wflc", "SoftwareApplication");
    json_text(&c->text, "name", "wflc");
    json_text(&c->text, "softwareVersion", PACKAGE_VERSION);
    crate_entity_end(c);
    buf_free(&list);
    buf_free(&id);
}

static void
put_families(struct crate *c)
{
    const struct plan *p = c->plan;
    struct buf text = {0};
    for (uint32_t i = 0; i < p->nfamilies; i++) {
        const char *name = plan_string(p, p->family[i].name);
        buf_reset(&text);
        buf_printf(&text, "#family-%s", name);
        crate_entity(c, text.p, "SoftwareApplication");
        json_text(&c->text, "name", name);
        buf_reset(&text);
        buf_printf(&text, "The command of task %s, declared in line %u of %s", name,
            p->place[PLACE_FAMILY][i].line, plan_place_name(p, PLACE_FAMILY, i));
        json_text(&c->text, "description", text.p);
        crate_entity_end(c);
    }
    buf_free(&text);
}

/* "docker://ghcr.io/lsst/imsim:1.2": registry, name, tag. */
static void
add_image_name(struct crate *c, const char *image)
{
    const char *scheme = strstr(image, "://"), *from = scheme ? scheme + 3 : image;
    size_t n = strcspn(from, "@"), slash = strcspn(from, "/");
    bool registry = slash < n && (memchr(from, '.', slash) || memchr(from, ':', slash) ||
                                     strncmp(from, "localhost/", 10) == 0);
    char *where = registry ? xstrndup(from, slash) : xstrdup("docker.io");
    char *name = registry ? xstrndup(from + slash + 1, n - slash - 1) : xstrndup(from, n);
    char *tag = strchr(name, ':');
    json_text(&c->text, "registry", where);
    if (tag) {
        *tag = '\0';
        json_text(&c->text, "tag", tag + 1);
    }
    json_text(&c->text, "name", name);
    free(where);
    free(name);
}

static void
put_images(struct crate *c)
{
    const struct plan *p = c->plan;
    struct buf id = {0};
    for (uint32_t i = 0; i < p->ncontainers; i++) {
        const struct plan_container *k = &p->container[i];
        const char *digest = plan_container_text(p, k->digest);
        const char *image = plan_string(p, k->image);
        buf_reset(&id);
        buf_printf(&id, "#image-%s", plan_string(p, k->name));
        crate_entity(c, id.p, "ContainerImage");
        if (k->form == PLAN_IMAGE_NAME) {
            crate_ref(c, "additionalType", TERMS "#DockerImage");
            add_image_name(c, image);
        } else {
            if (k->form == PLAN_IMAGE_SIF)
                crate_ref(c, "additionalType", TERMS "#SIFImage");
            json_text(&c->text, "name", image);
        }
        if (digest)
            json_text(&c->text, "sha256", strchr(digest, ':') ? strchr(digest, ':') + 1 : digest);
        crate_entity_end(c);
    }
    buf_free(&id);
}

/* --- where, who --- */

static void
put_place_and_agent(struct crate *c)
{
    struct buf name = {0};
    struct stat st;
    crate_entity(c, "#site", "Place");
    json_text(&c->text, "name", plan_site(c->plan));
    crate_entity_end(c);
    if (stat(c->facts->status->dir, &st) == 0)
        system_user_of((unsigned)st.st_uid, &name);
    crate_entity(c, "#owner", "Person");
    json_text(&c->text, "name", name.n ? name.p : "unknown");
    json_text(&c->text, "description", "The user whose record this is");
    crate_entity_end(c);
    buf_free(&name);
}

/* --- files of tasks --- */

/* The last part of an id, as people call the file. */
static void
add_base_name(const char *id, bool folder, struct buf *name)
{
    const char *end = id + strlen(id) - folder, *p = end;
    while (p > id && p[-1] != '/')
        p--;
    for (; p < end; p++) {
        unsigned byte;
        if (*p == '%' && sscanf(p + 1, "%2x", &byte) == 1) {
            buf_putc(name, (char)byte);
            p += 2;
        } else {
            buf_putc(name, *p);
        }
    }
}

static void
put_file(struct crate *c, const char *id, const struct crate_file *f)
{
    char size[24];
    struct buf name = {0};
    add_base_name(id, f->folder, &name);
    crate_entity(c, id, f->folder ? "Dataset" : "File");
    crate_ref_add(&c->part, id);
    json_text(&c->text, "name", name.p);
    if (f->known && !f->folder) {
        snprintf(size, sizeof size, "%llu", (unsigned long long)f->is.size);
        json_text(&c->text, "contentSize", size);
    }
    if (f->known)
        crate_time(c, "dateModified", f->is.mtime_ns / 1000);
    crate_entity_end(c);
    buf_free(&name);
}

/* The files of tasks, and lists of those that tasks read alone, and that they wrote. */
static void
put_files(struct crate *c, struct buf *inputs, struct buf *outputs)
{
    for (uint32_t i = 1; i < c->files.count; i++) {
        const char *id = strpool_get(&c->files, i);
        const struct crate_file *f = (const struct crate_file *)(const void *)c->file.p + i;
        put_file(c, id, f);
        crate_ref_add(f->made ? outputs : inputs, id);
    }
}

/* Of many tasks: what each family wrote, as a whole. */
static void
put_collections(struct crate *c, struct buf *outputs)
{
    const struct plan *p = c->plan;
    struct buf text = {0};
    for (uint32_t i = 0; i < p->nfamilies; i++) {
        const char *name = plan_string(p, p->family[i].name);
        buf_reset(&text);
        buf_printf(&text, "#files-%s", name);
        crate_entity(c, text.p, "Collection");
        crate_ref_add(&c->mentions, text.p);
        crate_ref_add(outputs, text.p);
        buf_reset(&text);
        buf_printf(&text, "What tasks of %s wrote", name);
        json_text(&c->text, "name", text.p);
        json_text(&c->text, "description", "Each of them has a line in " CRATE_OUTPUTS_FILE);
        crate_ref(c, "subjectOf", CRATE_OUTPUTS_FILE);
        crate_entity_end(c);
    }
    buf_free(&text);
}

/* --- the run --- */

/* How many tasks there are in each state, as results. */
static void
put_counts(struct crate *c, struct buf *results)
{
    const struct status_count *all = &c->facts->status->all;
    struct buf id = {0};
    crate_value(c, "#tasks", "tasks", all->total);
    crate_ref_add(results, "#tasks");
    for (int x = 0; x < STATUS_NSTATES; x++) {
        const char *name = status_state_name((enum status_state)x);
        buf_reset(&id);
        buf_printf(&id, "#%s", name);
        crate_value(c, id.p, name, all->of[x]);
        crate_ref_add(results, id.p);
    }
    buf_free(&id);
}

static void
put_run(struct crate *c, const struct buf *inputs, const struct buf *results)
{
    const struct plan *p = c->plan;
    const struct status_count *all = &c->facts->status->all;
    bool done = all->of[STATUS_DONE] == all->total;
    bool over =
        all->of[STATUS_DONE] + all->of[STATUS_FAILED] + all->of[STATUS_BLOCKED] == all->total;
    struct buf text = {0};
    crate_entity(c, "#run", "CreateAction");
    buf_printf(&text, "Campaign %s on %s", plan_string(p, p->head->campaign), plan_site(p));
    json_text(&c->text, "name", text.p);
    buf_reset(&text);
    buf_printf(&text, "%u of %u tasks done, %u failed; plan %016" PRIx64, all->of[STATUS_DONE],
        all->total, all->of[STATUS_FAILED], p->head->identity);
    json_text(&c->text, "description", text.p);
    crate_ref(c, "instrument", own_id(c, c->campaign.p, &text));
    crate_ref(c, "agent", "#owner");
    crate_ref(c, "location", "#site");
    crate_time(c, "startTime", c->first_us);
    if (over)
        crate_time(c, "endTime", c->last_us);
    crate_ref(c, "actionStatus",
        done   ? "http://schema.org/CompletedActionStatus"
        : over ? "http://schema.org/FailedActionStatus"
               : "http://schema.org/ActiveActionStatus");
    crate_list(c, "object", inputs);
    crate_list(c, "result", results);
    crate_entity_end(c);
    crate_ref_add(&c->mentions, "#run");
    buf_free(&text);
}

/* --- the root --- */

static void
put_root(struct crate *c)
{
    const struct plan *p = c->plan;
    struct buf list = {0}, text = {0};
    bool link = c->how->license && strstr(c->how->license, "://");
    crate_ref_add(&list, PROCESS_RUN);
    crate_ref_add(&list, WORKFLOW_RUN);
    crate_ref_add(&list, WORKFLOW);
    buf_printf(&text, "Campaign %s on %s", plan_string(p, p->head->campaign), plan_site(p));
    crate_entity(c, "./", "Dataset");
    crate_list(c, "conformsTo", &list);
    json_text(&c->text, "name", text.p);
    buf_reset(&text);
    buf_printf(&text, "What was run, where, when and with what: written by wflc %s; %s",
        PACKAGE_VERSION, "files of tasks are named, not copied");
    json_text(&c->text, "description", text.p);
    crate_time(c, "datePublished", c->facts->status->now_us);
    if (link)
        crate_ref(c, "license", c->how->license);
    else
        json_text(&c->text, "license", c->how->license ? c->how->license : "none is stated");
    crate_ref(c, "mainEntity", own_id(c, c->campaign.p, &text));
    crate_list(c, "hasPart", &c->part);
    crate_list(c, "mentions", &c->mentions);
    crate_entity_end(c);
    if (link) {
        crate_entity(c, c->how->license, "CreativeWork");
        json_text(&c->text, "name", c->how->license);
        crate_entity_end(c);
    }
    buf_free(&list);
    buf_free(&text);
}

void
crate_put_graph(struct crate *c)
{
    struct buf inputs = {0}, results = {0};
    buf_puts(&c->text, "{\"@context\": [\"" SPEC "/context\", \"" TERMS "/context\"],\n"
                       "\"@graph\": [");
    put_descriptor(c);
    put_campaign(c);
    put_families(c);
    put_images(c);
    put_place_and_agent(c);
    put_record(c);
    crate_put_tasks(c);
    if (c->many)
        put_collections(c, &results);
    else
        put_files(c, &inputs, &results);
    put_counts(c, &results);
    put_run(c, &inputs, &results);
    put_root(c);
    buf_puts(&c->text, "\n]}\n");
    buf_free(&inputs);
    buf_free(&results);
}
