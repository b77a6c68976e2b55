/* The bytes of the plan of a campaign's file, for tests that want nothing else. */
#ifndef IMAGE_LIB_H
#define IMAGE_LIB_H

#include "driver/compile.h"

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

#endif
