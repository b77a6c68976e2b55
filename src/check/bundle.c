/* What a command says of its bundle: bundle.size, bundle.width, bundle.join(...). */
#include "config.h"

#include "check/check.h"

#include <string.h>

static bool
in_bundle(struct scope *s, const struct ast *a)
{
    struct checker *c = s->c;
    if (s->in_run && !s->in_feed && s->family && s->family->bundle)
        return true;
    struct diag *m;
    if (s->in_feed) {
        m = error_at(c, RULE_BUNDLE, a->span, "a line of feed is of one task of the bundle");
        diag_help(m, "say in it what only this task has; run and env know of its process");
    } else if (s->family && s->family->bundle) {
        m = error_at(c, RULE_BUNDLE, a->span, "only run and env know the bundle");
    } else {
        m = error_at(c, RULE_BUNDLE, a->span, "this task is not bundled");
        diag_help(m, "a line 'bundle by v' gives the tasks of one v to one process");
    }
    return false;
}

struct expr *
bundle_number(struct scope *s, const struct ast *a)
{
    if (!in_bundle(s, a))
        return error_expr(s->c, a->span);
    enum expr_kind kind = strcmp(a->text, "size") == 0 ? EX_BUNDLE_SIZE : EX_BUNDLE_WIDTH;
    return expr_new(s->c->a, kind, TYPE_INT, a->span, 0);
}

/* bundle.join(value, separator) */
struct expr *
bundle_join(struct scope *s, const struct ast *a)
{
    struct checker *c = s->c;
    const struct ast *value = a->child->next, *separator = value ? value->next : NULL;
    if (!separator || separator->next) {
        struct diag *m =
            error_at(c, RULE_TYPE, a->span, "bundle.join takes a value and a separator");
        diag_help(m, "for example: bundle.join(s.name, ' ')");
        return error_expr(c, a->span);
    }
    if (!in_bundle(s, a))
        return error_expr(c, a->span);
    struct scope inner = *s;
    inner.shell = false;
    struct expr *e = expr_new(c->a, EX_BUNDLE_JOIN, TYPE_STRING, a->span, 2);
    e->arg[0] = check_typed(&inner, separator, TYPE_STRING, "a separator");
    struct argument text;
    if (!check_argument(&inner, value, &text) || e->arg[0]->type == TYPE_ERROR)
        return error_expr(c, a->span);
    if (text.list || expr_has(text.text, EX_BUNDLE_JOIN) || expr_has(text.text, EX_BUNDLE_SIZE) ||
        expr_has(text.text, EX_BUNDLE_WIDTH)) {
        error_at(c, RULE_BUNDLE, value->span, "bundle.join needs one value of each task");
        return error_expr(c, a->span);
    }
    e->arg[1] = text.text;
    return e;
}
