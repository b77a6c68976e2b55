/* Runs the stages of the compiler, one after the other. */
#include "config.h"

#include "driver/compile.h"

#include "campaign/campaign.h"
#include "planner/planner.h"
#include "target/target.h"
#include "util/file.h"

#include <stdlib.h>
#include <string.h>

/* As a whole, before messages come. */
static void
put(FILE *to, struct buf *text)
{
    fwrite(text->p, 1, text->n, to);
    fflush(to);
    buf_free(text);
}

/* The texts of -D, split. */
static struct define *
split_defines(struct compilation *c, const struct compile_options *o)
{
    struct define *define = arena_alloc(&c->arena, o->ndefine * sizeof *define);
    for (size_t i = 0; i < o->ndefine; i++) {
        const char *eq = strchr(o->define[i], '=');
        define[i].name = arena_text(&c->arena, o->define[i], (size_t)(eq - o->define[i]));
        define[i].value = eq + 1;
    }
    return define;
}

/* What the site that the campaign is looked at makes of its containers belongs to what is looked
 * at. */
static bool
contain(struct compilation *c)
{
    struct target t;
    struct buf image = {0};
    bool good = target_contain(c->diags, c->model, c->plan, target_site(c->model), &t);
    if (good && t.containers.containers.n) {
        struct plan *p = target_plan(c->diags, &t, &image);
        plan_close(c->plan);
        buf_free(&c->image);
        c->plan = p;
        c->image = image;
        good = p != NULL;
    }
    target_free(&t);
    return good;
}

void
compile_dump(const struct plan *p, FILE *to)
{
    struct buf text = {0};
    plan_dump(p, &text);
    put(to, &text);
}

static bool
all_stages(struct compilation *c, const struct compile_options *o, uint32_t file)
{
    struct diags *d = c->diags;
    c->tree = ast_tree_new();
    struct ast *root = wfl_parse(c->tree, d, file);
    if (o->dump_ast)
        ast_dump(root, d, o->dump);
    const struct check_options how = {o->file, split_defines(c, o), o->ndefine, o->include,
        o->ninclude, o->stdlib, o->site, o->machine};
    c->model = campaign_check(d, root, &how);
    c->model->build = o->build;
    if (diag_count(d, DIAG_ERROR))
        return false;
    if (o->dump_model) {
        struct buf text = {0};
        model_dump(c->model, &text);
        put(o->dump, &text);
    }
    if (o->change)
        o->change(o->change_arg, c->model);
    c->plan = plan_model(c->model, &c->image);
    if (!c->plan || !(o->draft || contain(c)) || diag_failed(d))
        return false;
    if (o->dump_plan)
        compile_dump(c->plan, o->dump);
    return true;
}

struct compilation *
compile(struct diags *d, const struct compile_options *o)
{
    uint32_t file;
    if (o->only_errors)
        diag_only_errors(d);
    checks_apply(d, o->setting, o->nsettings);
    int err = diag_source_file(d, o->file, &file);
    if (err) {
        diag_add(d, DIAG_ERROR, RULE_CAMPAIGN, NO_SPAN, "cannot read the campaign '%s': %s",
            o->file, file_error(err));
        return NULL;
    }
    struct compilation *c = xcalloc(1, sizeof *c);
    c->diags = d;
    if (all_stages(c, o, file))
        return c;
    compilation_free(c);
    return NULL;
}

void
compilation_free(struct compilation *c)
{
    if (!c)
        return;
    plan_close(c->plan);
    buf_free(&c->image);
    if (c->model)
        model_free(c->model);
    ast_tree_free(c->tree);
    arena_free(&c->arena);
    free(c);
}
