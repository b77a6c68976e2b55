/* The reader of site profiles. A profile that is good must print as one that is good. */
#include "config.h"

#include "fuzz.h"

#include "site/profile.h"

#include <stdlib.h>

static struct site_profile *
read_site(const char *path, unsigned *errors)
{
    const struct site_texts none = {0};
    struct diags *d = diag_new();
    struct site_profile *p = site_profile_read(d, path, &none);
    *errors = diag_count(d, DIAG_ERROR);
    diag_print(d, fuzz_nowhere(), false, 0);
    diag_free(d);
    return p;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    unsigned errors;
    fuzz_enter_folder();
    fuzz_put("profile", p, n);
    struct site_profile *site = read_site("profile", &errors);
    if (!site != !!errors)
        abort();
    if (!site)
        return 0;
    const struct site_machine machine = {4, 2, UINT64_C(1) << 33};
    struct buf out = {0};
    for (size_t i = 0; i < site->queues.n; i++)
        site_walltime_max(&site->queues.v[i], 10);
    site_memory_budget(site, &machine);
    site_slots(site, &machine);
    site_profile_show(site, &out);
    fuzz_put("again", out.p, out.n);
    struct site_profile *again = read_site("again", &errors);
    if (!again && !site->inherits)
        abort();
    site_profile_free(again);
    site_profile_free(site);
    buf_free(&out);
    return 0;
}
