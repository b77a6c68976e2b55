/* Cameras: what a table of sensors must have. */
#include "config.h"

#include "check/check.h"

#include "util/map128.h"

#include <math.h>
#include <string.h>

static int
must_have(struct checker *c, struct table *t, const char *name)
{
    struct strpool *pool = &c->m->strings;
    int k = table_column(t, strpool_adds(pool, name));
    if (k >= 0)
        return k;
    struct diag *m = error_at(c, RULE_SENSORS, t->at,
        "sensors need a column '%s', and '%s' has none", name, strpool_get(pool, t->name));
    missing_help(c, m, t, name);
    return -1;
}

static bool
holds(struct checker *c, const struct table *t, unsigned column, enum column_type type,
    const char *what)
{
    if (t->col[column].type == type)
        return true;
    struct diag *m = error_at(c, RULE_SENSORS, t->at, "column '%s' of sensors must hold %s",
        strpool_get(&c->m->strings, t->col[column].name), what);
    if (type == COLUMN_STRING)
        diag_help(m, "make text of it: { name = \"{name}\" }");
    return false;
}

static bool
distinct(struct checker *c, const struct table *t, unsigned column)
{
    struct map128 seen = {0};
    bool found = false;
    for (uint32_t i = 0; i < t->nrows && !found; i++) {
        struct value v = cell_value(&c->m->strings, &t->col[column], i);
        bool text = v.tag == VAL_STR;
        uint64_t first =
            map128_add(&seen, text ? hash128(v.s.p, v.s.n) : hash128(&v.i, sizeof v.i), i, &found);
        if (!found)
            continue;
        struct diag *m = text
                             ? error_at(c, RULE_SENSORS, t->at, "two sensors are named '%s'", v.s.p)
                             : error_at(c, RULE_SENSORS, t->at, "two sensors have the number %lld",
                                   (long long)v.i);
        diag_note(m, NO_SPAN, "rows %u and %u of its table", (unsigned)first + 1, i + 1);
    }
    map128_free(&seen);
    return !found;
}

static bool
has_size(struct checker *c, const struct table *t, const struct camera_facts *f)
{
    const unsigned column[] = {f->width, f->height};
    for (int k = 0; k < 2; k++) {
        const double *v = t->col[column[k]].data;
        for (uint32_t i = 0; i < t->nrows; i++) {
            if (v[i] > 0)
                continue;
            error_at(c, RULE_SENSORS, t->at, "'%s' of row %u is %g: a sensor has a size",
                strpool_get(&c->m->strings, t->col[column[k]].name), i + 1, v[i]);
            return false;
        }
    }
    return true;
}

static bool
constant_number(struct checker *c, const struct ast *a, enum type type, const char *what, double *v)
{
    struct scope s = {.c = c};
    struct expr *e = check_typed(&s, a, type, what);
    if (e->type == TYPE_ERROR)
        return false;
    if (!expr_is_const(e)) {
        error_at(c, RULE_VALUE, a->span, "%s must be a constant", what);
        return false;
    }
    *v = e->value.tag == VAL_INT ? (double)e->value.i : e->value.r;
    return true;
}

static bool
optics(struct checker *c, const struct source *s, struct camera_facts *f)
{
    bool ok = true;
    if (s->scale) {
        ok = constant_number(c, s->scale->child, TYPE_ANGLE, "scale", &f->scale);
        if (ok && (f->scale <= 0 || s->scale->child->next)) {
            diag_help(error_at(c, RULE_SENSORS, s->scale->span,
                          "scale is the angle of a mm in the "
                          "focal plane"),
                "for example: scale 20 arcsec");
            ok = false;
        }
    }
    if (s->distortion) {
        const struct ast *x = s->distortion->child;
        if (x->next && x->next->next) {
            diag_help(error_at(c, RULE_SENSORS, s->distortion->span, "distortion has two terms"),
                "a radius r, in mm, is seen at r * (1 + a r^2 + b r^4): distortion a, b");
            return false;
        }
        ok = constant_number(c, x, TYPE_REAL, "distortion", &f->c3) && ok;
        if (x->next)
            ok = constant_number(c, x->next, TYPE_REAL, "distortion", &f->c5) && ok;
    }
    if (s->mirrored) {
        struct scope scope = {.c = c};
        struct expr *e = check_typed(&scope, s->mirrored->child, TYPE_BOOL, "mirrored");
        if (e->type == TYPE_ERROR)
            return false;
        if (!expr_is_const(e)) {
            error_at(c, RULE_VALUE, e->at, "mirrored must be a constant");
            return false;
        }
        f->mirrored = e->value.i != 0;
    }
    return ok;
}

/* Numbers in another unit, per degree or per pixel, show where the outermost corner is seen. */
static bool
good_optics(struct checker *c, const struct table *t, const struct source *s,
    const struct camera_facts *f)
{
    double r = 0;
    for (uint32_t i = 0; i < t->nrows; i++) {
        const double x = real_cell(&t->col[f->x], i), y = real_cell(&t->col[f->y], i),
                     w = real_cell(&t->col[f->width], i), h = real_cell(&t->col[f->height], i);
        r = fmax(r, hypot(x, y) + hypot(w, h) / 2);
    }
    double moved = f->c3 * r * r + f->c5 * r * r * r * r, angle = f->scale * r * (1 + moved);
    if (s->distortion && !(fabs(moved) <= 1)) {
        diag_help(error_at(c, RULE_SENSORS, s->distortion->span,
                      "this distortion moves what lies at %.4g mm by %.4g mm", r, moved * r),
            "a radius r, in mm, is seen at r * (1 + a r^2 + b r^4): is it for another unit?");
        return false;
    }
    if (s->scale && !(angle <= M_PI_2)) {
        diag_help(error_at(c, RULE_SENSORS, s->scale->span,
                      "with this scale a corner of the camera looks %.4g deg aside",
                      angle * 180 / M_PI),
            "it is the angle of a mm in the focal plane: scale 20 arcsec");
        return false;
    }
    return true;
}

bool
check_camera(struct checker *c, struct table *t, const struct source *s)
{
    static const char *const needed[] = {"name", "detector", "x_mm", "y_mm", "width_mm",
        "height_mm"};
    int k[COUNT_OF(needed)];
    struct camera_facts *f = arena_alloc(c->a, sizeof *f);
    if (t->camera) /* a camera made of another: its optics are kept */
        *f = *t->camera;
    bool ok = optics(c, s, f);
    for (size_t i = 0; i < COUNT_OF(needed); i++) {
        if ((k[i] = must_have(c, t, needed[i])) < 0)
            ok = false;
        if (i == 0 && k[0] > 0) {
            table_lead(t, (unsigned)k[0]);
            k[0] = 0;
        }
    }
    if (!ok)
        return false;
    f->name = (unsigned)k[0];
    f->detector = (unsigned)k[1];
    f->x = (unsigned)k[2];
    f->y = (unsigned)k[3];
    f->width = (unsigned)k[4];
    f->height = (unsigned)k[5];
    f->yaw = table_column(t, strpool_adds(&c->m->strings, "yaw_deg"));
    for (size_t i = 0; i < COUNT_OF(needed); i++)
        ok = no_holes(c, t, (unsigned)k[i], t->at) && ok;
    if (!ok || (f->yaw >= 0 && !no_holes(c, t, (unsigned)f->yaw, t->at)))
        return false;
    if (!holds(c, t, f->name, COLUMN_STRING, "text") ||
        !holds(c, t, f->detector, COLUMN_INT, "whole numbers"))
        return false;
    for (size_t i = 2; i < COUNT_OF(needed); i++)
        if (!real_column(c, t, RULE_SENSORS, (unsigned)k[i]))
            return false;
    if ((f->yaw >= 0 && !real_column(c, t, RULE_SENSORS, (unsigned)f->yaw)) || !has_size(c, t, f) ||
        !distinct(c, t, f->name) || !distinct(c, t, f->detector) || !good_optics(c, t, s, f))
        return false;
    t->kind = TABLE_SENSORS;
    t->camera = f;
    return true;
}
