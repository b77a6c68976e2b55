#include "config.h"

#include "util/rlimits.h"

#include <sys/resource.h>

/* Not those of open files and of the stack: some programs take no large ones. Nor that of core
 * files: nobody asked for these. */
static const struct {
    int which;
    const char *before, *after; /* the amount */
    char unit, option;
} limits[] = {{RLIMIT_CPU, "", " of processor time", 's', 't'},
    {RLIMIT_FSIZE, "files of ", "", 'B', 'f'}, {RLIMIT_AS, "", " of address space", 'M', 'v'},
    {RLIMIT_DATA, "", " of data", 'M', 'd'},
    {RLIMIT_NPROC, "", " processes and threads of the user", 'p', 'u'}};

enum { LIMITS = sizeof limits / sizeof *limits, FEW_PROCESSES = 1000 };

void
rlimits_raise(void)
{
    for (int i = 0; i < LIMITS; i++) {
        struct rlimit l;
        if (getrlimit(limits[i].which, &l) != 0 || l.rlim_cur == l.rlim_max)
            continue;
        l.rlim_cur = l.rlim_max;
        setrlimit(limits[i].which, &l); /* to the hard one: it can hardly fail */
    }
}

static bool
matters(int i, rlim_t n, uint64_t memory)
{
    if (n == RLIM_INFINITY)
        return false;
    return limits[i].unit == 'M' ? n < memory : limits[i].unit != 'p' || n < FEW_PROCESSES;
}

bool
rlimits_list(uint64_t memory, bool hard, struct buf *out)
{
    bool any = false;
    for (int i = 0; i < LIMITS; i++) {
        struct rlimit l;
        if (getrlimit(limits[i].which, &l) != 0)
            continue;
        rlim_t n = hard ? l.rlim_max : l.rlim_cur;
        if (!matters(i, n, memory))
            continue;
        buf_printf(out, "%s%s", any ? ", " : "", limits[i].before);
        if (limits[i].unit == 's')
            buf_printf(out, "%llu s", (unsigned long long)n);
        else if (limits[i].unit == 'p')
            buf_printf(out, "%llu", (unsigned long long)n);
        else if (n < 1000000)
            buf_printf(out, "%llu bytes", (unsigned long long)n);
        else
            buf_printf(out, "%.4g %s", (double)n / (n < 1000000000 ? 1e6 : 1e9),
                n < 1000000000 ? "MB" : "GB");
        buf_printf(out, "%s (ulimit -%c)", limits[i].after, limits[i].option);
        any = true;
    }
    return any;
}
