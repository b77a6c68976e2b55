#include "config.h"

#include "plan/build.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

void
plan_builder_init(struct plan_builder *b)
{
    *b = (struct plan_builder){.head.gpus = PLAN_NONE, .head.umask = PLAN_NONE};
    strpool_init(&b->strings);
}

void
plan_builder_free(struct plan_builder *b)
{
    strpool_free(&b->strings);
    for (int s = 0; s < PLAN_NSECTIONS; s++)
        buf_free(&b->section[s]);
    for (int i = 0; i < PLACE_KINDS; i++)
        buf_free(&b->places[i]);
    buf_free(&b->uses);
}

uint32_t
plan_add(struct plan_builder *b, enum plan_section s, const void *rec, size_t size)
{
    uint32_t i = plan_count(b, s, size);
    buf_add(&b->section[s], rec, size);
    return i;
}

uint32_t
plan_count(const struct plan_builder *b, enum plan_section s, size_t size)
{
    return (uint32_t)(b->section[s].n / size);
}

struct plan_code
plan_add_code(struct plan_builder *b, const void *code, size_t n)
{
    struct plan_code c = {(uint32_t)b->section[PLAN_CODE].n, (uint32_t)n};
    buf_add(&b->section[PLAN_CODE], code, n);
    return c;
}

static void
pad8(struct buf *b)
{
    static const char zero[8];
    buf_add(b, zero, (8 - b->n % 8) % 8);
}

uint64_t
plan_add_data(struct plan_builder *b, const void *p, size_t n)
{
    struct buf *d = &b->section[PLAN_DATA];
    pad8(d);
    uint64_t at = d->n;
    buf_add(d, p, n);
    return at;
}

/* The offset of `name` in PLAN_PLACE_NAMES, which is made to hold it. Offset 0: no name. */
static uint32_t
place_name(struct buf *names, const char *name)
{
    if (!names->n)
        buf_putc(names, 0);
    uint32_t at = 0;
    while (at < names->n && strcmp(names->p + at, name) != 0)
        at += (uint32_t)strlen(names->p + at) + 1;
    if (at == names->n)
        buf_add(names, name, strlen(name) + 1);
    return at;
}

uint32_t
plan_add_name(struct plan_builder *b, const char *name)
{
    return place_name(&b->section[PLAN_PLACE_NAMES], name);
}

/* `n` places of one kind at least. */
static void
fill_places(struct buf *places, uint32_t n)
{
    static const struct plan_place none;
    while (places->n < (size_t)n * sizeof none)
        buf_add(places, &none, sizeof none);
}

void
plan_add_place(struct plan_builder *b, enum plan_place_of of, uint32_t index, const char *name,
    uint32_t line, uint32_t column)
{
    struct buf *places = &b->places[of];
    uint32_t at = place_name(&b->section[PLAN_PLACE_NAMES], name);
    fill_places(places, index + 1);
    ((struct plan_place *)(void *)places->p)[index] = (struct plan_place){at, line, column};
}

void
plan_add_use(struct plan_builder *b, uint32_t family, const char *pattern, uint32_t line)
{
    struct plan_use u = {place_name(&b->section[PLAN_PLACE_NAMES], pattern), family, line};
    buf_add(&b->uses, &u, sizeof u);
}

void
code_op(struct buf *code, enum vm_op op)
{
    buf_putc(code, (char)op);
}

static void
put64(struct buf *code, enum vm_op op, uint64_t v)
{
    code_op(code, op);
    v = htole64(v);
    buf_add(code, &v, 8);
}

static void
put16(struct buf *code, uint16_t v)
{
    v = htole16(v);
    buf_add(code, &v, 2);
}

static void
put32(struct buf *code, uint32_t v)
{
    v = htole32(v);
    buf_add(code, &v, 4);
}

void
code_int(struct buf *code, int64_t v)
{
    put64(code, OP_INT, (uint64_t)v);
}

void
code_real(struct buf *code, double v)
{
    uint64_t u;
    memcpy(&u, &v, 8);
    put64(code, OP_REAL, u);
}

void
code_str(struct buf *code, uint32_t string)
{
    code_op(code, OP_STR);
    put32(code, string);
}

void
code_fail(struct buf *code, uint32_t string)
{
    code_op(code, OP_FAIL);
    put32(code, string);
}

void
code_u16(struct buf *code, enum vm_op op, uint16_t operand)
{
    code_op(code, op);
    put16(code, operand);
}

void
code_col(struct buf *code, uint16_t var, uint32_t column)
{
    code_op(code, OP_COL);
    put16(code, var);
    put32(code, column);
}

void
code_need_out(struct buf *code, uint16_t need, uint16_t output, uint8_t mode)
{
    code_op(code, OP_NEED_OUT);
    put16(code, need);
    put16(code, output);
    buf_putc(code, (char)mode);
}

void
code_bundle_join(struct buf *code, struct plan_code each)
{
    code_op(code, OP_BUNDLE_JOIN);
    put32(code, each.offset);
    put32(code, each.size);
}

void
code_sky(struct buf *code, uint8_t nargs, uint16_t visit, uint16_t sensor, uint32_t use)
{
    code_op(code, OP_SKY);
    buf_putc(code, (char)nargs);
    put16(code, visit);
    put16(code, sensor);
    put32(code, use);
}

void
code_need_fold(struct buf *code, uint16_t need, enum vm_op how, struct plan_code each)
{
    code_u16(code, OP_NEED_FOLD, need);
    buf_putc(code, (char)how);
    put32(code, each.offset);
    put32(code, each.size);
}

void
code_fmt(struct buf *code, uint8_t flags, uint8_t width, uint8_t precision, char verb)
{
    const uint8_t p[4] = {flags, width, precision, (uint8_t)verb};
    code_op(code, OP_FMT);
    buf_add(code, p, 4);
}

size_t
code_jump(struct buf *code, enum vm_op op)
{
    code_op(code, op);
    put32(code, 0);
    return code->n - 4;
}

void
code_land(struct buf *code, size_t jump)
{
    uint32_t far = htole32((uint32_t)(code->n - jump - 4));
    memcpy(code->p + jump, &far, 4);
}

static void
write_places(struct plan_builder *b)
{
    struct buf *s = b->section;
    if (!s[PLAN_PLACE_NAMES].n)
        buf_putc(&s[PLAN_PLACE_NAMES], 0);
    buf_reset(&s[PLAN_PLACES]);
    const uint32_t count[PLACE_KINDS] = {
        [PLACE_SOURCE] = 1,
        [PLACE_TABLE] = plan_count(b, PLAN_TABLES, sizeof(struct plan_table)),
        [PLACE_COLUMN] = plan_count(b, PLAN_COLUMNS, sizeof(struct plan_column)),
        [PLACE_VAR] = plan_count(b, PLAN_VARS, sizeof(struct plan_var)),
        [PLACE_FAMILY] = plan_count(b, PLAN_FAMILIES, sizeof(struct plan_family)),
        [PLACE_FILE] = plan_count(b, PLAN_FILES, sizeof(struct plan_file)),
    };
    for (int i = 0; i < PLACE_KINDS; i++) {
        fill_places(&b->places[i], count[i]);
        buf_add(&s[PLAN_PLACES], b->places[i].p, count[i] * sizeof(struct plan_place));
    }
    buf_add(&s[PLAN_PLACES], b->uses.p, b->uses.n);
}

/* Head and sections, with their sizes and hashes. */
static void
write_image(struct plan_head *h, const struct buf *section, struct buf *image)
{
    memcpy(h->magic, PLAN_MAGIC, 8);
    h->version = PLAN_VERSION;
    h->nsections = PLAN_NSECTIONS;
    h->hash = 0;
    buf_reset(image);
    buf_add(image, h, sizeof *h);
    for (int i = 0; i < PLAN_NSECTIONS; i++) {
        pad8(image);
        h->section[i].offset = image->n;
        h->section[i].size = section[i].n;
        buf_add(image, section[i].p, section[i].n);
    }
    pad8(image);
    h->size = image->n;
    memcpy(image->p, h, sizeof *h);
    const uint64_t what[] = {h->campaign, h->ntasks};
    h->identity = hash64(image->p + sizeof *h, h->section[PLAN_PLACES].offset - sizeof *h,
        hash64(what, sizeof what, 0));
    memcpy(image->p, h, sizeof *h);
    h->hash = plan_hash((const uint8_t *)image->p, image->n);
    memcpy(image->p, h, sizeof *h);
}

void
plan_finish(struct plan_builder *b, struct buf *image)
{
    struct buf *s = b->section;
    buf_reset(&s[PLAN_STRING_OFFSETS]);
    buf_reset(&s[PLAN_STRING_BYTES]);
    buf_add(&s[PLAN_STRING_OFFSETS], b->strings.offset, (b->strings.count + 1) * sizeof(uint32_t));
    buf_add(&s[PLAN_STRING_BYTES], b->strings.bytes, b->strings.nbytes);

    pad8(&s[PLAN_DATA]);
    write_places(b);
    write_image(&b->head, s, image);
}

/* Borrowed, only read. */
static void
borrow_sections(const struct plan *p, struct buf *section)
{
    for (int i = 0; i < PLAN_NSECTIONS; i++)
        section[i] = (struct buf){.p = (char *)(uintptr_t)p->base + p->head->section[i].offset,
            .n = p->head->section[i].size};
}

void
plan_move(const struct plan *p, const struct plan_at *at, struct buf *image)
{
    struct plan_head h = *p->head;
    struct buf section[PLAN_NSECTIONS], names = {0};
    borrow_sections(p, section);
    section[PLAN_SHARDS] =
        (struct buf){.p = (char *)(uintptr_t)at->shard, .n = at->nshards * sizeof *at->shard};
    section[PLAN_RUNS] =
        (struct buf){.p = (char *)(uintptr_t)at->run, .n = at->nruns * sizeof *at->run};
    if (at->containers) {
        section[PLAN_CONTAINERS] = *at->containers;
        section[PLAN_WORDS] = *at->words;
        section[PLAN_CONTAINER_TEXTS] = *at->texts;
    }
    buf_add(&names, section[PLAN_PLACE_NAMES].p, section[PLAN_PLACE_NAMES].n);
    h.site = place_name(&names, at->site);
    section[PLAN_PLACE_NAMES] = names;
    h.cores = at->cores;
    h.gpus = at->gpus;
    h.memory = at->memory;
    h.njobs = at->njobs;
    h.job_nodes = at->job_nodes;
    h.job_seconds = at->job_seconds;
    h.least_nodes = at->least_nodes;
    h.most_nodes = at->most_nodes;
    h.least_seconds = at->least_seconds;
    h.most_seconds = at->most_seconds;
    write_image(&h, section, image);
    buf_free(&names);
}
