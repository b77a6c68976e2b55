/* Which processors a process gets, by trees like those of /sys. */
#include "config.h"

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cost/places.h"
#include "util/buf.h"
#include "util/file.h"

static char root[32];

static void
put(const char *text, const char *path, ...)
{
    struct buf whole = {0};
    va_list ap;
    va_start(ap, path);
    buf_puts(&whole, root);
    buf_vprintf(&whole, path, ap);
    va_end(ap);
    assert_int_equal(dir_make_parent(whole.p), 0);
    assert_int_equal(file_write_atomic(whole.p, text, strlen(text), 0600), 0);
    buf_free(&whole);
}

/* Two NUMA nodes of four cores with two hardware threads each, numbered as usual: 0 .. 7, and then
 * the second thread of each. GPUs at both, the first in order of addresses at node 1. */
static int
make_machine(void **state)
{
    char list[16];
    (void)state;
    strcpy(root, "/tmp/wfl-places.XXXXXX");
    assert_non_null(mkdtemp(root));
    for (int cpu = 0; cpu < 16; cpu++) {
        snprintf(list, sizeof list, "%d,%d\n", cpu % 8, cpu % 8 + 8);
        put(list, "/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list", cpu);
    }
    put("0-3,8-11\n", "/sys/devices/system/node/node0/cpulist");
    put("4-7,12-15\n", "/sys/devices/system/node/node1/cpulist");
    put("1\n", "/sys/bus/pci/drivers/nvidia/0000:3b:00.0/numa_node");
    put("0\n", "/sys/bus/pci/drivers/nvidia/0000:af:00.0/numa_node");
    put("\n", "/sys/bus/pci/drivers/nvidia/bind");
    return 0;
}

static int
remove_machine(void **state)
{
    (void)state;
    struct buf command = {0};
    buf_printf(&command, "rm -rf %s", root);
    assert_int_equal(system(command.p), 0);
    buf_free(&command);
    return 0;
}

static cpu_set_t
cpus(int first, int last)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    for (int i = first; i <= last; i++)
        CPU_SET(i, &set);
    return set;
}

static void
expect_cpus(const cpu_set_t *set, const char *want)
{
    struct buf got = {0};
    for (int i = 0; i < CPU_SETSIZE; i++)
        if (CPU_ISSET(i, set))
            buf_printf(&got, "%s%d", got.n ? "," : "", i);
    assert_string_equal(got.n ? got.p : "", want);
    buf_free(&got);
}

static void
expect_taken(struct places *p, uint32_t n, int near, const char *want, cpu_set_t *set)
{
    assert_true(places_take(p, n, near, set));
    expect_cpus(set, want);
}

static void
test_a_thread_of_each_core(void **state)
{
    (void)state;
    cpu_set_t all = cpus(0, 15), a, b, c, d;
    struct places *p = places_new(root, &all, 8);
    expect_taken(p, 3, -1, "0,1,2", &a);
    expect_taken(p, 2, -1, "4,5", &b); /* not 3 and 4: these are of two nodes */
    expect_taken(p, 1, -1, "3", &c);   /* the shortest stretch that will do */
    expect_taken(p, 2, -1, "6,7", &d);
    assert_false(places_take(p, 1, -1, &a));
    expect_cpus(&a, "");
    places_free(p);
}

static void
test_hardware_threads(void **state)
{
    (void)state;
    cpu_set_t all = cpus(0, 15), a, b;
    struct places *p = places_new(root, &all, 16);
    expect_taken(p, 2, -1, "0,8", &a); /* a core's threads belong together */
    expect_taken(p, 3, -1, "1,2,9", &b);
    places_free(p);
    assert_null(places_new(root, &all, 17));
    assert_null(places_new(root, &all, 4)); /* others may be here */
}

/* What we may run on counts, not what the machine has. */
static void
test_bound_launcher(void **state)
{
    (void)state;
    cpu_set_t some = cpus(5, 12), a;
    struct places *p = places_new(root, &some, 8); /* 5, 6, 7 and the second threads of 0 .. 4 */
    expect_taken(p, 4, -1, "8,9,10,11", &a);
    places_give(p, &a);
    expect_cpus(&a, "");
    expect_taken(p, 8, -1, "5,6,7,8,9,10,11,12", &a);
    places_free(p);
}

static void
test_over_a_border_and_scattered(void **state)
{
    (void)state;
    cpu_set_t all = cpus(0, 15), a, b, c, d, e;
    struct places *p = places_new(root, &all, 8);
    expect_taken(p, 2, -1, "0,1", &a);
    expect_taken(p, 3, -1, "4,5,6", &b);
    expect_taken(p, 1, -1, "7", &c);
    places_give(p, &b);
    expect_taken(p, 4, -1, "2,3,4,5", &d); /* side by side, if of two nodes */
    places_give(p, &a);
    expect_taken(p, 3, -1, "0,1,6", &e); /* what there is */
    places_free(p);
}

static void
test_near_a_gpu(void **state)
{
    (void)state;
    assert_int_equal(places_of_gpu(root, 0), 1);
    assert_int_equal(places_of_gpu(root, 1), 0);
    assert_int_equal(places_of_gpu(root, 2), -1);
    assert_int_equal(places_of_gpu("/nonexistent", 0), -1);
    cpu_set_t all = cpus(0, 15), a, b, c;
    struct places *p = places_new(root, &all, 8);
    expect_taken(p, 3, 1, "4,5,6", &a);
    expect_taken(p, 2, 1, "0,1", &b); /* none is near */
    expect_taken(p, 1, 1, "7", &c);
    places_free(p);
}

static void
test_nothing_told(void **state)
{
    (void)state;
    cpu_set_t all = cpus(2, 3), a;
    struct places *p = places_new("/nonexistent", &all, 2);
    expect_taken(p, 2, -1, "2,3", &a);
    places_free(p);
    put("what\n", "/sys/devices/system/cpu/cpu2/topology/thread_siblings_list");
    put("99999-4294967296\n", "/sys/devices/system/node/node0/cpulist");
    p = places_new(root, &all, 2);
    expect_taken(p, 2, -1, "2,3", &a);
    places_free(p);
}

/* No place has two owners, none gets lost. */
static void
test_owners(void **state)
{
    (void)state;
    cpu_set_t all = cpus(0, 15), held[8], both;
    uint32_t x = 1, n[8] = {0}, used = 0;
    struct places *p = places_new(root, &all, 16);
    for (int round = 0; round < 20000; round++) {
        x = x * 1664525 + 1013904223;
        uint32_t i = x >> 29, want = 1 + (x >> 20) % 5;
        if (n[i]) {
            places_give(p, &held[i]);
            used -= n[i];
            n[i] = 0;
            assert_int_equal(CPU_COUNT(&held[i]), 0);
            continue;
        }
        bool got = places_take(p, want, (int)(x >> 10 & 3) - 1, &held[i]);
        assert_int_equal(got, want <= 16 - used);
        n[i] = got ? want : 0;
        used += n[i];
        assert_int_equal(CPU_COUNT(&held[i]), n[i]);
        for (uint32_t k = 0; k < 8; k++)
            if (k != i && n[k] && n[i]) {
                CPU_AND(&both, &held[i], &held[k]);
                assert_int_equal(CPU_COUNT(&both), 0);
            }
    }
    places_free(p);
}

int
main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, make_machine, remove_machine)
    const struct CMUnitTest tests[] = {T(test_a_thread_of_each_core), T(test_hardware_threads),
        T(test_bound_launcher), T(test_over_a_border_and_scattered), T(test_near_a_gpu),
        T(test_nothing_told), T(test_owners)};
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
