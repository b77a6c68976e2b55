/* Builds for the sites of a campaign, in memory; nothing is written before all is good. A campaign
 * is compiled once for all sites that change no parameter, and once for each of the others; if
 * sites are named, once for each. */
#include "config.h"

#include "driver/build.h"

#include "parser/ast.h"
#include "util/file.h"

#include <stdlib.h>
#include <string.h>

static struct built *
find_site(struct build *b, const char *name)
{
    for (size_t i = 0; i < b->nsites; i++)
        if (strcmp(b->site[i].site, name) == 0)
            return &b->site[i];
    return NULL;
}

static void
add_site(struct build *b, const char *name)
{
    if (find_site(b, name))
        return;
    b->site = xrealloc(b->site, (b->nsites + 1) * sizeof *b->site);
    b->site[b->nsites++] = (struct built){.site = xstrdup(name), .work = b->o->work};
}

void
build_free(struct build *b)
{
    for (size_t i = 0; i < b->nsites; i++) {
        free(b->site[i].site);
        plan_close(b->site[i].plan);
        buf_free(&b->site[i].image);
        buf_free(&b->site[i].dir);
        folder_free(&b->site[i].folder);
    }
    for (size_t i = 0; i < b->ndiags; i++)
        diag_free(b->d[i]);
    free(b->site);
    free(b->d);
    buf_free(&b->why);
}

/* --- one site of a compiled campaign --- */

static bool
make_folder(const struct build *b, struct built *s, const struct compilation *c,
    const struct target *t)
{
    struct buf why = {0}, volumes = {0};
    const struct plan *p = s->plan;
    const struct site *site = t->site;
    struct job j = {.site = t->profile,
        .queue = t->jobs.queue,
        .site_name = t->name,
        .campaign = c->model->campaign,
        .source = c->model->source,
        .account = site && site->account && *site->account ? site->account : NULL,
        .njobs = t->jobs.njobs,
        .ntasks = p->head->ntasks,
        .nodes = t->jobs.nodes,
        .seconds = t->jobs.seconds,
        .wflc = b->o->wflc,
        .dir = s->dir.p,
        .workdir = b->o->work,
        .container = t->containers.used,
        .ncontainers = t->containers.nused,
        .copy_dir = t->containers.copy_dir,
        .copy_request = t->containers.copy_request,
        .plan = p,
        .gpus = t->gpus};
    if (t->profile && p->ncontainers && p->container[0].directive) {
        containers_volumes(p, &p->container[0], t->profile, &volumes);
        j.image = plan_container_text(p, p->container[0].source);
        j.volumes = volumes.n ? volumes.p : "";
    }
    bool good = folder_make(&j, &s->folder, &why);
    if (!good)
        diag_add(c->diags, DIAG_ERROR, RULE_SITE, site ? site->at : NO_SPAN, "%s", why.p);
    buf_free(&volumes);
    buf_free(&why);
    return good;
}

/* Nodes write to the folder of the build (the record), and to that where tasks run. */
static bool
nodes_write(const struct build *b, const struct built *t, const struct model *m,
    const struct site *site)
{
    const struct {
        const char *path, *what, *remedy;
    } of[] = {{t->dir.p, "the folder of the build", "build elsewhere, with -o DIR"},
        {b->o->work, "the folder where tasks run",
            "start wflc build in a folder that they can write to"}};
    bool good = true;
    for (size_t i = 0; i < sizeof of / sizeof *of; i++)
        for (size_t k = 0; k < site->profile->filesystems.n; k++) {
            const struct site_filesystem *f = &site->profile->filesystems.v[k];
            if (f->compute_writable || !path_below(of[i].path, f->path))
                continue;
            diag_help(diag_add(m->diags, DIAG_ERROR, RULE_SITE, site->profile_at,
                          "nodes of '%s' cannot write to %s, '%s': it is on the file system '%s'",
                          site->name, of[i].what, of[i].path, f->name),
                "%s", of[i].remedy);
            good = false;
        }
    return good;
}

/* `site` NULL: the machine at hand, of which the campaign says nothing. */
static void
make_site(const struct build *b, struct built *s, const struct compilation *c, struct costs *costs,
    const struct site *site)
{
    const struct target_options how = {.containers = b->o->no_containers ? TARGET_NONE : TARGET_ALL,
        .asked_there = b->o->runs,
        .costs = costs};
    struct target t;
    buf_printf(&s->dir, "%s/%s/%s", b->o->root, c->model->campaign, s->site);
    bool good = target_fit(c->diags, c->model, c->plan, site, &how, &t);
    good = (!t.profile || b->o->runs || nodes_write(b, s, c->model, site)) && good;
    s->plan = good ? target_plan(c->diags, &t, &s->image) : NULL;
    if (s->plan && b->o->compile.dump_plan)
        compile_dump(s->plan, b->o->compile.dump);
    s->done = s->plan && make_folder(b, s, c, &t);
    s->batch = t.batch;
    s->njobs = t.jobs.njobs;
    s->nodes = t.jobs.nodes;
    target_free(&t);
}

/* What a campaign says of the machine at hand does not matter where it speaks of a batch system. */
static bool
is_meant(const struct build *b, const struct site *site)
{
    return !b->o->runs || !site->profile || site->profile->scheduler.kind == SITE_LOCAL;
}

/* All sites that the campaign was compiled for: `name`, or those that change no parameter. */
static void
make_sites(struct build *b, const struct compilation *c, const char *name)
{
    const struct model *m = c->model;
    struct costs costs;
    costs_init(&costs, c->plan);
    for (unsigned i = 0; i < m->nsites && b->all; i++)
        add_site(b, m->sites[i].name);
    if (b->all && !b->nsites)
        add_site(b, "local");
    bool known = false;
    for (unsigned i = 0; i < m->nsites; i++) {
        const struct site *site = &m->sites[i];
        struct built *s = find_site(b, site->name);
        bool now = name ? strcmp(name, site->name) == 0 : !site->nparams;
        if (!is_meant(b, site))
            continue;
        known = known || strcmp(site->name, "local") == 0;
        if (s && !s->done && now)
            make_site(b, s, c, &costs, site);
    }
    struct built *local = find_site(b, "local");
    if (local && !known && !local->done && (!name || strcmp(name, "local") == 0))
        make_site(b, local, c, &costs, NULL);
    costs_free(&costs);
}

/* --- compiling --- */

static enum build_end
compile_for(struct build *b, const char *name)
{
    struct compile_options o = b->o->compile;
    struct diags *d = diag_new();
    o.site = name;
    o.draft = true;
    o.dump_plan = false; /* the plans of the sites are shown instead */
    b->d = xrealloc(b->d, (b->ndiags + 1) * sizeof *b->d);
    b->d[b->ndiags++] = d;
    struct compilation *c = compile(d, &o);
    if (c)
        make_sites(b, c, name);
    compilation_free(c);
    return diag_failed(d) ? BUILD_ERRORS : BUILD_GOOD;
}

/* Is it worth to compile the campaign as it is without --site, for all sites at once that change no
 * parameter? Sites that are named are compiled for one by one, as what is wrong with another one is
 * no matter to them; but standard input can be read only once. Where all are wanted, adds those
 * that the file itself declares; files that it uses may declare others, which only the model tells.
 */
static bool
compiles_for_all(struct build *b, const char *file)
{
    if (strcmp(file, "-") == 0)
        return b->nsites != 1;
    if (!b->all)
        return false;
    struct diags *d = diag_new();
    struct ast_tree *tree = ast_tree_new();
    uint32_t source;
    const struct ast *root =
        diag_source_file(d, file, &source) == 0 ? wfl_parse(tree, d, source) : NULL;
    const struct ast *a = root ? ast_find(root->child, AST_SITE) : NULL;
    bool worth = !a;
    for (; a; a = ast_find(a->next, AST_SITE)) {
        if (!a->text)
            continue;
        add_site(b, a->text);
        worth = worth || !ast_find(a->child, AST_PARAM);
    }
    ast_tree_free(tree);
    diag_free(d);
    return worth;
}

enum build_end
build_make(struct build *b, const struct build_options *o)
{
    const char *file = o->compile.file;
    enum build_end worst = BUILD_GOOD;
    *b = (struct build){.o = o, .all = !o->nsites};
    for (size_t i = 0; i < o->nsites; i++)
        add_site(b, o->site[i]);
    if (compiles_for_all(b, file))
        worst = compile_for(b, NULL);
    if (worst != BUILD_GOOD)
        return worst;
    /* compiling for one may add others */
    for (size_t i = 0; i < b->nsites; i++) {
        if (b->site[i].done)
            continue;
        if (b->ndiags && strcmp(file, "-") == 0) {
            buf_printf(&b->why,
                "the campaign on standard input must be read again for site '%s', which has "
                "parameters of its own: put it into a file, or build for one site with --site",
                b->site[i].site);
            return BUILD_READ_ONCE;
        }
        if (compile_for(b, b->site[i].site) != BUILD_GOOD)
            worst = BUILD_ERRORS;
    }
    return worst;
}
