/* How much memory there is, by control groups of v1 and v2 and by what Slurm tells. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cost/cgroup.h"
#include "cost/machine.h"
#include "util/file.h"

#define V1_MOUNT                                                                                   \
    "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime shared:9 - cgroup cgroup rw,memory\n"
#define V2_MOUNT "41 31 0:38 / /sys/fs/cgroup rw,relatime - cgroup2 cgroup2 rw,nsdelegate\n"

static char root[32];

static void
put(const char *path, const char *text)
{
    struct buf whole = {0};
    buf_printf(&whole, "%s%s", root, path);
    assert_int_equal(dir_make_parent(whole.p), 0);
    assert_int_equal(file_write_atomic(whole.p, text, strlen(text), 0600), 0);
    buf_free(&whole);
}

static void
groups(const char *cgroup, const char *mountinfo)
{
    put("/proc/self/cgroup", cgroup);
    put("/proc/self/mountinfo", mountinfo);
}

static int
begin(void **arg)
{
    (void)arg;
    strcpy(root, "machine-XXXXXX");
    return mkdtemp(root) ? 0 : -1;
}

static int
end(void **arg)
{
    (void)arg;
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", root);
    return system(command);
}

static void
nothing(void **arg)
{
    (void)arg;
    struct buf path = {0};
    assert_true(cgroup_memory(root) == UINT64_MAX);
    assert_false(cgroup_kills_file(root, &path));
    groups("0::/\n", V2_MOUNT);
    assert_true(cgroup_memory(root) == UINT64_MAX);
    assert_false(cgroup_kills_file(root, &path));
    buf_free(&path);
}

static void
v2(void **arg)
{
    (void)arg;
    struct buf path = {0};
    groups("0::/user.slice/a b/job\n", "1 2 0:3 / / rw - ext4 /dev/sda rw\n" V2_MOUNT);
    put("/sys/fs/cgroup/user.slice/a b/job/memory.max", "max\n");
    put("/sys/fs/cgroup/user.slice/a b/job/memory.events",
        "low 0\noom 9\noom_kill 3\noom_group_kill 0\n");
    assert_true(cgroup_memory(root) == UINT64_MAX);
    put("/sys/fs/cgroup/user.slice/a b/memory.max", "5000000000\n");
    assert_true(cgroup_memory(root) == 5000000000);
    put("/sys/fs/cgroup/user.slice/memory.max", "4000000000\n");
    assert_true(cgroup_memory(root) == 4000000000);
    put("/sys/fs/cgroup/user.slice/a b/memory.high", "3000000000\n");
    assert_true(cgroup_memory(root) == 3000000000);
    put("/sys/fs/cgroup/user.slice/a b/job/memory.max", "2000000000\n");
    assert_true(cgroup_memory(root) == 2000000000);
    /* what lies above the mount is not of the hierarchy */
    put("/sys/fs/memory.max", "1\n");
    put("/sys/fs/cgroup/memory.max", "1900000000\n");
    assert_true(cgroup_memory(root) == 1900000000);
    assert_true(cgroup_kills_file(root, &path));
    buf_free(&path);
}

static void
v1(void **arg)
{
    (void)arg;
    struct buf path = {0};
    groups("5:devices:/else\n4:cpu,memory,pids:/job\n0::/\n", V1_MOUNT V2_MOUNT);
    put("/sys/fs/cgroup/memory/job/memory.limit_in_bytes", "9223372036854771712\n");
    put("/sys/fs/cgroup/memory/job/memory.stat",
        "cache 0\nhierarchical_memory_limit 9223372036854771712\ntotal_cache 0\n");
    assert_true(cgroup_memory(root) == UINT64_MAX);
    put("/sys/fs/cgroup/memory/job/memory.stat", "cache 0\nhierarchical_memory_limit 300000000\n");
    assert_true(cgroup_memory(root) == 300000000);
    /* before Linux 4.13 nothing was counted */
    put("/sys/fs/cgroup/memory/job/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\n");
    assert_false(cgroup_kills_file(root, &path));
    put("/sys/fs/cgroup/memory/job/memory.oom_control",
        "oom_kill_disable 1\nunder_oom 0\noom_kill 2\n");
    assert_true(cgroup_kills_file(root, &path));
    assert_string_equal(path.p + strlen(root), "/sys/fs/cgroup/memory/job/memory.oom_control");
    buf_free(&path);
    /* both bind */
    put("/sys/fs/cgroup/memory.max", "200000000\n");
    assert_true(cgroup_memory(root) == 200000000);
}

/* The path of the group is as seen from outside, and what is mounted is the group itself. */
static void
containers(void **arg)
{
    (void)arg;
    groups("0::/docker/abc/inner\n", "9 8 0:3 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup rw\n");
    put("/sys/fs/cgroup/memory.max", "700\n");
    assert_true(cgroup_memory(root) == 700);
    put("/sys/fs/cgroup/inner/memory.max", "600\n");
    assert_true(cgroup_memory(root) == 600);
    groups("0::/docker/abcd\n", "9 8 0:3 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup rw\n");
    assert_true(cgroup_memory(root) == 700);
    groups("0::/../../x\n", V2_MOUNT);
    assert_true(cgroup_memory(root) == 700);
    groups("0::/\n", "9 8 0:3 / /my\\040groups ro - cgroup2 cgroup rw\n");
    put("/my groups/memory.max", "500\n");
    assert_true(cgroup_memory(root) == 500);
}

/* What is left under the nearest limit, files not counted. */
static void
left(void **arg)
{
    (void)arg;
    uint64_t limit = 0;
    struct cgroup_watch *w = cgroup_watch_new(root);
    assert_true(cgroup_watch_left(w, &limit) == UINT64_MAX);
    cgroup_watch_free(w);
    groups("4:cpu,memory,pids:/job/step\n0::/a/b\n", V1_MOUNT V2_MOUNT);
    put("/sys/fs/cgroup/memory/job/step/memory.limit_in_bytes", "9223372036854771712\n");
    put("/sys/fs/cgroup/memory/job/memory.limit_in_bytes", "10000\n");
    put("/sys/fs/cgroup/memory/job/memory.usage_in_bytes", "2000\n");
    put("/sys/fs/cgroup/memory/job/memory.stat",
        "inactive_file 1\nactive_file 1\ntotal_inactive_file 3000\ntotal_active_file 500\n");
    put("/sys/fs/cgroup/a/b/memory.max", "max\n");
    put("/sys/fs/cgroup/a/memory.high", "8000\n");
    put("/sys/fs/cgroup/a/memory.max", "9000\n");
    put("/sys/fs/cgroup/a/memory.current", "1000\n");
    put("/sys/fs/cgroup/a/memory.stat",
        "anon 7\ninactive_file 10\nactive_file 5\nslab_reclaimable 20\n");
    w = cgroup_watch_new(root);
    assert_true(cgroup_watch_left(w, &limit) == 7000 && limit == 8000);
    cgroup_watch_free(w);
    put("/sys/fs/cgroup/memory/job/memory.usage_in_bytes", "9000\n");
    put("/sys/fs/cgroup/a/memory.current", "5000\n");
    w = cgroup_watch_new(root);
    assert_true(cgroup_watch_left(w, &limit) == 3035 && limit == 8000);
    cgroup_watch_free(w);
    put("/sys/fs/cgroup/memory/job/memory.usage_in_bytes", "11000\n");
    w = cgroup_watch_new(root);
    assert_true(cgroup_watch_left(w, &limit) == 2500 && limit == 10000);
    cgroup_watch_free(w);
    put("/sys/fs/cgroup/memory/job/memory.usage_in_bytes", "");
    put("/sys/fs/cgroup/a/memory.current", "100000\n");
    put("/sys/fs/cgroup/a/memory.stat", "");
    w = cgroup_watch_new(root);
    assert_true(cgroup_watch_left(w, &limit) == UINT64_MAX);
    cgroup_watch_free(w);
    put("/sys/fs/cgroup/a/memory.stat", "anon 7\n");
    w = cgroup_watch_new(root);
    assert_true(cgroup_watch_left(w, &limit) == 0 && limit == 8000);
    cgroup_watch_free(w);
}

/* Files that are not as they should be give no limit, and no crash. */
static void
damaged(void **arg)
{
    (void)arg;
    static const char *const text[] = {"", "\n", ":", "0:", "0::", "4:memory",
        "4:memory:", "x:y:z\n\n", "1 2 3\n", " - \n", "1 2 3 / - cgroup2\n",
        "1 2 3 / /m - cgroup2\n", "a b c d e\\04 - cgroup x memory\n"};
    unsigned n = sizeof text / sizeof *text;
    for (unsigned i = 0; i < n; i++)
        for (unsigned k = 0; k < n; k++) {
            groups(text[i], text[k]);
            assert_true(cgroup_memory(root) == UINT64_MAX);
        }
    groups("0::/a", V2_MOUNT);
    put("/sys/fs/cgroup/a/memory.max", "");
    assert_true(cgroup_memory(root) == UINT64_MAX);
    put("/sys/fs/cgroup/a/memory.max", "-1");
    assert_true(cgroup_memory(root) == UINT64_MAX);
}

static void
counts(void **arg)
{
    (void)arg;
    uint64_t n = 0;
    assert_true(cgroup_kills("low 0\noom_kill 12\n", &n) && n == 12);
    assert_true(cgroup_kills("oom_kill 7", &n) && n == 7);
    assert_true(cgroup_kills("pgoom_kill 1\noom_kill 2\n", &n) && n == 2);
    assert_false(cgroup_kills("oom_kill_disable 0\nunder_oom 0\n", &n));
    assert_false(cgroup_kills("", &n));
}

static void
slurm(void **arg)
{
    (void)arg;
    static const char *const all[] = {"SLURM_JOB_ID", "SLURM_MEM_PER_NODE", "SLURM_MEM_PER_CPU",
        "SLURM_CPUS_ON_NODE", "SLURM_MEM_PER_GPU", "SLURM_GPUS_ON_NODE"};
    for (unsigned i = 0; i < 6; i++)
        unsetenv(all[i]);
    assert_true(machine_job_memory() == UINT64_MAX);
    setenv("SLURM_MEM_PER_NODE", "100", 1);
    assert_true(machine_job_memory() == UINT64_MAX); /* no job: somebody set it by hand */
    setenv("SLURM_JOB_ID", "1", 1);
    assert_true(machine_job_memory() == 100ull << 20);
    assert_true(machine_memory() <= 100ull << 20);
    assert_true(machine_task_memory() == machine_memory() - machine_memory() / 10);
    setenv("SLURM_MEM_PER_NODE", "0", 1); /* all of it */
    assert_true(machine_job_memory() == UINT64_MAX);
    setenv("SLURM_MEM_PER_CPU", "2048", 1);
    assert_true(machine_job_memory() == UINT64_MAX); /* of how many it is not said */
    setenv("SLURM_CPUS_ON_NODE", "32", 1);
    assert_true(machine_job_memory() == 64ull << 30);
    setenv("SLURM_MEM_PER_CPU", "99999999999999", 1);
    assert_true(machine_job_memory() == UINT64_MAX);
    setenv("SLURM_MEM_PER_CPU", "2G", 1);
    assert_true(machine_job_memory() == UINT64_MAX);
    setenv("SLURM_MEM_PER_GPU", "1000", 1);
    setenv("SLURM_GPUS_ON_NODE", "4", 1);
    assert_true(machine_job_memory() == 4000ull << 20);
    for (unsigned i = 0; i < 6; i++)
        unsetenv(all[i]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(nothing, begin, end),
        cmocka_unit_test_setup_teardown(v2, begin, end),
        cmocka_unit_test_setup_teardown(v1, begin, end),
        cmocka_unit_test_setup_teardown(containers, begin, end),
        cmocka_unit_test_setup_teardown(left, begin, end),
        cmocka_unit_test_setup_teardown(damaged, begin, end), cmocka_unit_test(counts),
        cmocka_unit_test(slurm)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
