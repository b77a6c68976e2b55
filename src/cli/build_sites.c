/* Builds for the sites of a campaign. First everything is compiled and made in memory, with all
 * that is wrong said; then the folders are written. A campaign is compiled once for all sites that
 * change no parameter, and once for each of the others; if sites are named, once for each. */
#include "config.h"

#include "cli/build.h"

#include "codegen/folder.h"
#include "parser/ast.h"
#include "target/containers.h"
#include "plan/build.h"
#include "driver/compile.h"
#include "target/site.h"
#include "util/file.h"
#include "util/system.h"

#include <stdlib.h>
#include <string.h>

struct target {
    char *name;
    bool done;  /* made in memory */
    bool batch; /* it has a batch system */
    uint32_t njobs, nodes;
    struct built b; /* its plan, its folder */
    struct folder folder;
};

struct sites {
    const struct options *o;
    struct target *v;
    size_t n;
    bool all;              /* no --site was given: every site of the campaign */
    const char *site;      /* that is compiled for; NULL: those without parameters */
    struct buf root, work; /* absolute: the folder of builds, the one where tasks run */
    struct diags **d;      /* of each compilation */
    size_t nd;
    struct buf said; /* what was printed */
};

static struct target *
target(struct sites *s, const char *name)
{
    for (size_t i = 0; i < s->n; i++)
        if (strcmp(s->v[i].name, name) == 0)
            return &s->v[i];
    return NULL;
}

static void
add_target(struct sites *s, const char *name)
{
    if (target(s, name))
        return;
    s->v = xrealloc(s->v, (s->n + 1) * sizeof *s->v);
    s->v[s->n++] = (struct target){.name = xstrdup(name)};
}

static void
free_sites(struct sites *s)
{
    for (size_t i = 0; i < s->n; i++) {
        free(s->v[i].name);
        built_free(&s->v[i].b);
        folder_free(&s->v[i].folder);
    }
    for (size_t i = 0; i < s->nd; i++)
        diag_free(s->d[i]);
    free(s->v);
    free(s->d);
    buf_free(&s->root);
    buf_free(&s->work);
    buf_free(&s->said);
}

/* --- one site, while its model is there --- */

/* The runtime that was chosen for the tasks of containers; NULL: none. All of a campaign use one.
 */
static const struct site_container *
chosen(const struct plan *p, const struct site_profile *site)
{
    const char *name = p->ncontainers ? plan_runtime_name(p->container[0].runtime) : "";
    for (size_t i = 0; i < site->containers.n; i++) {
        const struct site_container *c = &site->containers.v[i];
        if (c->runtime != SITE_RUNTIME_NONE &&
            strcmp(site_word_name("containers[].runtime", c->runtime), name) == 0)
            return c;
    }
    return NULL;
}

static bool
any_gpus(const struct model *m)
{
    for (unsigned i = 0; i < m->nfamilies; i++)
        if (m->family[i]->gpus)
            return true;
    return false;
}

static bool
make_folder(const struct model *m, const struct site *site, const struct geometry *g,
    struct sites *s, struct target *t)
{
    struct buf why = {0}, volumes = {0}, self = {0};
    const struct plan *p = t->b.plan;
    program_path(&self);
    struct job j = {.site = site->profile,
        .queue = g->queue,
        .site_name = site->name,
        .campaign = m->campaign,
        .source = m->source,
        .account = site->account && *site->account ? site->account : NULL,
        .njobs = g->njobs,
        .ntasks = p->head->ntasks,
        .nodes = g->nodes,
        .seconds = g->seconds,
        .wflc = self.n ? self.p : NULL,
        .dir = t->b.dir.p,
        .workdir = s->work.p,
        .container = chosen(p, site->profile),
        .plan = p,
        .gpus = any_gpus(m)};
    if (p->ncontainers && p->container[0].directive) {
        containers_volumes(p, &p->container[0], site->profile, &volumes);
        j.image = plan_container_text(p, p->container[0].source);
        j.volumes = volumes.n ? volumes.p : "";
    }
    bool good = folder_make(&j, &t->folder, &why);
    if (!good)
        diag_add(m->diags, DIAG_ERROR, RULE_SITE, site->at, "%s", why.p);
    buf_free(&self);
    buf_free(&volumes);
    buf_free(&why);
    return good;
}

static bool
open_plan(struct target *t, struct buf *why)
{
    t->b.plan = plan_from_bytes(t->b.image.p, t->b.image.n, "campaign.wflp", why);
    return t->b.plan != NULL;
}

/* Nodes write to the folder of the build (the record), and to that where tasks run. */
static bool
nodes_write(const struct model *m, const struct site *site, const struct sites *s,
    const struct target *t)
{
    const struct {
        const char *path, *what, *remedy;
    } of[] = {{t->b.dir.p, "the folder of the build", "build elsewhere, with -o DIR"},
        {s->work.p, "the folder where tasks run",
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

static void
make_site(const struct model *m, const struct plan *p, const struct site *site, struct sites *s,
    struct target *t)
{
    struct buf why = {0};
    struct geometry g = {0};
    bool good = site->profile != NULL;
    t->batch = good && site->profile->scheduler.kind != SITE_LOCAL;
    if (t->batch)
        good = geometry_choose(m->diags, p, site, &g) && good;
    buf_printf(&t->b.dir, "%s/%s/%s", s->root.p, m->campaign, site->name);
    buf_puts(&t->b.work, s->work.p);
    good = good && nodes_write(m, site, s, t);
    if (good && t->batch)
        plan_for_site(p, site, &g, &t->b.image);
    else if (good)
        plan_for_machine(p, site, &t->b.image);
    if (good && !s->o->no_containers)
        good = containers_decide(m->diags, m, site, &t->b.image);
    good = good && open_plan(t, &why) && make_folder(m, site, &g, s, t);
    t->njobs = g.njobs;
    t->nodes = g.nodes;
    t->done = good;
    buf_free(&why);
}

/* The machine at hand, of which the campaign says nothing. */
static void
make_local(const struct model *m, const struct plan *p, struct sites *s, struct target *t)
{
    struct buf why = {0};
    buf_printf(&t->b.dir, "%s/%s/local", s->root.p, m->campaign);
    buf_puts(&t->b.work, s->work.p);
    buf_add(&t->b.image, p->base, p->size);
    t->done = (s->o->no_containers || containers_decide(m->diags, m, NULL, &t->b.image)) &&
              open_plan(t, &why);
    if (!t->done)
        return;
    const struct job j = {.site_name = "local",
        .campaign = m->campaign,
        .source = m->source,
        .ntasks = p->head->ntasks,
        .dir = t->b.dir.p,
        .workdir = t->b.work.p,
        .plan = t->b.plan};
    t->done = folder_make(&j, &t->folder, &why);
    if (!t->done)
        diag_add(m->diags, DIAG_ERROR, RULE_SITE, NO_SPAN, "%s", why.p);
    buf_free(&why);
}

static void
with_model(const struct model *m, const struct buf *image, void *arg)
{
    struct sites *s = arg;
    struct buf why = {0};
    struct plan *p = plan_from_bytes(image->p, image->n, "campaign.wflp", &why);
    bool known = false;
    if (!p)
        diag_add(m->diags, DIAG_ERROR, RULE_SITE, NO_SPAN,
            "the plan that was made is not valid (a fault of wflc, please report it): %s", why.p);
    buf_free(&why);
    if (!p)
        return;
    for (unsigned i = 0; i < m->nsites && s->all; i++)
        add_target(s, m->sites[i].name);
    if (s->all && !s->n)
        add_target(s, "local");
    for (unsigned i = 0; i < m->nsites; i++) {
        const struct site *site = &m->sites[i];
        struct target *t = target(s, site->name);
        bool now = s->site ? strcmp(s->site, site->name) == 0 : !site->nparams;
        known = known || strcmp(site->name, "local") == 0;
        if (t && !t->done && now)
            make_site(m, p, site, s, t);
    }
    struct target *local = target(s, "local");
    if (local && !known && !local->done && (!s->site || strcmp(s->site, "local") == 0))
        make_local(m, p, s, local);
    plan_close(p);
}

/* --- compiling --- */

static int
compile_for(struct sites *s, const char *site)
{
    const struct compiling how = {.builds = true,
        .judges_here = true,
        .site = site,
        .with_model = with_model,
        .arg = s};
    struct built b = {0};
    char *text = NULL;
    size_t n = 0;
    FILE *messages = open_memstream(&text, &n);
    struct diags *d = diag_new();
    s->d = xrealloc(s->d, (s->nd + 1) * sizeof *s->d);
    s->d[s->nd++] = d;
    s->site = site;
    int code = campaign_compile_in(d, messages, s->o, &how, &b);
    fclose(messages);
    messages_once(text, &s->said);
    free(text);
    built_free(&b);
    return code;
}

/* Adds the sites that the file itself declares, if all are wanted. Files that it uses may declare
 * others, which the model tells. Returns whether the campaign is to be compiled for none of them:
 * one that is wanted changes no parameter, or none is there. */
static bool
look_into(struct sites *s, const char *file)
{
    struct diags *d = diag_new();
    struct ast_tree *tree = ast_tree_new();
    uint32_t source;
    bool plain = false, any = strcmp(file, "-") == 0 && s->n == 1;
    /* standard input can be read once: it is compiled for the one site that is asked for, if it is
     * one */
    const struct ast *root = strcmp(file, "-") == 0 || diag_source_file(d, file, &source) != 0
                                 ? NULL
                                 : wfl_parse(tree, d, source);
    for (const struct ast *a = root ? ast_find(root->child, AST_SITE) : NULL; a;
         a = ast_find(a->next, AST_SITE)) {
        any = true;
        if (s->all && a->text)
            add_target(s, a->text);
        if (a->text && target(s, a->text))
            plain = plain || !ast_find(a->child, AST_PARAM);
    }
    ast_tree_free(tree);
    diag_free(d);
    return plain || !any;
}

static int
compile_all(struct sites *s)
{
    const char *file = s->o->arg[0];
    int worst = EXIT_OK;
    /* for sites that are named one by one: what is wrong with another one is no matter */
    if (look_into(s, file) && (s->all || strcmp(file, "-") == 0))
        worst = compile_for(s, NULL);
    if (worst != EXIT_OK)
        return worst;
    /* compiling for one may add others */
    for (size_t i = 0; i < s->n; i++) {
        if (s->v[i].done)
            continue;
        if (s->nd && strcmp(file, "-") == 0) {
            say("the campaign on standard input must be read again for site '%s', which has "
                "parameters of its own: put it into a file, or build for one site with --site",
                s->v[i].name);
            return EXIT_USAGE;
        }
        int code = compile_for(s, s->v[i].name);
        worst = worst > code ? worst : code;
    }
    return worst;
}

/* --- writing --- */

static void
tell(const struct target *t)
{
    const char *dir = path_for_people(t->b.dir.p);
    printf("%s: %u tasks, ready in %s; ", t->b.name.p, t->b.plan->head->ntasks, dir);
    if (folder_prepares(&t->folder))
        printf("make its images ready with %s/prepare.sh; ", dir);
    if (t->batch)
        printf("%u job%s of %u node%s, submit with wflc submit %s\n", t->njobs,
            t->njobs == 1 ? "" : "s", t->nodes, t->nodes == 1 ? "" : "s", dir);
    else
        printf("start with %s/job.sh\n", dir);
}

static int
write_depfile(const struct sites *s)
{
    const char **to = xcalloc(s->n, sizeof *to);
    struct buf *name = xcalloc(s->n, sizeof *name);
    for (size_t i = 0; i < s->n; i++) {
        buf_printf(&name[i], "%s/%s/%s/campaign.wflp", s->o->output, s->v[i].b.name.p,
            s->v[i].name);
        to[i] = name[i].p;
    }
    int code = depfile_write(s->d, s->nd, s->o->depfile, to, s->n);
    for (size_t i = 0; i < s->n; i++)
        buf_free(&name[i]);
    free(name);
    free(to);
    return code;
}

int
campaign_build_sites(const struct options *o)
{
    struct sites s = {.o = o, .all = !o->nsites};
    for (size_t i = 0; i < o->nsites; i++)
        add_target(&s, o->sites[i]);
    int code = build_absolute(o->output, &s.work, &s.root);
    if (code == EXIT_OK)
        code = compile_all(&s);
    bool dumps = o->dump_ast || o->dump_model || o->dump_plan;
    for (size_t i = 0; i < s.n && code == EXIT_OK; i++) {
        struct built *b = &s.v[i].b;
        buf_puts(&b->name, plan_string(b->plan, b->plan->head->campaign));
        code = build_write(o, b, &s.v[i].folder);
        if (code == EXIT_OK && !o->quiet && !dumps)
            tell(&s.v[i]);
    }
    if (code == EXIT_OK && o->depfile)
        code = write_depfile(&s);
    free_sites(&s);
    return code;
}
