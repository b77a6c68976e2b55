/* How long it takes to split a plan into shards, and what they are like: shards FILE [WANT]. */
#include "config.h"

#include "target/site.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double
now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t); /* what others do does not count */
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

int
main(int argc, char **argv)
{
    const struct node_room room = {.memory = UINT64_C(81604378624), .cores = 68, .gpus = 0};
    struct buf why = {0};
    struct plan *p = argc > 1 ? plan_open(argv[1], &why) : NULL;
    if (!p) {
        fprintf(stderr, "shards: %s\n", argc > 1 ? why.p : "shards FILE [WANT]");
        return 2;
    }
    uint32_t want = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 4096;
    const struct cut cut = {.parts = want / 4 + 1, .most = want, .together = 4};
    double best = 1e9, weigh = 1e9;
    struct buf shards = {0}, runs = {0};
    for (int round = 0; round < 5; round++) {
        struct work w;
        double start = now();
        work_init(&w, p, &room);
        double weighed = now();
        buf_reset(&shards);
        buf_reset(&runs);
        shards_make(p, &w, &cut, &shards, &runs);
        double end = now();
        weigh = weighed - start < weigh ? weighed - start : weigh;
        best = end - weighed < best ? end - weighed : best;
        work_free(&w);
    }
    printf("%u tasks, %zu shards, %zu runs: %.4f s, and %.4f s to weigh the tasks\n",
        p->head->ntasks, shards.n / sizeof(struct plan_shard), runs.n / sizeof(struct plan_range),
        best, weigh);
    plan_close(p);
    buf_free(&shards);
    buf_free(&runs);
    buf_free(&why);
    return 0;
}
