/* The end of a model. */
#include "config.h"

#include "model/model.h"

#include <stdlib.h>

void
model_free(struct model *m)
{
    if (!m)
        return;
    for (unsigned i = 0; i < m->ntables; i++)
        table_free(m->table[i]);
    sky_uses_free(&m->sky);
    for (unsigned i = 0; i < m->nprofiles; i++)
        site_profile_free(m->profile[i]);
    strpool_free(&m->strings);
    arena_free(&m->arena);
    free(m);
}
