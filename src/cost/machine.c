/* The machine at hand. */
#include "config.h"

#include "cost/machine.h"

#include "cost/cgroup.h"

#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>

static uint64_t
least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* 0: the variable does not say. */
static uint64_t
number(const char *name)
{
    const char *text = getenv(name);
    bool good = text && *text && text[strspn(text, "0123456789")] == 0 && strlen(text) < 16;
    return good ? strtoull(text, NULL, 10) : 0;
}

/* Slurm counts memory in MiB; 0 is all of the node. */
uint64_t
machine_job_memory(void)
{
    static const char *const grant[][2] = {{"SLURM_MEM_PER_NODE", NULL},
        {"SLURM_MEM_PER_CPU", "SLURM_CPUS_ON_NODE"}, {"SLURM_MEM_PER_GPU", "SLURM_GPUS_ON_NODE"}};
    uint64_t n = UINT64_MAX;
    for (unsigned i = 0; getenv("SLURM_JOB_ID") && i < 3; i++) {
        uint64_t mib = number(grant[i][0]), times = grant[i][1] ? number(grant[i][1]) : 1;
        if (mib && times && mib < (UINT64_MAX >> 20) / times)
            n = least(n, mib * times << 20);
    }
    return n;
}

static uint64_t
soft(const struct rlimit *limit)
{
    return limit->rlim_cur == RLIM_INFINITY ? UINT64_MAX : limit->rlim_cur;
}

uint64_t
machine_memory(void)
{
    struct sysinfo info;
    uint64_t n = sysinfo(&info) == 0 ? (uint64_t)info.totalram * info.mem_unit : 0;
    n = least(n, least(cgroup_memory(""), machine_job_memory()));
    struct rlimit limit;
    if (getrlimit(RLIMIT_AS, &limit) == 0)
        n = least(n, soft(&limit));
    if (getrlimit(RLIMIT_DATA, &limit) == 0)
        n = least(n, soft(&limit));
    return n;
}

uint32_t
machine_cores(void)
{
    cpu_set_t set;
    bool told = sched_getaffinity(0, sizeof set, &set) == 0;
    return told ? (uint32_t)CPU_COUNT(&set) : (uint32_t)get_nprocs();
}

uint64_t
machine_task_memory(void)
{
    uint64_t n = machine_memory();
    return n - n / 10;
}
