/* What the parts of the shim share. */
#include "config.h"

#include "runtime/shim.h"

#include <stdarg.h>

void
tell(const struct shim *r, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    if (!r->opt.quiet)
        say_list(fmt, ap);
    va_end(ap);
}

bool
node_may_run(const struct shim *r, uint32_t task)
{
    const struct plan_family *f = &r->plan->family[plan_family_of(r->plan, task)];
    return (f->runs_on == PLAN_ON_NODE || r->opt.rank == 0) && !node_leaves(r, task) &&
           !(r->known.before && r->known.before[task]);
}

/* But for a look at outputs that may not have got to the disk: it is only now that it is known. */
bool
node_leaves(const struct shim *r, uint32_t task)
{
    return ((r->opt.only && !r->opt.only[task]) || node_gated(r, task)) && !r->known.found[task];
}

bool
node_gated(const struct shim *r, uint32_t task)
{
    return r->known.gated && task >= r->known.gated[plan_family_of(r->plan, task)];
}
