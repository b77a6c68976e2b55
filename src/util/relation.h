/* Who waits for whom: consumers and producers, both counted from 0, meet in groups. A consumer has
 * one group or none; it waits for all members of it. Two forms: stored arrays, and arithmetic,
 * where both sides are all combinations of rows and must agree in some of them, so that nothing is
 * stored for a task. libc only. */
#ifndef UTIL_RELATION_H
#define UTIL_RELATION_H

#include <stdbool.h>
#include <stdint.h>

#define RELATION_NONE UINT32_MAX

enum { RELATION_MAX_DIGITS = 32 };

/* A number in mixed radix: the digit is number / stride % size. */
struct relation_digit {
    uint32_t stride, size;
    uint32_t weight; /* what a step of it adds to the group's number; 0: not shared */
};

struct relation_side {
    uint32_t n;    /* consumers, or producers */
    uint32_t each; /* how many of them belong to one group */
    uint32_t nshared, nfree;
    struct relation_digit shared[RELATION_MAX_DIGITS];
    struct relation_digit free[RELATION_MAX_DIGITS]; /* the last varies fastest */
};

struct relation {
    bool arithmetic;
    uint32_t nconsumers, nproducers, ngroups, nmembers;
    /* Stored; borrowed. NULL stands for the identity 0, 1, 2 ... */
    const uint32_t *group_of; /* of each consumer: a group or RELATION_NONE */
    const uint32_t *start;    /* ngroups + 1 offsets into members */
    const uint32_t *members;  /* producers */
    /* Arithmetic. */
    struct relation_side consumer, producer;
};

/* Makes the arithmetic form. Variable v of a side has size[v] rows, the last one varies fastest;
 * variable pair[i][0] of the consumers and pair[i][1] of the producers must agree. False: no
 * variable may stand in two pairs, sizes of a pair must be equal, and each side's product of sizes
 * must be from 1 to 2^32 - 2. */
bool relation_product(struct relation *r, const uint32_t *consumer_size, uint32_t nconsumer,
    const uint32_t *producer_size, uint32_t nproducer, const uint32_t (*pair)[2], uint32_t npairs);

/* The group of a consumer, or RELATION_NONE. */
uint32_t relation_group(const struct relation *r, uint32_t consumer);
/* How many members a group has. */
uint32_t relation_count(const struct relation *r, uint32_t group);

/* Members of a group in ascending order. */
struct relation_walk {
    const uint32_t *list; /* stored members, NULL: first + i * stride, `run` of them at a time */
    const struct relation_side *side;
    uint32_t i, n, base, at, stride, run;
};
void relation_members(const struct relation *r, uint32_t group, struct relation_walk *w);
/* False: there are no more. */
bool relation_next(struct relation_walk *w, uint32_t *number);

/* The other direction, of arithmetic relations only: the one group that a producer belongs to,
 * and the consumers of a group in ascending order. */
uint32_t relation_group_with(const struct relation *r, uint32_t producer);
void relation_consumers(const struct relation *r, uint32_t group, struct relation_walk *w);

#endif
