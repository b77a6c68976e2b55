/* Where visits stand over the horizon: what makes an angle to the sky of one to the telescope. */
#include "config.h"

#include "check/check.h"

#include <string.h>

static struct expr *
sidereal(struct scope *s, const struct ast *a)
{
    struct label l[] = {{.name = "mjd"}, {.name = "longitude"}};
    if (!read_labels(s->c, a, l, COUNT_OF(l)))
        return error_expr(s->c, a->span);
    struct expr *arg[] = {check_typed(s, l[0].value[0], TYPE_REAL, "mjd"),
        check_typed(s, l[1].value[0], TYPE_ANGLE, "longitude")};
    if (arg[0]->type == TYPE_ERROR || arg[1]->type == TYPE_ERROR)
        return error_expr(s->c, a->span);
    return sky_ask(s, a, (struct sky_use){.what = ASK_SIDEREAL}, arg, 2);
}

static struct expr *
parallactic(struct scope *s, const struct ast *a)
{
    struct checker *c = s->c;
    struct label l[] = {{.name = "hour_angle", .optional = true}, {.name = "dec", .optional = true},
        {.name = "altitude", .optional = true}, {.name = "azimuth", .optional = true},
        {.name = "latitude"}};
    if (!read_labels(c, a, l, COUNT_OF(l)))
        return error_expr(c, a->span);
    bool hour = l[0].value[0] && l[1].value[0], horizon = l[2].value[0] && l[3].value[0];
    if (hour == horizon || (hour && (l[2].value[0] || l[3].value[0])) ||
        (horizon && (l[0].value[0] || l[1].value[0]))) {
        struct diag *m = error_at(c, RULE_REGION, a->span,
            "parallactic takes hour_angle and dec, or altitude and azimuth");
        diag_help(m, "for example: parallactic(hour_angle deg(lst - ra), dec deg(dec), "
                     "latitude rubin_latitude)");
        return error_expr(c, a->span);
    }
    const struct label *from[] = {&l[hour ? 0 : 2], &l[hour ? 1 : 3], &l[4]};
    struct expr *arg[3];
    bool ok = true;
    for (int i = 0; i < 3; i++) {
        arg[i] = check_typed(s, from[i]->value[0], TYPE_ANGLE, from[i]->name);
        ok = ok && arg[i]->type == TYPE_ANGLE;
    }
    if (!ok)
        return error_expr(c, a->span);
    struct sky_use use = {.what = hour ? ASK_PARALLACTIC : ASK_PARALLACTIC_ALTAZ};
    return sky_ask(s, a, use, arg, 3);
}

struct expr *
horizon_call(struct scope *s, const struct ast *a)
{
    return strcmp(a->child->text, "sidereal") == 0 ? sidereal(s, a) : parallactic(s, a);
}
