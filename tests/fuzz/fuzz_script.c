/* The readers of heads of scripts; the first byte says which. */
#include "config.h"

#include "fuzz.h"

#include "codegen/emitter.h"

#include <stdlib.h>
#include <string.h>

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    static const struct emitter *const all[] = {&emitter_slurm, &emitter_cobalt, &emitter_pbs,
        &emitter_lsf, &emitter_flux};
    if (n == 0)
        return 0;
    const struct emitter *e = all[*p % 5];
    struct header h = {0}, line = {0};
    struct buf why = {0};
    bool good = e->read((const char *)p + 1, n - 1, &h, &why);
    if (good == (why.n > 0))
        abort(); /* a refusal has a reason, and only that */
    if (!header_same(&h, &h, &why))
        abort();
    const struct header_option *o = header_find(&h, e->walltime);
    if (o && o->value && e->seconds(o->value) < -1)
        abort();
    char *text = xmalloc(n);
    memcpy(text, p + 1, n - 1);
    text[n - 1] = 0;
    buf_reset(&why);
    if (e->read_line(text, &line, &why) == (why.n > 0))
        abort();
    free(text);
    header_free(&h);
    header_free(&line);
    buf_free(&why);
    return 0;
}
