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
/* `spec` is the operand of OP_FMT. False: ev->error. */
bool vm_format(struct vm_eval *ev, const uint8_t *spec, struct value *v);
/* The number as text: the shortest of 15, 16, 17 digits that reads back the same. */
int vm_real_text(double r, char *buf, size_t n);

#endif
