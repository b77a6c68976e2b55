/* How visits say that the camera is turned: the convention, and the column of the angle. The
 * relations between the angles of cadence databases are those of tests/data/rotation_now.csv. */
#include "config.h"

#include "check/check.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

int
visits_column(struct checker *c, const struct table *t, const char *name)
{
    return table_column(t, strpool_adds(&c->m->strings, name));
}

/* The table's own spelling of a column, or NULL. */
static const char *
spelt(struct checker *c, const struct table *t, const char *name)
{
    for (uint32_t i = 0; i < t->ncols; i++) {
        const char *have = strpool_get(&c->m->strings, t->col[i].name);
        if (strcasecmp(have, name) == 0)
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

/* How the parallactic angle comes from what the table has; NULL if it does not. The altitude and
 * the azimuth are those of the pointing without dither. */
static const char *
parallactic_of(struct checker *c, const struct table *t, bool dithered, const char *unit)
{
    static const char *const sidereal[] = {"lst", "observationStartLST"};
    static const char *const time[] = {"expMJD", "observationStartMJD", "mjd"};
    const char *alt = spelt(c, t, "altitude"), *az = spelt(c, t, "azimuth");
    const char *lst = spelt_any(c, t, sidereal, COUNT_OF(sidereal));
    const char *mjd = spelt_any(c, t, time, COUNT_OF(time));
    if (!dithered && alt && az)
        return arena_printf(c->a,
            "parallactic(altitude %s(%s), azimuth %s(%s), latitude rubin_latitude)", unit, alt,
            unit, az);
    if (lst)
        lst = arena_printf(c->a, "%s(%s)", unit, lst);
    else if (mjd)
        lst = arena_printf(c->a, "sidereal(mjd %s, longitude rubin_longitude)", mjd);
    return lst ? arena_printf(c->a,
                     "parallactic(hour_angle %s - deg(ra), dec deg(dec), latitude rubin_latitude)",
                     lst)
               : NULL;
}

/* `rotskypos` is made of the angle to the telescope. */
static void
explain_angle(struct checker *c, const struct table *t, const struct source *s, struct diag *m)
{
    const char *unit = s->picked == OPSIM_SUMMARY ? "rad" : "deg";
    const char *dither = spelt(c, t, "descDitheredRotTelPos");
    const char *tel = dither ? dither : spelt(c, t, "rotTelPos"), *pa = spelt(c, t, "paraAngle");
    if (!tel && spelt(c, t, "rotskypos")) {
        diag_help(m,
            "the rotSkyPos of the database belongs to fieldRA, fieldDec; if it holds for "
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
        diag_help(m,
            "%s is the angle to the telescope; to the sky, in the older databases, it is "
            "{ rotskypos = %s(%s - %s) }",
            tel, unit, tel, pa);
    else if (q)
        diag_help(m,
            "%s is the angle to the telescope; to the sky, in the older databases, it is, "
            "with 'use rubin', { rotskypos = %s(%s) - %s }",
            tel, unit, tel, q);
    else
        diag_help(m,
            "%s is the angle to the telescope; the angle to the sky needs the parallactic "
            "angle of each visit as well, which comes from columns of altitude and azimuth, "
            "of lst, or of mjd: see Visits in wfl(5)",
            tel);
}

/* --- what rotSkyPos is, by what the other angles are --- */

/* Versions of the feature-based scheduler before 1.2 have rotTelPos = rotSkyPos + paraAngle; later
 * ones have a column of the pseudo parallactic angle, from the zenith to North of the year 2000,
 * and rotSkyPos is then the position angle of the camera: rotTelPos = pseudoParaAngle - rotSkyPos
 * - 90. The two parallactic angles differ by degrees near the zenith, so each relation is tried
 * with its own only. */
struct angles {
    int sky, tel, real, pseudo; /* columns, or -1 */
    const char *pseudo_name;
    bool is_new, is_old; /* holds in all rows */
    uint32_t row;        /* the first in which the one that should hold does not, and by how much */
    double new_by, old_by;
};

static const double RELATION = 1e-3; /* degrees; in genuine rows it is 1e-12 */

static double
wrapped(double degrees)
{
    return remainder(degrees, 360);
}

/* A column of numbers; that in small letters, as blocks make it, comes before the database's. */
static int
angle_column(struct checker *c, const struct table *t, const char *name)
{
    char *small = xstrdup(name);
    for (char *p = small; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    int k = visits_column(c, t, small);
    free(small);
    const char *have = k < 0 ? spelt(c, t, name) : NULL;
    if (have)
        k = visits_column(c, t, have);
    return k >= 0 && (t->col[k].type == COLUMN_REAL || t->col[k].type == COLUMN_INT) ? k : -1;
}

static double
new_by(const struct table *t, const struct angles *a, uint32_t i)
{
    return wrapped(real_cell(&t->col[a->pseudo], i) - real_cell(&t->col[a->sky], i) - 90 -
                   real_cell(&t->col[a->tel], i));
}

static double
old_by(const struct table *t, const struct angles *a, uint32_t i)
{
    int q = a->real >= 0 ? a->real : a->pseudo;
    return wrapped(
        real_cell(&t->col[a->sky], i) + real_cell(&t->col[q], i) - real_cell(&t->col[a->tel], i));
}

static void
find_angles(struct checker *c, const struct table *t, int sky, struct angles *a)
{
    *a = (struct angles){.sky = sky, .pseudo_name = "pseudoParaAngle"};
    a->tel = angle_column(c, t, "rotTelPos");
    a->real = angle_column(c, t, "paraAngle");
    a->pseudo = angle_column(c, t, a->pseudo_name);
    if (a->pseudo < 0 && (a->pseudo = angle_column(c, t, "psudoParaAngle")) >= 0)
        a->pseudo_name = "psudoParaAngle"; /* so spelt in version 1.2 */
}

/* Is a value missing that decides, after a message? */
static bool
has_holes(struct checker *c, const struct table *t, const struct source *s, struct angles *a,
    int sky)
{
    find_angles(c, t, sky, a);
    const int used[] = {sky, a->tel, a->pseudo >= 0 ? a->pseudo : a->real};
    bool has = false;
    for (int i = 0; i < 3; i++)
        has = (used[i] >= 0 && !no_holes(c, t, (unsigned)used[i], s->rotation->span)) || has;
    return has;
}

/* False: there are not the columns to compare. */
static bool
compare_angles(struct checker *c, const struct table *t, int sky, struct angles *a)
{
    find_angles(c, t, sky, a);
    if (sky < 0 || a->tel < 0 || (a->real < 0 && a->pseudo < 0) ||
        (t->col[sky].type != COLUMN_REAL && t->col[sky].type != COLUMN_INT))
        return false;
    const int all[] = {sky, a->tel, a->real, a->pseudo};
    for (int i = 0; i < 4; i++)
        if (all[i] >= 0 && t->col[all[i]].holes && (i != 2 || a->pseudo < 0))
            return false;
    bool pseudo = a->pseudo >= 0;
    uint32_t n_new = 0, n_old = 0;
    for (uint32_t i = 0; i < t->nrows; i++) {
        bool is_new = pseudo && fabs(new_by(t, a, i)) < RELATION;
        bool is_old = fabs(old_by(t, a, i)) < RELATION;
        if (!(pseudo ? is_new : is_old) && i == (pseudo ? n_new : n_old)) {
            a->row = i;
            a->new_by = pseudo ? new_by(t, a, i) : 0;
            a->old_by = old_by(t, a, i);
        }
        n_new += is_new;
        n_old += is_old;
    }
    a->is_new = pseudo && n_new == t->nrows;
    a->is_old = !pseudo && n_old == t->nrows;
    return true;
}

/* The note on the first row that does not fit, and what to do. */
static void
explain_relation(struct checker *c, const struct table *t, const struct angles *a, struct diag *m)
{
    uint32_t i = a->row;
    double sky = real_cell(&t->col[a->sky], i), tel = real_cell(&t->col[a->tel], i);
    const char *q = a->real >= 0 ? "paraAngle" : a->pseudo_name;
    if (a->pseudo >= 0)
        diag_note(m, NO_SPAN,
            "in %s %s - rotSkyPos - 90 - rotTelPos, 0 since version 1.2 of the scheduler, is %g; "
            "and "
            "rotSkyPos + %s - rotTelPos, 0 before, is %g (degrees)",
            row_place(c, t, i), a->pseudo_name, a->new_by, q, a->old_by);
    else
        diag_note(m, NO_SPAN,
            "in %s rotSkyPos + paraAngle - rotTelPos, 0 before version 1.2 of the scheduler, is "
            "%g; later "
            "ones have a column pseudoParaAngle, and pseudoParaAngle - rotSkyPos - 90 - rotTelPos "
            "is 0 (with "
            "paraAngle it is %g here)",
            row_place(c, t, i), a->old_by,
            wrapped(real_cell(&t->col[a->real], i) - sky - 90 - tel));
    double p = a->pseudo >= 0 ? real_cell(&t->col[a->pseudo], i) : 0;
    bool aux =
        a->pseudo >= 0 && (fabs(wrapped(sky + p - tel)) < RELATION || fabs(a->old_by) < RELATION);
    bool comcam = a->pseudo >= 0 && fabs(wrapped(p - sky - tel)) < RELATION;
    if (aux || comcam)
        diag_help(m,
            "visits of %s are so; if these are: { rotskypos = deg(rotSkyPos); rotation pa }, with "
            "the "
            "camera '%s'",
            aux ? "the auxiliary telescope" : "ComCam", aux ? "latiss" : "comcam");
    else
        diag_help(m,
            "nothing is guessed: rotation telescope takes the angle from rotTelPos; or find the "
            "position angle of the camera's y axis and say it: { rotskypos = deg(...); rotation pa "
            "}");
}

/* `rotation fbs`: pa or imsim2, whichever holds in all rows. */
static bool
decide(struct checker *c, const struct table *t, const struct source *s, int sky,
    enum sky_rotation *rotation)
{
    struct angles a;
    if (s->picked == OPSIM_SUMMARY) {
        diag_help(error_at(c, RULE_VISITS, s->rotation->span,
                      "rotation fbs is for the tables 'observations' of the feature-based "
                      "scheduler, and this "
                      "is a Summary of OpSim"),
            "it has its angles in radians, and from before: rotation imsim2, or dc2 for DC2 as it "
            "was simulated");
        return false;
    }
    if (has_holes(c, t, s, &a, sky))
        return false;
    if (!compare_angles(c, t, sky, &a)) {
        diag_help(error_at(c, RULE_VISITS, s->rotation->span,
                      "rotation fbs needs the columns rotSkyPos, rotTelPos, and paraAngle or "
                      "pseudoParaAngle, "
                      "and '%s' has no numbers in %s",
                      strpool_get(&c->m->strings, t->name),
                      a.tel < 0                    ? "rotTelPos"
                      : a.real < 0 && a.pseudo < 0 ? "the parallactic angles"
                                                   : "rotSkyPos"),
            "take them from the database (all of its table, in degrees), or state what is known: "
            "rotation pa, "
            "imsim2 or dc2");
        return false;
    }
    *rotation = a.is_new ? SKY_ROTATION_PA : SKY_ROTATION_IMSIM2;
    if (a.is_new || a.is_old)
        return true;
    explain_relation(c, t, &a,
        error_at(c, RULE_VISITS, s->rotation->span,
            "what '%s' means by rotSkyPos cannot be told from its angles",
            strpool_get(&c->m->strings, t->name)));
    return false;
}

/* A convention that is stated for a database whose angles say otherwise. */
static bool
agrees(struct checker *c, const struct table *t, const struct source *s, int sky,
    enum sky_rotation r)
{
    struct angles a;
    if (s->picked != OPSIM_OBSERVATIONS || has_mapping(s, "rotskypos") ||
        !compare_angles(c, t, sky, &a))
        return true;
    if (r == SKY_ROTATION_PA) {
        if (a.is_old)
            diag_help(
                diag_add(c->d, DIAG_WARNING, RULE_VISITS, s->rotation->span,
                    "this database has rotTelPos = rotSkyPos + paraAngle, and rotSkyPos is then no "
                    "position angle"),
                "rotation fbs tells by the angles; if it is one: { rotskypos = deg(rotSkyPos) }");
        return true;
    }
    if (a.is_old)
        return true;
    if (a.is_new) {
        diag_help(error_at(c, RULE_VISITS, s->rotation->span,
                      "this database has rotTelPos = %s - rotSkyPos - 90, and rotSkyPos is then "
                      "the position "
                      "angle itself",
                      a.pseudo_name),
            "write: rotation fbs (or pa); if %s is meant: { rotskypos = deg(rotSkyPos) }",
            sky_rotation_word(r));
        return false;
    }
    explain_relation(c, t, &a,
        error_at(c, RULE_VISITS, s->rotation->span,
            "what this database means by rotSkyPos is not known: it is not rotTelPos - paraAngle"));
    return false;
}

/* The column of a parallactic angle; the pseudo one is to North as the places have it, so it is
 * preferred. */
static int
parallactic_column(struct checker *c, const struct table *t)
{
    static const char *const names[] = {"pseudoParaAngle", "psudoParaAngle", "paraAngle"};
    int k = -1;
    for (size_t i = 0; i < COUNT_OF(names) && k < 0; i++)
        k = angle_column(c, t, names[i]);
    return k;
}

/* `rotation telescope`: the position angle of the camera from the angle to the telescope, whoever
 * wrote it: the parallactic angle - rotTelPos - 90. It becomes a column. */
static int
telescope_column(struct checker *c, struct table *t, const struct source *s)
{
    static const char name[] = "position_angle";
    int tel = s->picked == OPSIM_SUMMARY && !has_mapping(s, "rottelpos")
                  ? -1
                  : angle_column(c, t, "rotTelPos");
    int q = parallactic_column(c, t);
    bool there = visits_column(c, t, name) >= 0;
    if ((tel >= 0 && !no_holes(c, t, (unsigned)tel, s->rotation->span)) ||
        (q >= 0 && !no_holes(c, t, (unsigned)q, s->rotation->span)))
        return -1;
    if (tel >= 0 && q >= 0 && (!there || t->visits)) {
        struct column made = {.name = strpool_adds(&c->m->strings, name),
            .type = COLUMN_REAL,
            .at = s->rotation->span};
        double *to = made.data = column_cells(COLUMN_REAL, t->nrows);
        for (uint32_t i = 0; i < t->nrows; i++)
            to[i] = wrapped(real_cell(&t->col[q], i) - real_cell(&t->col[tel], i) - 90);
        put_column(t, &made);
        return visits_column(c, t, name);
    }
    if (tel >= 0 && q >= 0) {
        diag_help(error_at(c, RULE_VISITS, s->rotation->span,
                      "rotation telescope makes a column '%s', and '%s' has one", name,
                      strpool_get(&c->m->strings, t->name)),
            "if it is that: { rotskypos = deg(%s); rotation pa }", name);
        return -1;
    }
    struct diag *m = error_at(c, RULE_VISITS, s->rotation->span,
        "rotation telescope needs the columns rottelpos and paraangle, in degrees, and '%s' has no "
        "numbers in %s",
        strpool_get(&c->m->strings, t->name),
        tel >= 0 ? "paraangle"
        : q >= 0 ? "rottelpos"
                 : "both");
    bool summary = s->picked == OPSIM_SUMMARY;
    const char *dither = spelt(c, t, "descDitheredRotTelPos"), *unit = summary ? "rad" : "deg";
    const char *of = tel < 0 ? dither ? dither : spelt(c, t, "rotTelPos") : NULL;
    const char *angle = q < 0 ? parallactic_of(c, t, dither || summary, unit) : NULL;
    if ((tel < 0 && !of) || (q < 0 && !angle))
        diag_help(m, "say in the block what they are: { %s }",
            tel < 0
                ? "rottelpos = deg(COLUMN)"
                : "paraangle = parallactic(hour_angle ..., dec deg(dec), latitude rubin_latitude)");
    else
        diag_help(m, "say in the block what they are%s: { %s%s%s }",
            angle ? ", with 'use rubin'" : "",
            of ? arena_printf(c->a, "rottelpos = %s(%s)", unit, of) : "", of && angle ? "; " : "",
            angle ? arena_printf(c->a, "paraangle = %s", angle) : "");
    return -1;
}

/* --- all together --- */

static int
sky_column(struct checker *c, const struct table *t, const struct source *s)
{
    int k = visits_column(c, t, "rotskypos");
    const char *written = spelt(c, t, "rotskypos");
    return k < 0 && written && s->picked < 0 ? visits_column(c, t, written) : k;
}

bool
check_rotation(struct checker *c, struct table *t, const struct source *s, struct visit_facts *f)
{
    static const char *const decided[] = {"fbs", "telescope"};
    const struct ast *x = s->rotation->child;
    const char *word = x->kind == AST_NAME && !x->next ? x->text : "";
    bool fbs = strcmp(word, decided[0]) == 0, telescope = strcmp(word, decided[1]) == 0;
    f->at = s->rotation->span;
    if (telescope) {
        f->rotation = SKY_ROTATION_PA;
        f->angle = telescope_column(c, t, s);
        return f->angle >= 0;
    }
    if (!fbs && !sky_rotation_named(word, &f->rotation)) {
        const char *name[SKY_ROTATION_COUNT + 2] = {decided[0], decided[1]};
        for (int i = 0; i < SKY_ROTATION_COUNT; i++)
            name[i + 2] = sky_rotation_word((enum sky_rotation)i);
        struct diag *m =
            error_at(c, RULE_VISITS, s->rotation->span, "unknown convention of rotation");
        const char *near = *word ? diag_nearest(word, name, COUNT_OF(name)) : NULL;
        if (near)
            diag_help(m, "did you mean '%s'?", near);
        else
            diag_help(m, "it is fbs (a database of the feature-based scheduler: told by its "
                         "angles), telescope "
                         "(from rotTelPos), dc2 (as DC2 was simulated), imsim2 (imSim 2 with "
                         "OpSim's rotSkyPos) or "
                         "pa (the position angle itself); it cannot be guessed");
        return false;
    }
    f->angle = sky_column(c, t, s);
    if (f->angle < 0) {
        explain_angle(c, t, s,
            error_at(c, RULE_VISITS, s->rotation->span,
                "a rotation is stated, but '%s' has no column 'rotskypos'",
                strpool_get(&c->m->strings, t->name)));
        return false;
    }
    return fbs ? decide(c, t, s, f->angle, &f->rotation) : agrees(c, t, s, f->angle, f->rotation);
}
