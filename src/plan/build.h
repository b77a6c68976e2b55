/* Making a plan file in memory. libc only; used by the planner, and by tests of the shim. */
#ifndef PLAN_BUILD_H
#define PLAN_BUILD_H

#include "plan/plan.h"
#include "util/strpool.h"

/* Records are appended to their section in the order that plan.h asks for; `head` counts and
 * offsets are filled in by plan_finish, the rest by the caller. */
struct plan_builder {
    struct plan_head head;
    struct strpool strings;
    struct buf places[PLACE_KINDS]; /* struct plan_place */
    struct buf uses;                /* struct plan_use */
    struct buf section[PLAN_NSECTIONS];
};

void plan_builder_init(struct plan_builder *b);
void plan_builder_free(struct plan_builder *b);

/* Appends a record (its size must be that of the section's struct); returns its index. */
uint32_t plan_add(struct plan_builder *b, enum plan_section s, const void *rec, size_t size);
uint32_t plan_count(const struct plan_builder *b, enum plan_section s, size_t size);
struct plan_code plan_add_code(struct plan_builder *b, const void *code, size_t n);
/* Appends to PLAN_DATA at a multiple of 8; returns the offset. */
uint64_t plan_add_data(struct plan_builder *b, const void *p, size_t n);

/* What the record just appended is called, and where it stands. Records without one have no name.
 */
void plan_add_place(struct plan_builder *b, enum plan_place_of of, uint32_t index, const char *name,
    uint32_t line, uint32_t column);

/* A pattern of files that tasks of a family use, or (PLAN_NONE) all. */
void plan_add_use(struct plan_builder *b, uint32_t family, const char *pattern, uint32_t line);

/* The offset of a name among these, for the head. */
uint32_t plan_add_name(struct plan_builder *b, const char *name);

/* Codes: append an instruction with its operand to a code under construction. */
void code_op(struct buf *code, enum vm_op op);
void code_int(struct buf *code, int64_t v);
void code_real(struct buf *code, double v);
void code_str(struct buf *code, uint32_t string);
void code_fail(struct buf *code, uint32_t string);
void code_u16(struct buf *code, enum vm_op op, uint16_t operand); /* CONCAT OUT NEED_COUNT */
void code_col(struct buf *code, uint16_t var, uint32_t column);
void code_need_out(struct buf *code, uint16_t need, uint16_t output, uint8_t mode);
/* For each task of the bundle the text that `each` gives, a code that was added to the plan; pops
 * the separator. */
void code_sky(struct buf *code, uint8_t nargs, uint16_t visit, uint16_t sensor, uint32_t use);
void code_bundle_join(struct buf *code, struct plan_code each);
/* The sum, least or greatest (`how`: OP_ADD, OP_MIN, OP_MAX) of what `each`, a code that was added
 * to the plan, gives for the tasks that `need` stands for. */
void code_need_fold(struct buf *code, uint16_t need, enum vm_op how, struct plan_code each);
void code_fmt(struct buf *code, uint8_t flags, uint8_t width, uint8_t precision, char verb);
/* A jump whose target is set later: returns where its operand stands; code_land makes it arrive
 * at the present end of the code. */
size_t code_jump(struct buf *code, enum vm_op op);
void code_land(struct buf *code, size_t jump);

/* The whole file, ready for plan_from_bytes and for writing. For this machine, all it has, one
 * shard, unless b->head or the sections say something else. */
void plan_finish(struct plan_builder *b, struct buf *image);

/* What a plan says of the place that it is for. */
struct plan_at {
    const char *site;
    uint32_t cores, gpus;
    uint64_t memory;
    /* as in struct plan_head */
    uint32_t njobs, job_nodes, job_seconds, least_nodes, most_nodes, least_seconds, most_seconds;
    uint32_t nshards, nruns; /* 0: one shard */
    const struct plan_shard *shard;
    const struct plan_range *run;
    /* what it makes of the containers: three sections; NULL: they are as they were */
    const struct buf *containers, *words, *texts;
};
/* The same plan for another place. */
void plan_move(const struct plan *p, const struct plan_at *at, struct buf *image);

#endif
