/* What a task runs, and in which surroundings. */
#include "config.h"

#include "campaign/internal.h"
#include "shell/scan.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static bool
in_word(char c)
{
    return c && (isalnum((unsigned char)c) || strchr("_-./$", c));
}

/* Where `name` stands in the text as a word of its own, or NULL. */
static const char *
find_word(const char *text, const char *name)
{
    size_t n = strlen(name);
    for (const char *p = strstr(text, name); p; p = strstr(p + 1, name))
        if (!in_word(p[n]) && (p == text || !in_word(p[-1])))
            return p;
    return NULL;
}

/* Its braces were forgotten, or are only text. */
void
check_forgotten(struct scope *s, const struct ast *task)
{
    struct checker *c = s->c;
    const struct family *f = s->family;
    const struct ast *run = ast_find(task->child, AST_RUN), *what = run ? run->child : NULL;
    if (!what || (what->kind != AST_LIST && what->kind != AST_STRING))
        return;
    for (unsigned i = 0; i < f->noutputs && !c->syntax_errors; i++) {
        const char *name = f->output[i].name;
        if (f->output[i].used || !*name)
            continue;
        const struct ast *first = what->kind == AST_LIST ? what->child : what;
        for (const struct ast *a = first; a; a = what->kind == AST_LIST ? a->next : NULL) {
            for (const struct ast *x = a->kind == AST_STRING ? a->child : NULL; x; x = x->next) {
                if (x->kind != AST_TEXT || !find_word(x->text, name))
                    continue;
                const char *source = diag_text(c->d, x->span.file, NULL);
                const char *word = find_word(source + x->span.start, name);
                struct span at = x->span;
                if (word && word < source + at.end) {
                    at.start = (uint32_t)(word - source);
                    at.end = at.start + (uint32_t)strlen(name);
                }
                char braces[80];
                snprintf(braces, sizeof braces, "{%.70s}", name);
                bool plain = strstr(x->text, braces) != NULL;
                struct diag *m = diag_add(c->d, DIAG_WARNING, RULE_TEMPLATE, at,
                    "'%s' is only text here, and not the path of the output", name);
                diag_help(m,
                    plain ? "in \"...\" {%s} inserts it; in '...', and as {{ }}, braces are text"
                          : "write {%s} to insert it",
                    name);
                return;
            }
        }
    }
}

/* Does the command say that something works in another folder? */
static bool
text_moves(const struct ast *what)
{
    const struct ast *first = what->kind == AST_LIST ? what->child : what;
    for (const struct ast *a = first; a; a = what->kind == AST_LIST ? a->next : NULL)
        for (const struct ast *x = a->kind == AST_STRING ? a->child : NULL; x; x = x->next)
            if (x->kind == AST_TEXT && shell_moves(x->text, strlen(x->text)))
                return true;
    return false;
}

void
check_run(struct scope *s, const struct ast *run)
{
    struct checker *c = s->c;
    struct family *f = s->family;
    struct scope inner = *s;
    inner.in_run = inner.lists = true;
    const struct ast *what = run->child;
    f->moves = inner.moves = text_moves(what);
    if (what->kind == AST_LIST) {
        unsigned n = 0;
        for (const struct ast *x = what->child; x; x = x->next)
            n++;
        if (!n)
            error_at(c, RULE_PROPERTY, run->span, "an empty argument list runs nothing");
        f->arg = arena_alloc(c->a, n * sizeof *f->arg);
        for (const struct ast *x = what->child; x; x = x->next)
            check_argument(&inner, x, &f->arg[f->nargs++]);
        return;
    }
    f->shell = shell_of(s, what);
    f->nargs = 1;
    f->arg = arena_alloc(c->a, sizeof *f->arg);
    if (what->kind != AST_STRING) {
        error_at(c, RULE_TYPE, what->span,
            "run needs a text for the shell, or a list of "
            "arguments");
        f->arg[0].text = error_expr(c, what->span);
        return;
    }
    inner.shell = true;
    f->arg[0].text = check_string(&inner, what);
    const struct expr *e = f->arg[0].text;
    if (e->type != TYPE_ERROR && expr_is_const(e) && strspn(e->value.s.p, " \t\n") == e->value.s.n)
        error_at(c, RULE_PROPERTY, what->span, "an empty command runs nothing");
}

/* One variable; a name may be set once in `env`. */
static void
add_env(struct scope *s, const struct ast *a, struct environment *env, unsigned *n)
{
    struct checker *c = s->c;
    for (unsigned i = 0; i < *n; i++) {
        if (strcmp(env[i].name, a->text) != 0)
            continue;
        struct diag *m = error_at(c, RULE_DUPLICATE, a->name_span, "'%s' is set already", a->text);
        diag_note(m, env[i].at, "here");
    }
    struct argument value;
    if (check_argument(s, a->child, &value) && value.list) {
        error_at(c, RULE_TEMPLATE, a->child->span, "a list of paths cannot be a variable");
        value.text = error_expr(c, a->child->span);
    }
    env[(*n)++] = (struct environment){a->text, a->name_span, value.text};
}

void
check_env(struct scope *s, const struct ast *task)
{
    struct family *f = s->family;
    const struct container *container = f->container;
    struct scope inner = *s;
    inner.in_run = true;
    inner.moves = f->moves;
    unsigned n = ast_count(task->child, AST_ENV);
    f->env = arena_alloc(s->c->a, (n + (container ? container->nenvs : 0)) * sizeof *f->env);
    for (const struct ast *x = ast_find(task->child, AST_ENV); x; x = ast_find(x->next, AST_ENV))
        add_env(&inner, x, f->env, &f->nenvs);
    /* the container's, unless the task says otherwise */
    for (unsigned i = 0; container && i < container->nenvs; i++) {
        bool set = false;
        for (unsigned k = 0; k < n && !set; k++)
            set = strcmp(f->env[k].name, container->env[i].name) == 0;
        if (!set)
            f->env[f->nenvs++] = container->env[i];
    }
}

/* --- containers --- */

static const char *
constant_text(struct scope *s, const struct ast *a, const char *what)
{
    struct expr *e = check_typed(s, a, TYPE_STRING, what);
    if (e->type == TYPE_ERROR)
        return NULL;
    if (!expr_is_const(e) || e->value.s.n == 0) {
        error_at(s->c, RULE_VALUE, a->span, "%s must be %s", what,
            expr_is_const(e) ? "more than nothing" : "a constant");
        return NULL;
    }
    return e->value.s.p;
}

/* How many bytes from s on are fit for the part of an image's name: letters, digits, and `more`
 * within. */
static size_t
image_part(const char *s, const char *more)
{
    size_t n = 0;
    while (isalnum((unsigned char)s[n]) || (n && s[n] && strchr(more, s[n])))
        n++;
    return n;
}

/* "[registry/]name[:tag][@sha256:digest]"; what begins with a dash would be an option of the
 * runtime. */
static bool
is_image(const char *s)
{
    if (strpbrk(s, "\n\r\t") || *s == '-')
        return false;
    size_t n = strlen(s);
    bool file = (n > 4 && strcmp(s + n - 4, ".sif") == 0) ||
                (n > 5 && strcmp(s + n - 5, ".sqfs") == 0) ||
                (n > 9 && strcmp(s + n - 9, ".squashfs") == 0);
    if (file || *s == '/' || strncmp(s, "./", 2) == 0 || strncmp(s, "../", 3) == 0)
        return true;
    if (strncmp(s, "docker:", 7) == 0)
        s += strncmp(s, "docker://", 9) == 0 ? 9 : 7;
    const char *host = s + strcspn(s, "/");
    if (*host && memchr(s, ':', (size_t)(host - s))) /* host:port/ */
        s += image_part(s, ".-:") == (size_t)(host - s) ? (size_t)(host - s) + 1 : 0;
    do {
        n = image_part(s, "._-");
        s += n;
    } while (n && *s == '/' && s++);
    if (n && *s == ':')
        s += (n = image_part(s + 1, "._-")) + 1;
    if (n && *s == '@')
        s += (n = image_part(s + 1, ":+._-")) + 1;
    return n && !*s;
}

static void
add_image(struct scope *s, struct container *container, const struct ast *p)
{
    if (container->image)
        error_at(s->c, RULE_DUPLICATE, p->span, "a container has one image");
    container->image = constant_text(s, p->child, "an image");
    if (container->image && !is_image(container->image))
        diag_help(error_at(s->c, RULE_VALUE, p->child->span, "'%s' is no name of an image",
                      container->image),
            "a name is [registry/]name[:tag][@sha256:digest]; a path begins with / or ./, or ends "
            "in .sif or .sqfs");
}

/* "PATH", or "PATH:INSIDE". What the runtimes take for a sign of their own cannot be in a path. */
static bool
read_bind(struct scope *s, const struct ast *a, struct bind *bind)
{
    const char *text = constant_text(s, a, "a folder that is bound");
    if (!text)
        return false;
    const char *colon = strchr(text, ':');
    *bind = (struct bind){text, text};
    if (colon) {
        bind->path = arena_text(s->c->a, text, (size_t)(colon - text));
        bind->inside = colon + 1;
    }
    struct diag *m = NULL;
    if (strpbrk(bind->inside, ":,;") || strpbrk(bind->path, ",;")) {
        m = error_at(s->c, RULE_VALUE, a->span,
            "a folder that is bound has no ',', ';' or second ':' in its path, and this is '%s'",
            text);
        diag_help(m, "give the folder another name, or bind one above it");
    } else if (bind->path[0] != '/' || bind->inside[0] != '/') {
        m = error_at(s->c, RULE_VALUE, a->span,
            "a folder that is bound needs its whole path, and this is '%s'",
            bind->path[0] != '/' ? bind->path : bind->inside);
        diag_help(m,
            "it is seen inside of the container under the same name, or as HERE:INSIDE says");
    }
    return !m;
}

static void
add_binds(struct scope *s, struct container *container, const struct ast *p)
{
    unsigned n = container->nbinds;
    for (const struct ast *x = p->child; x; x = x->next)
        n++;
    struct bind *bind = arena_alloc(s->c->a, n * sizeof *bind);
    for (unsigned i = 0; i < container->nbinds; i++)
        bind[i] = container->bind[i];
    container->bind = bind;
    for (const struct ast *x = p->child; x; x = x->next)
        if (read_bind(s, x, &bind[container->nbinds]))
            container->nbinds++;
}

struct container *
decl_container(struct checker *c, struct decl *d)
{
    if (d->container)
        return d->container;
    struct scope s = {.c = c};
    struct container *container = arena_alloc(c->a, sizeof *container);
    container->name = d->name;
    container->at = d->ast->name_span;
    container->env = arena_alloc(c->a, ast_count(d->ast->child, AST_ENV) * sizeof *container->env);
    for (const struct ast *x = d->ast->child; x; x = x->next) {
        if (x->kind == AST_ENV)
            add_env(&s, x, container->env, &container->nenvs);
        else if (strcmp(x->text, "image") == 0)
            add_image(&s, container, x);
        else
            add_binds(&s, container, x);
    }
    if (!ast_find(d->ast->child, AST_PROP) ||
        (!container->image && diag_count(c->d, DIAG_ERROR) == 0)) {
        struct diag *m =
            error_at(c, RULE_PROPERTY, d->ast->name_span, "container '%s' has no image", d->name);
        diag_help(m, "add a line: image \"name:version\"");
    }
    return d->container = container;
}

/* `container NAME`, or `image` and `bind` in the task itself. */
void
check_container(struct scope *s, const struct ast *task)
{
    struct checker *c = s->c;
    struct family *f = s->family;
    struct container *own = NULL;
    const struct ast *first = NULL;
    for (const struct ast *p = ast_find(task->child, AST_PROP); p;
         p = ast_find(p->next, AST_PROP)) {
        bool image = strcmp(p->text, "image") == 0, bind = strcmp(p->text, "bind") == 0;
        if (strcmp(p->text, "container") == 0) {
            const struct ast *name = p->child;
            struct decl *d =
                name->kind == AST_NAME && !name->next ? find_decl(c, name->text) : NULL;
            if (d && d->kind == DECL_CONTAINER) {
                d->used = true;
                f->container = decl_container(c, d);
            } else if (name->kind == AST_NAME && !d) {
                unknown_name(s, name->span, name->text, "container");
            } else {
                struct diag *m = error_at(c, RULE_TYPE, name->span, "this is not a container");
                diag_help(m,
                    "declare one: container container { image \"...\" }, and name it here");
            }
            first = first ? first : p;
        } else if (image || bind) {
            if (!own) {
                own = arena_alloc(c->a, sizeof *own);
                own->name = f->name;
                own->at = p->span;
            }
            if (image)
                add_image(s, own, p);
            else
                add_binds(s, own, p);
        }
    }
    if (!own)
        return;
    if (first)
        error_at(c, RULE_PROPERTY, own->at,
            "the task names a container, which says itself what its image and folders are");
    else if (!own->image && diag_count(c->d, DIAG_ERROR) == 0)
        error_at(c, RULE_PROPERTY, own->at,
            "folders are bound into a container, and there is no "
            "image");
    f->container = own;
}
