#include "config.h"

#include "driver/compile.h"

#include "target/containers.h"
#include "planner/planner.h"
#include "util/arena.h"
#include "util/file.h"

#include <errno.h>
#include <string.h>

static void
put(FILE *to, const struct buf *b)
{
    if (b->n)
        fwrite(b->p, 1, b->n, to);
}

/* What depends on what is installed here is decided only for plans that are run here. */
static bool
decide_containers(struct diags *d, const struct model *m, bool runs_here, struct buf *image)
{
    const struct site *s = containers_site(m);
    bool here = !s || (s->profile && s->profile->scheduler.kind == SITE_LOCAL);
    return (here && !runs_here) || containers_decide(d, m, s, image);
}

bool
compile_campaign(struct diags *d, const struct compile_options *o, struct buf *image,
    struct buf *name)
{
    uint32_t file;
    checks_apply(d, o->setting, o->nsettings);
    int err = diag_source_file(d, o->file, &file);
    if (err) {
        diag_add(d, DIAG_ERROR, RULE_CAMPAIGN, NO_SPAN, "cannot read the campaign '%s': %s",
            o->file, file_error(err));
        return false;
    }
    struct arena arena = {0};
    struct define *define = arena_alloc(&arena, o->ndefine * sizeof *define);
    for (size_t i = 0; i < o->ndefine; i++) {
        const char *eq = strchr(o->define[i], '=');
        define[i].name = arena_text(&arena, o->define[i], (size_t)(eq - o->define[i]));
        define[i].value = eq + 1;
    }

    struct ast_tree *tree = ast_tree_new();
    struct ast *root = wfl_parse(tree, d, file);
    if (o->dump_ast)
        ast_dump(root, d, o->dump);
    struct check_options how = {o->file, define, o->ndefine, o->include, o->ninclude, o->stdlib,
        o->site, o->machine};
    struct model *m = model_check(d, root, &how);
    m->build = o->build;
    bool ok = diag_count(d, DIAG_ERROR) == 0;
    if (ok && o->dump_model) {
        struct buf text = {0};
        model_dump(m, &text);
        put(o->dump, &text);
        buf_free(&text);
    }
    ok = ok && plan_model(m, image) && !diag_failed(d);
    ok = ok && decide_containers(d, m, o->here, image) && !diag_failed(d);
    if (ok && o->with_model) {
        o->with_model(m, image, o->arg);
        ok = !diag_failed(d);
    }
    if (ok && name)
        buf_puts(name, m->campaign);
    model_free(m);
    ast_tree_free(tree);
    arena_free(&arena);
    return ok;
}
