#include "config.h"

#include "model/check.h"

#include "sky/region.h"

#include <string.h>

/* Regions of the sky: strip, box, circle and polygon, joined by or, and, minus. */

static struct expr *
region_expr(struct checker *c, struct span at, const struct sky_region *r, const char *why)
{
    if (!r) {
        error_at(c, RULE_REGION, at, "this is no region: %s", why);
        return error_expr(c, at);
    }
    struct expr *e = expr_new(c->a, EX_CONST, TYPE_REGION, at, 0);
    e->region = r;
    return e;
}

/* A constant angle, in radians. */
static bool
angle(struct scope *s, const struct ast *a, const char *what, double *v)
{
    const struct expr *e = check_typed(s, a, TYPE_ANGLE, what);
    if (e->type == TYPE_ERROR)
        return false;
    if (!expr_is_const(e)) {
        error_at(s->c, RULE_VALUE, a->span, "%s of a region must be a constant", what);
        return false;
    }
    *v = e->value.r;
    return true;
}

/* --- shapes with labels: `strip(ra 61.8 deg, dec -44 deg .. -27 deg, half_width 8.5 deg)` --- */

struct label {
    const char *name;
    bool range; /* first .. last, into v[0] and v[1] */
    double v[2];
};

static bool
read_range(struct scope *s, const struct ast *a, struct label *l)
{
    if (a->kind == AST_RANGE && !a->child->next->next) {
        bool first = angle(s, a->child, l->name, &l->v[0]);
        return angle(s, a->child->next, l->name, &l->v[1]) && first;
    }
    struct diag *m = error_at(s->c, RULE_REGION, a->span, "%s is a range here", l->name);
    diag_help(m, "for example: %s -10 deg .. 20 deg", l->name);
    return false;
}

static bool
read_labels(struct scope *s, const struct ast *call, struct label *label, unsigned n)
{
    struct checker *c = s->c;
    const char *shape = call->child->text;
    uint32_t seen = 0;
    bool ok = true;
    for (const struct ast *x = call->child->next; x; x = x->next) {
        unsigned i = 0;
        while (i < n && (x->kind != AST_ARG || strcmp(x->text, label[i].name) != 0))
            i++;
        if (i == n) {
            struct diag *m = x->kind == AST_ARG
                                 ? error_at(c, RULE_REGION, x->name_span, "a %s has no '%s'", shape,
                                       x->text)
                                 : error_at(c, RULE_REGION, x->span, "this number has no name");
            struct buf list = {0};
            for (i = 0; i < n; i++)
                buf_printf(&list, "%s%s", i ? ", " : "", label[i].name);
            diag_help(m, "a %s is told by %s", shape, list.p);
            buf_free(&list);
            ok = false;
            continue;
        }
        if (seen >> i & 1) {
            error_at(c, RULE_DUPLICATE, x->name_span, "'%s' stands here twice", x->text);
            ok = false;
        }
        seen |= 1u << i;
        ok = (label[i].range ? read_range(s, x->child, &label[i])
                             : angle(s, x->child, label[i].name, label[i].v)) &&
             ok;
    }
    for (unsigned i = 0; i < n; i++) {
        if (!(seen >> i & 1)) {
            error_at(c, RULE_REGION, call->span, "this %s lacks its %s", shape, label[i].name);
            ok = false;
        }
    }
    return ok;
}

static struct expr *
labelled(struct scope *s, const struct ast *call)
{
    struct checker *c = s->c;
    const char *shape = call->child->text, *why = NULL;
    const struct sky_region *r = NULL;
    struct label l[3] = {{.name = "ra"}, {.name = "dec"}, {.name = "radius"}};
    unsigned n = 3;
    if (strcmp(shape, "strip") == 0) {
        l[1].range = true;
        l[2].name = "half_width";
    } else if (strcmp(shape, "box") == 0) {
        l[0].range = l[1].range = true;
        n = 2;
    }
    if (!read_labels(s, call, l, n))
        return error_expr(c, call->span);
    if (n == 2)
        r = sky_box(c->a, l[0].v[0], l[0].v[1], l[1].v[0], l[1].v[1], &why);
    else if (l[1].range)
        r = sky_strip(c->a, l[0].v[0], l[1].v[0], l[1].v[1], l[2].v[0], &why);
    else
        r = sky_circle(c->a, l[0].v[0], l[1].v[0], l[2].v[0], &why);
    return region_expr(c, call->span, r, why);
}

/* --- polygon((ra, dec), (ra, dec), ...) --- */

static struct expr *
polygon(struct scope *s, const struct ast *call)
{
    struct checker *c = s->c;
    size_t n = 0, i = 0;
    bool ok = true;
    for (const struct ast *x = call->child->next; x; x = x->next)
        n++;
    double *ra = arena_alloc(c->a, n * sizeof *ra), *dec = arena_alloc(c->a, n * sizeof *dec);
    for (const struct ast *x = call->child->next; x; x = x->next, i++) {
        if (x->kind == AST_LIST && x->child && x->child->next && !x->child->next->next) {
            ok = angle(s, x->child, "ra", &ra[i]) && ok;
            ok = angle(s, x->child->next, "dec", &dec[i]) && ok;
            continue;
        }
        struct diag *m = error_at(c, RULE_REGION, x->span, "a corner of a polygon is a pair of angles");
        diag_help(m, "for example: polygon((10 deg, -5 deg), (12 deg, -5 deg), (11 deg, -3 deg))");
        ok = false;
    }
    if (!ok)
        return error_expr(c, call->span);
    const char *why = NULL;
    const struct sky_region *r = sky_polygon(c->a, n, ra, dec, &why);
    return region_expr(c, call->span, r, why);
}

bool
is_shape(const char *name)
{
    static const char *const shape[] = {"strip", "box", "circle", "polygon"};
    for (size_t i = 0; i < G_N_ELEMENTS(shape); i++)
        if (strcmp(name, shape[i]) == 0)
            return true;
    return false;
}

struct expr *
region_shape(struct scope *s, const struct ast *call)
{
    return strcmp(call->child->text, "polygon") == 0 ? polygon(s, call) : labelled(s, call);
}

struct expr *
region_join(struct scope *s, const struct ast *a, const struct expr *x, const struct expr *y)
{
    struct checker *c = s->c;
    const char *why = NULL;
    const struct sky_region *r;
    if (strcmp(a->text, "or") == 0)
        r = sky_or(c->a, x->region, y->region, &why);
    else if (strcmp(a->text, "and") == 0)
        r = sky_and(c->a, x->region, y->region, &why);
    else
        r = sky_minus(c->a, x->region, y->region, &why);
    return region_expr(c, a->span, r, why);
}

struct expr *
decl_region(struct checker *c, struct decl *d, struct span use)
{
    if (decl_circle(c, d, use))
        return error_expr(c, use);
    if (d->state == DECL_DONE)
        return d->value;
    d->state = DECL_BUSY;
    struct scope s = {.c = c};
    d->value = check_typed(&s, d->ast->child, TYPE_REGION, "region");
    d->state = DECL_DONE;
    return d->value;
}
