/* What run.c, verify.c and format.c share. */
#ifndef VM_INTERNAL_H
#define VM_INTERNAL_H

#include "vm/vm.h"

#include <endian.h>
#include <string.h>

extern const uint8_t vm_operand_bytes[OP_COUNT];

static inline uint16_t
get16(const uint8_t *p)
{
    uint16_t v;
    memcpy(&v, p, 2);
    return le16toh(v);
}

static inline uint32_t
get32(const uint8_t *p)
{
    uint32_t v;
    memcpy(&v, p, 4);
    return le32toh(v);
}

static inline uint64_t
get64(const uint8_t *p)
{
    uint64_t v;
    memcpy(&v, p, 8);
    return le64toh(v);
}

static inline double
get_real(const uint8_t *p)
{
    uint64_t u = get64(p);
    double r;
    memcpy(&r, &u, 8);
    return r;
}

/* Memory for a string of n bytes and its NUL, valid until the next vm_run. */
char *vm_alloc(struct vm_eval *ev, size_t n);
bool vm_fail(struct vm_eval *ev, const char *why); /* false, with this sentence in ev->error */

/* text.c. `*` stands for any run of characters, everything else for itself. */
bool vm_match(const char *s, size_t n, const char *p, size_t m);
/* How many characters a string has, and the byte where number `at` begins (or its end). */
uint32_t vm_characters(const struct value *v);
uint32_t vm_byte_of(const struct value *v, uint32_t at);
/* LOWER, UPPER, LEN and QUOTE (in the way `how`) of *v. */
bool vm_text(struct vm_eval *ev, uint8_t op, uint8_t how, struct value *v);
bool vm_concat(struct vm_eval *ev, struct value *v, uint16_t count, struct value *out);
/* Of v[0], v[1], v[2]; the result is v[0]. */
bool vm_slice(struct vm_eval *ev, struct value *v);
bool vm_replace(struct vm_eval *ev, struct value *v);

/* `spec` is the operand of OP_FMT. False: ev->error. */
bool vm_format(struct vm_eval *ev, const uint8_t *spec, struct value *v);
/* The number as text: rounded to the fewest digits with which it reads back the same. */
int vm_real_text(double r, char *buf, size_t n);

#endif
