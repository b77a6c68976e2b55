#include "config.h"

#include "model/check.h"

#include <math.h>
#include <string.h>

/* How visits say that the camera is turned: the convention, and the column of the angle. */

int
visits_column(struct checker *c, const struct table *t, const char *name)
{
    return table_column(t, strpool_adds(&c->m->strings, name));
}

bool
rotation_convention(struct checker *c, const struct source *s, enum sky_rotation *out)
{
    const struct ast *x = s->rotation->child;
    if (x->kind == AST_NAME && !x->next && sky_rotation_named(x->text, out))
        return true;
    const char *name[SKY_ROTATION_COUNT];
    for (int i = 0; i < SKY_ROTATION_COUNT; i++)
        name[i] = sky_rotation_word((enum sky_rotation)i);
    struct diag *m = error_at(c, RULE_VISITS, s->rotation->span, "unknown convention of rotation");
    const char *near = x->kind == AST_NAME ? diag_nearest(x->text, name, SKY_ROTATION_COUNT) : NULL;
    if (near)
        diag_help(m, "did you mean '%s'?", near);
    else
        diag_help(m, "it is dc2 (as DC2 was simulated), imsim2 (imSim 2 with OpSim's rotSkyPos) or pa "
                     "(the position angle itself); it cannot be guessed");
    return false;
}

/* The table's own spelling of a column, or NULL. */
static const char *
spelt(struct checker *c, const struct table *t, const char *name)
{
    for (uint32_t i = 0; i < t->ncols; i++) {
        const char *have = strpool_get(&c->m->strings, t->col[i].name);
        if (g_ascii_strcasecmp(have, name) == 0)
            return have;
    }
    return NULL;
}

static const char *
spelt_any(struct checker *c, const struct table *t, const char *const *name, size_t n)
{
    const char *have = NULL;
    for (size_t i = 0; i < n && !have; i++)
        have = spelt(c, t, name[i]);
    return have;
}

/* How the parallactic angle comes from what the table has; NULL if it does not. The altitude and the
 * azimuth are those of the pointing without dither. */
static const char *
parallactic_of(struct checker *c, const struct table *t, bool dithered, const char *unit)
{
    static const char *const sidereal[] = {"lst", "observationStartLST"};
    static const char *const time[] = {"expMJD", "observationStartMJD", "mjd"};
    const char *alt = spelt(c, t, "altitude"), *az = spelt(c, t, "azimuth");
    const char *lst = spelt_any(c, t, sidereal, G_N_ELEMENTS(sidereal));
    const char *mjd = spelt_any(c, t, time, G_N_ELEMENTS(time));
    if (!dithered && alt && az)
        return arena_printf(c->a,
            "parallactic(altitude %s(%s), azimuth %s(%s), latitude rubin_latitude)", unit, alt, unit, az);
    if (lst)
        lst = arena_printf(c->a, "%s(%s)", unit, lst);
    else if (mjd)
        lst = arena_printf(c->a, "sidereal(mjd %s, longitude rubin_longitude)", mjd);
    return lst ? arena_printf(c->a,
                     "parallactic(hour_angle %s - deg(ra), dec deg(dec), latitude rubin_latitude)", lst)
               : NULL;
}

static void
explain_angle(struct checker *c, const struct table *t, const struct source *s, struct diag *m)
{
    const char *unit = s->picked == OPSIM_SUMMARY ? "rad" : "deg";
    const char *dither = spelt(c, t, "descDitheredRotTelPos");
    const char *tel = dither ? dither : spelt(c, t, "rotTelPos"), *pa = spelt(c, t, "paraAngle");
    if (!tel && spelt(c, t, "rotskypos")) {
        diag_help(m, "the rotSkyPos of the database belongs to fieldRA, fieldDec; if it holds for "
                     "these places too: { rotskypos = %s(rotSkyPos) }",
            unit);
        return;
    }
    if (!tel) {
        diag_help(m, "say in the block what it is: { rotskypos = deg(COLUMN) }");
        return;
    }
    const char *q = parallactic_of(c, t, dither || s->picked == OPSIM_SUMMARY, unit);
    if (pa && !dither)
        diag_help(m, "%s is the angle to the telescope; to the sky, in the older databases, it is "
                     "{ rotskypos = %s(%s - %s) }",
            tel, unit, tel, pa);
    else if (q)
        diag_help(m, "%s is the angle to the telescope; to the sky, in the older databases, it is, "
                     "with 'use rubin', { rotskypos = %s(%s) - %s }",
            tel, unit, tel, q);
    else
        diag_help(m, "%s is the angle to the telescope; the angle to the sky needs the parallactic "
                     "angle of each visit as well, which comes from columns of altitude and azimuth, "
                     "of lst, or of mjd: see Visits in wfl(5)",
            tel);
}

/* Newer schedulers changed what they mean by rotSkyPos, and nobody has compared it with images. So the
 * angle is taken only where it is what the conventions were found with: rotTelPos - paraAngle. */
static bool
known_meaning(struct checker *c, const struct table *t, const struct source *s, unsigned column)
{
    int tel = visits_column(c, t, "rotTelPos"), pa = visits_column(c, t, "paraAngle");
    if (s->picked != OPSIM_OBSERVATIONS || has_mapping(s, "rotskypos") || tel < 0 || pa < 0)
        return true;
    const unsigned k[] = {(unsigned)tel, (unsigned)pa, column};
    for (int i = 0; i < 3; i++)
        if (t->col[k[i]].type != COLUMN_REAL && t->col[k[i]].type != COLUMN_INT)
            return true;
    for (uint32_t i = 0; i < t->nrows; i++) {
        double a = real_cell(&t->col[tel], i), q = real_cell(&t->col[pa], i);
        double sky = real_cell(&t->col[column], i);
        if (fabs(remainder(a - q - sky, 360)) < 0.01)
            continue;
        struct diag *m = error_at(c, RULE_VISITS, s->rotation->span,
            "what this database means by rotSkyPos is not known: it is not rotTelPos - paraAngle");
        diag_note(m, NO_SPAN, "in %s rotSkyPos is %g, rotTelPos %g and paraAngle %g%s",
            row_place(c, t, i), sky, a, q,
            fabs(remainder(q - a - 90 - sky, 360)) < 0.01
                ? ": paraAngle - rotTelPos - 90, as in new versions of rubin_scheduler"
                : "");
        diag_help(m, "nothing is guessed here: find the position angle of the camera's y axis, say what "
                     "it is, and state rotation pa: { rotskypos = deg(...) }");
        return false;
    }
    return true;
}

int
rotation_column(struct checker *c, struct table *t, const struct source *s)
{
    int k = visits_column(c, t, "rotskypos");
    if (k >= 0)
        return known_meaning(c, t, s, (unsigned)k) ? k : -1;
    const char *written = spelt(c, t, "rotskypos");
    if (written && s->picked < 0)
        return visits_column(c, t, written);
    explain_angle(c, t, s,
        error_at(c, RULE_VISITS, s->rotation->span,
            "a rotation is stated, but '%s' has no column 'rotskypos'",
            strpool_get(&c->m->strings, t->name)));
    return -1;
}
