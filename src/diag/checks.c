#include "config.h"

#include "diag/checks.h"

#include <string.h>

static const struct check table[] = {
#define X(name, text, finds, meaning) {text, FINDS_##finds, meaning},
    CHECKS(X)
#undef X
};
enum { NCHECKS = sizeof table / sizeof *table };

const struct check *
checks_all(size_t *n)
{
    *n = NCHECKS;
    return table;
}

const struct check *
check_find(const char *name)
{
    for (size_t i = 0; i < NCHECKS; i++)
        if (strcmp(table[i].name, name) == 0)
            return &table[i];
    return NULL;
}

/* The name nearest to `name`, or NULL. */
static const char *
check_nearest(const char *name)
{
    const char *names[NCHECKS];
    for (size_t i = 0; i < NCHECKS; i++)
        names[i] = table[i].name;
    return diag_nearest(name, names, NCHECKS);
}

bool
check_setting_parse(const char *s, bool errors, struct check_setting *out, struct buf *why)
{
    /* a check may itself be called no-... */
    bool off = !errors && strncmp(s, "no-", 3) == 0 && !check_find(s);
    const char *name = off ? s + 3 : s, *no = off ? "no-" : "";
    *out = (struct check_setting){NULL, errors ? DIAG_LEVEL_ERROR
                                        : off  ? DIAG_LEVEL_OFF
                                               : DIAG_LEVEL_WARNING};
    if (strcmp(name, "all") == 0)
        return true;
    out->check = check_find(name);
    if (!out->check) {
        const char *near = check_nearest(name);
        if (near)
            buf_printf(why, "unknown check '%s'; did you mean '%s%s'?", s, no, near);
        else
            buf_printf(why, "unknown check '%s'; 'wflc check --list' lists the checks", s);
        return false;
    }
    if (out->check->finds != FINDS_ERROR || errors)
        return true;
    if (off)
        buf_printf(why, "check '%s' finds errors, which cannot be switched off", name);
    else
        buf_printf(why, "check '%s' finds errors, which cannot be made warnings", name);
    return false;
}

static void
apply(struct diags *d, const struct check *c, enum diag_level level, enum diag_level *now)
{
    *now = level;
    diag_set_level(d, c->name, level);
}

void
checks_apply(struct diags *d, const struct check_setting *setting, size_t n)
{
    enum diag_level now[NCHECKS];
    for (size_t i = 0; i < NCHECKS; i++)
        apply(d, &table[i], table[i].finds == FINDS_OFF ? DIAG_LEVEL_OFF : DIAG_LEVEL_WARNING,
            &now[i]);
    for (size_t k = 0; k < n; k++)
        for (size_t i = 0; i < NCHECKS; i++) {
            bool silent = now[i] == DIAG_LEVEL_OFF && setting[k].level == DIAG_LEVEL_ERROR;
            /* -E all is about the warnings that there would be */
            if (setting[k].check ? setting[k].check == &table[i] : !silent)
                apply(d, &table[i], setting[k].level, &now[i]);
        }
}
