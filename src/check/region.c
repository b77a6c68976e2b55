/* Regions of the sky: strip, box, circle and polygon, joined by or, and, minus. */
#include "config.h"

#include "check/check.h"

#include "sky/region.h"

#include <math.h>
#include <string.h>

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

static bool
note_label(struct checker *c, struct label *l, const struct ast *x)
{
    if (l->seen) {
        error_at(c, RULE_DUPLICATE, x->name_span, "'%s' stands here twice", x->text);
        return false;
    }
    l->seen = true;
    if (!l->range) {
        l->value[0] = x->child;
        return true;
    }
    if (x->child->kind == AST_RANGE && !x->child->child->next->next) {
        l->value[0] = x->child->child;
        l->value[1] = x->child->child->next;
        return true;
    }
    struct diag *m = error_at(c, RULE_REGION, x->child->span, "%s is a range here", l->name);
    diag_help(m, "for example: %s -10 deg .. 20 deg", l->name);
    return false;
}

bool
read_labels(struct checker *c, const struct ast *call, struct label *label, unsigned n)
{
    const char *name = call->child->text;
    bool ok = true;
    for (const struct ast *x = call->child->next; x; x = x->next) {
        unsigned i = 0;
        while (i < n && (x->kind != AST_ARG || strcmp(x->text, label[i].name) != 0))
            i++;
        if (i < n) {
            ok = note_label(c, &label[i], x) && ok;
            continue;
        }
        struct diag *m =
            x->kind == AST_ARG
                ? error_at(c, RULE_REGION, x->name_span, "%s(...) has no '%s'", name, x->text)
                : error_at(c, RULE_REGION, x->span, "this value has no name");
        struct buf list = {0};
        for (i = 0; i < n; i++)
            buf_printf(&list, "%s%s", i ? ", " : "", label[i].name);
        diag_help(m, "%s(...) is told by %s", name, list.p);
        buf_free(&list);
        ok = false;
    }
    for (unsigned i = 0; i < n; i++) {
        if (!label[i].seen && !label[i].optional) {
            error_at(c, RULE_REGION, call->span, "this %s lacks its %s", name, label[i].name);
            ok = false;
        }
    }
    return ok;
}

/* Along parallels, as strips and boxes are, or along great circles? */
static bool
read_edge(struct checker *c, const struct ast *a, bool *great)
{
    if (a && a->kind == AST_NAME && strcmp(a->text, "greatcircle") == 0)
        *great = true;
    else if (a && !(a->kind == AST_NAME && strcmp(a->text, "parallel") == 0)) {
        diag_help(error_at(c, RULE_REGION, a->span, "this is no kind of edge"),
            "it is 'parallel' (the rule), or 'greatcircle' from corner to corner");
        return false;
    }
    return true;
}

/* Great circles between the corners at two declinations, `half` to either side of `mid`. */
static const struct sky_region *
between_corners(struct checker *c, double mid, const double half[2], const double dec[2],
    const char **why)
{
    if (!(half[0] > 0 && half[0] < M_PI_2 && half[1] > 0 && half[1] < M_PI_2)) {
        *why =
            "its corners are too far from each other, or too near, to be joined by great circles";
        return NULL;
    }
    const double ra[] = {mid - half[0], mid + half[0], mid + half[1], mid - half[1]};
    const double at[] = {dec[0], dec[0], dec[1], dec[1]};
    return sky_polygon(c->a, 4, ra, at, why);
}

static const struct sky_region *
make_box(struct checker *c, const double ra[2], const double dec[2], bool great, const char **why)
{
    if (!great)
        return sky_box(c->a, ra[0], ra[1], dec[0], dec[1], why);
    double half = ra[1] - ra[0] < 2 * M_PI ? fmod(ra[1] - ra[0], 2 * M_PI) / 2 : M_PI;
    if (half < 0)
        half += M_PI;
    return between_corners(c, ra[0] + half, (const double[]){half, half}, dec, why);
}

static const struct sky_region *
make_strip(struct checker *c, double ra, const double dec[2], double half_width, bool great,
    const char **why)
{
    if (!great)
        return sky_strip(c->a, ra, dec[0], dec[1], half_width, why);
    const double half[] = {half_width / cos(dec[0]), half_width / cos(dec[1])};
    return between_corners(c, ra, half, dec, why);
}

static struct expr *
labelled(struct scope *s, const struct ast *call)
{
    struct checker *c = s->c;
    const char *shape = call->child->text, *why = NULL;
    bool strip = strcmp(shape, "strip") == 0, box = strcmp(shape, "box") == 0;
    struct label l[] = {{.name = "ra", .range = box}, {.name = "dec", .range = box || strip},
        {.name = "edge", .optional = true}, {.name = strip ? "half_width" : "radius"}};
    if (!box && !strip) /* a circle has no edge to choose */
        l[2] = l[3];
    double v[4][2];
    bool ok = read_labels(c, call, l, strip ? 4 : 3), great = false;
    for (unsigned i = 0; i < (strip ? 4 : 3); i++) {
        if (strcmp(l[i].name, "edge") == 0)
            ok = read_edge(c, l[i].value[0], &great) && ok;
        else
            for (int k = 0; k < 2 && l[i].value[k]; k++)
                ok = angle(s, l[i].value[k], l[i].name, &v[i][k]) && ok;
    }
    if (!ok)
        return error_expr(c, call->span);
    const struct sky_region *r = box     ? make_box(c, v[0], v[1], great, &why)
                                 : strip ? make_strip(c, v[0][0], v[1], v[3][0], great, &why)
                                         : sky_circle(c->a, v[0][0], v[1][0], v[2][0], &why);
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
        struct diag *m =
            error_at(c, RULE_REGION, x->span, "a corner of a polygon is a pair of angles");
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
    for (size_t i = 0; i < COUNT_OF(shape); i++)
        if (strcmp(name, shape[i]) == 0)
            return true;
    return false;
}

struct expr *
region_shape(struct scope *s, const struct ast *call)
{
    unsigned lazy = eager(s->c, 0);
    struct expr *e =
        strcmp(call->child->text, "polygon") == 0 ? polygon(s, call) : labelled(s, call);
    eager(s->c, lazy);
    return e;
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
    unsigned lazy = eager(c, 0);
    d->value = check_typed(&s, d->ast->child, TYPE_REGION, "region");
    eager(c, lazy);
    d->state = DECL_DONE;
    return d->value;
}
