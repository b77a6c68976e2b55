/* The plan of a campaign, for tests that want nothing else. */
#ifndef IMAGE_LIB_H
#define IMAGE_LIB_H

#include "driver/compile.h"
#include "util/file.h"

#include <string.h>

/* The plan's bytes, of a campaign's file. */
static inline bool
compile_image(struct diags *d, const char *file, struct buf *image)
{
    struct compilation *c = compile(d, &(struct compile_options){.file = file});
    bool good = c != NULL;
    if (good)
        buf_add(image, c->image.p, c->image.n);
    compilation_free(c);
    return good;
}

/* Writes a campaign to c.wfl, and its plan to b/campaign.wflp, beside a state folder that is empty.
 */
static inline bool
build_image(const char *campaign)
{
    struct buf image = {0};
    struct diags *d = diag_new();
    bool good = file_write_atomic("c.wfl", campaign, strlen(campaign), 0666) == 0 &&
                compile_image(d, "c.wfl", &image) && dir_make("b/state") == 0 &&
                file_write_atomic("b/campaign.wflp", image.p, image.n, 0666) == 0;
    diag_free(d);
    buf_free(&image);
    return good;
}

#endif
