/* `use NAME`: declarations of other files. */
#include "config.h"

#include "campaign/internal.h"
#include "util/file.h"
#include "util/stdlib.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_FILES = 200 };

static enum decl_kind
kind_of(const struct ast *a)
{
    enum ast_kind of = a->child ? a->child->kind : a->kind;
    switch (a->kind) {
    case AST_TASK:
        return DECL_TASK;
    case AST_LET: /* of a value, or of some rows of a table */
        return of == AST_SELECT || of == AST_INDEX || of == AST_FIELD ? DECL_TABLE : DECL_VALUE;
    case AST_PARAM:
        return DECL_VALUE;
    case AST_REGION:
        return DECL_REGION;
    case AST_MEMORY_MODEL:
        return DECL_MEMORY;
    case AST_CONTAINER:
        return DECL_CONTAINER;
    case AST_SITE:
        return DECL_SITE;
    default:
        return DECL_TABLE;
    }
}

static void
declare(struct checker *c, const struct ast *a)
{
    struct decl *before = find_decl(c, a->text);
    if (before) {
        struct diag *m =
            error_at(c, RULE_DUPLICATE, a->name_span, "'%s' is declared already", a->text);
        diag_note(m, before->ast->name_span, "its first declaration");
        return;
    }
    struct decl *d = arena_alloc(c->a, sizeof *d);
    d->name = a->text;
    d->kind = kind_of(a);
    d->ast = a;
    if (d->kind == DECL_TASK) {
        d->family = arena_alloc(c->a, sizeof *d->family);
        d->family->name = a->text;
        d->family->at = a->name_span;
    }
    names_put(&c->decls, d->name, d);
    list_add(&c->in_order, d);
}

/* --- finding files --- */

static bool
try_folder(struct buf *path, const char *folder, size_t n, const char *name)
{
    buf_reset(path);
    buf_printf(path, "%.*s%s%s.wfl", (int)n, folder, n ? "/" : "", name);
    return access(path->p, F_OK) == 0;
}

/* The using file's own folder, then -I, then WFL_PATH, then what is installed with wflc. A file
 * that is named as one of the library, as dc2.wfl, does not mean itself. */
static bool
find_file(struct checker *c, const struct ast *use, struct buf *path)
{
    const char *file = diag_name(c->d, use->span.file), *slash = strrchr(file, '/');
    size_t folder = slash ? (size_t)(slash - file) : 0;
    bool beside = try_folder(path, file, folder, use->text), itself = strcmp(path->p, file) == 0;
    if (beside && !itself)
        return true;
    for (size_t i = 0; i < c->options->ninclude; i++)
        if (try_folder(path, c->options->include[i], strlen(c->options->include[i]), use->text))
            return true;
    const char *list = getenv("WFL_PATH");
    while (list && *list) {
        size_t n = strcspn(list, ":");
        if (n && try_folder(path, list, n, use->text))
            return true;
        list += n + (list[n] == ':');
    }
    const char *own = c->options->stdlib;
    return (own && try_folder(path, own, strlen(own), use->text)) ||
           (itself && try_folder(path, file, folder, use->text));
}

static void
not_found(struct checker *c, const struct ast *use)
{
    c->lacks_file = true;
    struct diag *m =
        error_at(c, RULE_USE, use->name_span, "there is no file %s.wfl to use", use->text);
    diag_help(m,
        "it is looked for beside this file, in the folders of -I and of WFL_PATH, and in the "
        "library of wflc");
    if (!c->options->stdlib) {
        struct buf lost = {0};
        stdlib_lost(&lost);
        diag_help(m, "%s", lost.p);
        buf_free(&lost);
    }
}

/* --- reading them --- */

static struct used_file *
find_used(struct checker *c, uint32_t file)
{
    for (size_t i = 0; i < c->used.n; i++) {
        struct used_file *u = c->used.at[i];
        if (u->file == file)
            return u;
    }
    return NULL;
}

/* `use` leads back to a file that is being read: the whole way is told. */
static void
report_circle(struct checker *c, const struct ast *use, const struct used_file *target)
{
    struct diag *m = error_at(c, RULE_CYCLE, use->span, "files use each other in a circle");
    for (const struct used_file *u = find_used(c, use->span.file); u && u != target; u = u->by)
        diag_note(m, u->use->span, "%s is used here", diag_name(c->d, u->file));
}

static void
use_file(struct checker *c, const struct ast *use)
{
    struct buf path = {0};
    uint32_t file;
    int err = 0;
    if (!find_file(c, use, &path)) {
        not_found(c, use);
    } else if ((err = diag_source_file(c->d, path.p, &file)) != 0) {
        c->lacks_file = true;
        error_at(c, RULE_USE, use->name_span, "cannot read %s: %s", path.p, file_error(err));
    } else if (c->used.n >= MOST_FILES) {
        error_at(c, RULE_SIZE, use->span, "more than %d files are used", MOST_FILES);
    } else {
        struct used_file *u = find_used(c, file);
        if (u && u->busy) {
            report_circle(c, use, u);
        } else if (!u) {
            struct ast_tree *tree = ast_tree_new();
            list_add(&c->trees, tree);
            u = arena_alloc(c->a, sizeof *u);
            *u = (struct used_file){.file = file, .use = use, .by = find_used(c, use->span.file)};
            list_add(&c->used, u);
            unsigned before = diag_count(c->d, DIAG_ERROR);
            const struct ast *root = wfl_parse(tree, c->d, file);
            c->syntax_errors = c->syntax_errors || diag_count(c->d, DIAG_ERROR) > before;
            declare_file(c, root);
        }
    }
    buf_free(&path);
}

enum plan_sync
file_sync(struct checker *c, uint32_t file)
{
    const struct used_file *u = find_used(c, file);
    enum plan_sync sync = u && u->sync ? plan_sync_named(u->sync->text) : PLAN_SYNC_FIRST;
    return sync == PLAN_NSYNCS ? PLAN_SYNC_FIRST : sync;
}

/* Does a `shell` line name bash (after a message: neither that nor sh)? */
static bool
names_bash(struct checker *c, const char *name, struct span at)
{
    if (strcmp(name, "bash") != 0 && strcmp(name, "sh") != 0)
        diag_help(error_at(c, RULE_PROPERTY, at, "shell is sh or bash"),
            "another one can be named in an argument list: run [\"%s\", \"-c\", ...]", name);
    return strcmp(name, "bash") == 0;
}

bool
file_has_bash(struct checker *c, uint32_t file)
{
    const struct used_file *u = find_used(c, file);
    return u && u->bash;
}

/* Its digits are octal, as the shell's; the owner keeps all. */
static void
take_umask(struct checker *c, const struct used_file *file, const struct ast *a)
{
    int64_t n = a->child->ival;
    if (file->use)
        diag_note(error_at(c, RULE_PROPERTY, a->span, "umask is said in the campaign's own file"),
            file->use->span, "this one is used");
    else if (c->m->umask_at.end)
        diag_note(error_at(c, RULE_DUPLICATE, a->span, "the file has a line 'umask' already"),
            c->m->umask_at, "here");
    else if (n < 0 || n > 77 || n % 10 > 7)
        diag_help(error_at(c, RULE_PROPERTY, a->child->span, "umask is two octal digits, 00 to 77"),
            "022: others may read; 027: the group may; 077: nobody else");
    c->m->umask_at = a->span;
    c->m->umask = (uint32_t)(n / 10 * 8 + n % 10);
}

void
check_folder_name(struct checker *c, const struct ast *a)
{
    enum { MOST = 200 }; /* file systems take 255 bytes, and some names get endings */
    size_t n = strlen(a->text);
    if (n > MOST)
        diag_help(error_at(c, RULE_VALUE, a->name_span,
                      "a folder is called like this, and %zu letters are too many", n),
            "%d are the most", MOST);
}

void
declare_file(struct checker *c, const struct ast *file)
{
    struct used_file *self = find_used(c, file->span.file);
    self->busy = true;
    const struct ast *campaign = NULL;
    for (const struct ast *a = file->child; a; a = a->next) {
        switch (a->kind) {
        case AST_CAMPAIGN:
            check_folder_name(c, a);
            if (self->use) {
                struct diag *m = error_at(c, RULE_CAMPAIGN, a->span,
                    "a file that is used has no campaign line of its own");
                diag_note(m, self->use->span, "it is used here");
            } else if (campaign) {
                struct diag *m = error_at(c, RULE_CAMPAIGN, a->span, "a file holds one campaign");
                diag_note(m, campaign->span, "it is named here already");
            } else {
                campaign = a;
                c->m->campaign = a->text;
            }
            break;
        case AST_UMASK:
            take_umask(c, self, a);
            break;
        case AST_SYNC:
            if (self->sync)
                diag_note(
                    error_at(c, RULE_DUPLICATE, a->span, "the file has a line 'sync' already"),
                    self->sync->span, "here");
            self->sync = a;
            if (plan_sync_named(a->text) == PLAN_NSYNCS)
                diag_help(
                    error_at(c, RULE_PROPERTY, a->name_span, "sync is first, later, or never"),
                    "first, the default: a task is done when its outputs are on the disk");
            break;
        case AST_SHELL:
            if (self->shell)
                diag_note(error_at(c, RULE_DUPLICATE, a->span, "the file names a shell already"),
                    self->shell->span, "here");
            self->shell = a;
            self->bash = names_bash(c, a->text, a->name_span);
            break;
        case AST_USE:
            use_file(c, a);
            break;
        case AST_MESSAGE:
        case AST_HOOK:
        case AST_GATE:
        case AST_USES:
            break;
        default:
            declare(c, a);
            break;
        }
    }
    self->busy = false;
    list_add(&c->files, file);
    /* a text that could not be read to its end has no declarations at all: that was said */
    if (!campaign && !self->use && (file->child || !diag_count(c->d, DIAG_ERROR)) &&
        !name_is_lost(c, NULL)) {
        struct diag *m = error_at(c, RULE_CAMPAIGN, (struct span){file->span.file, 0, 0},
            "the campaign has no name");
        diag_help(m, "begin the file with a line: campaign my_survey");
    }
}

void
warn_unused_files(struct checker *c)
{
    for (size_t i = 0; i < c->in_order.n; i++) {
        const struct decl *d = c->in_order.at[i];
        if (d->used || d->kind == DECL_TASK || d->kind == DECL_SITE)
            for (struct used_file *u = find_used(c, d->ast->span.file); u; u = u->by)
                u->serves = true;
    }
    const struct used_file *campaign = c->used.at[0];
    for (size_t i = 1; i < c->used.n; i++) {
        const struct used_file *u = c->used.at[i];
        if (!u->serves && u->by == campaign)
            diag_add(c->d, DIAG_WARNING, RULE_UNUSED, u->use->span, "nothing of '%s' is used",
                u->use->text);
    }
}
