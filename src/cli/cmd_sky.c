/* wflc sky: what a campaign sees, as text, JSON or a picture. */
#include "config.h"

#include "cli/commands.h"
#include "command/build.h"

#include "chart/picture.h"
#include "diag/diag.h"
#include "util/file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const double ARCSEC = 4.84813681109536e-06;

/* "no visit 'x' in 'observed'; ids there are 230, 231, ..." */
static void
say_no_visit(const struct coverage *c, const char *id, struct buf *why)
{
    buf_printf(why, "no visit '%s' in '%s'", id, strpool_get(&c->model->strings, c->visits->name));
    for (uint32_t v = 0; v < c->visits->nrows && v < 3; v++) {
        buf_puts(why, v ? ", " : "; its ids are like ");
        coverage_visit_id(c, v, why);
    }
}

/* Appends the text of what is asked for, and draws it. False: it cannot be told. */
static bool
look(const struct options *o, const struct compilation *compiled, bool draws, struct buf *text,
    struct svg *picture, struct buf *why)
{
    struct coverage c = {0};
    double clear = option_given(o, OPTION_MARGIN) ? o->margin : 30 * ARCSEC;
    bool good = coverage_find(compiled->model, compiled->plan, o->family, clear, &c, why);
    int64_t visit = good && o->visit ? coverage_visit(&c, o->visit) : -1;
    if (good && o->visit && visit < 0) {
        say_no_visit(&c, o->visit, why);
        good = false;
    } else if (good && o->visit) {
        (o->json ? coverage_visit_json : coverage_visit_text)(&c, (uint32_t)visit, text);
        if (draws)
            picture_visit(&c, (uint32_t)visit, picture);
    } else if (good) {
        struct depth_map map;
        depth_map_make(&c, &map);
        struct coverage_depths depths = depth_map_inside(&map);
        (o->json ? coverage_json : coverage_text)(&c, &depths, text);
        if (draws)
            picture_sky(&c, &map, picture);
        depth_map_free(&map);
    }
    coverage_free(&c);
    return good;
}

static int
write_picture(const char *path, const struct buf *picture)
{
    int err = file_write_atomic(path, picture->p, picture->n, 0644);
    if (err)
        say("cannot write '%s': %s", path, strerror(err));
    return err ? EXIT_FILES : EXIT_OK;
}

static int
run(const struct options *o)
{
    struct campaign c;
    struct buf text = {0}, why = {0};
    struct svg picture = {0};
    bool draws = option_given(o, OPTION_OUTPUT), here = draws && strcmp(o->output, "-") == 0;
    int code = campaign_compile(o, NULL, &c);
    if (code == EXIT_OK && !look(o, c.compiled, draws, &text, &picture, &why)) {
        say("%s", why.p);
        code = EXIT_ERRORS;
    }
    if (code == EXIT_OK && draws && !here)
        code = write_picture(o->output, &picture.out);
    if (code == EXIT_OK)
        put_out(here ? &picture.out : &text, &code);
    campaign_free(&c);
    svg_free(&picture);
    buf_free(&text);
    buf_free(&why);
    return code;
}

static const struct command_option options[] = {
    OPTIONS_COMPILING,
    OPTION_SITE_LOOKED_AT,
    {OPTION_OUTPUT, "write the picture into the file PATH, in SVG"},
    {OPTION_VISIT, "show the focal plane of this visit"},
    {OPTION_FAMILY, "look at this task (default: the first that asks which sensors see a region)"},
    {OPTION_MARGIN, "call sensors ambiguous whose margin is less (default: 30 arcsec)"},
    {OPTION_JSON, NULL},
};

const struct command command_sky = {
    .name = "sky",
    .args = "FILE",
    .summary = "show a campaign on the sky, or one visit's focal plane",
    .text =
        "How many visits and sensors there are, which are kept, how narrowly, and how often each\n"
        "place is seen; with -o, a picture for browsers as well (-o -: instead).\n"
        "    wflc sky dc2.wfl -o dc2.svg\n"
        "    wflc sky dc2.wfl -o 230.svg --visit 230\n",
    .options = options,
    .noptions = COUNT_OF(options),
    .least = 1,
    .most = 1,
    .run = run,
};
