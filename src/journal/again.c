#include "config.h"

#include "journal/again.h"

#include "journal/names.h"
#include "journal/paths.h"
#include "util/file.h"
#include "util/hash.h"
#include "util/list.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FORMAT = 1, MOST_BYTES = 1 << 30 };

/* False: the text is damaged. */
static bool
parse(const struct buf *text, uint64_t *plan, struct again *a)
{
    const char *s = text->p;
    uint64_t version, number, shard, epoch, bytes, crc;
    if (!s || strlen(s) != text->n || !take_word(&s, "wfl-again ") ||
        !take_number(&s, 10, FORMAT, ' ', &version) || version != FORMAT ||
        !take_number(&s, 10, UINT8_MAX, ' ', &number) || !number ||
        !take_number(&s, 16, UINT64_MAX, '\n', plan))
        return false;
    a->number = (uint8_t)number;
    uint32_t cap = 0;
    size_t lines;
    while (lines = (size_t)(s - text->p), !take_word(&s, "end ")) {
        if (!take_number(&s, 10, UINT32_MAX, ' ', &shard) ||
            !take_number(&s, 10, UINT32_MAX, ' ', &epoch) ||
            !take_number(&s, 10, INT64_MAX, '\n', &bytes) ||
            (a->n && shard <= a->mark[a->n - 1].shard))
            return false;
        ARRAY_GROW(a->mark, a->n, cap);
        a->mark[a->n++] = (struct again_mark){(uint32_t)shard, (uint32_t)epoch, bytes};
    }
    return take_number(&s, 16, UINT32_MAX, '\n', &crc) && !*s &&
           crc == crc32_update(0, text->p, lines);
}

int
again_read(const char *state_dir, uint64_t plan_hash, struct again *a)
{
    struct buf text = {0};
    uint64_t plan = 0;
    *a = (struct again){0};
    int err = names_read(state_dir, STATE_AGAIN, MOST_BYTES, &text);
    if (err || !parse(&text, &plan, a) || plan != plan_hash)
        again_free(a);
    buf_free(&text);
    return err == ENOENT || err == EINVAL ? 0 : err;
}

void
again_free(struct again *a)
{
    free(a->mark);
    *a = (struct again){0};
}

static int
by_shard(const void *a, const void *b)
{
    const struct again_mark *x = a, *y = b;
    return x->shard < y->shard ? -1 : x->shard > y->shard;
}

bool
again_void(const struct again *a, uint32_t shard, uint32_t epoch, uint64_t at)
{
    const struct again_mark key = {.shard = shard};
    const struct again_mark *m =
        a->n ? bsearch(&key, a->mark, a->n, sizeof *a->mark, by_shard) : NULL;
    return m && (epoch < m->epoch || (epoch == m->epoch && at < m->bytes));
}

/* They go round; two that are compared are never far apart. */
bool
again_later(uint8_t number, uint8_t other)
{
    return number && (!other || (int8_t)(uint8_t)(number - other) > 0);
}

int
again_write(const char *state_dir, uint64_t plan_hash, const struct again *a)
{
    struct buf text = {0}, path = {0};
    buf_printf(&text, "wfl-again %d %u %016" PRIx64 "\n", FORMAT, a->number, plan_hash);
    for (uint32_t i = 0; i < a->n; i++)
        buf_printf(&text, "%" PRIu32 " %" PRIu32 " %" PRIu64 "\n", a->mark[i].shard,
            a->mark[i].epoch, a->mark[i].bytes);
    buf_printf(&text, "end %08" PRIx32 "\n", crc32_update(0, text.p, text.n));
    buf_printf(&path, "%s/" STATE_AGAIN, state_dir);
    int err = file_write_atomic(path.p, text.p, text.n, 0666);
    buf_free(&text);
    buf_free(&path);
    return err;
}

int
again_remove(const char *state_dir, uint64_t plan_hash)
{
    struct again a;
    struct buf path = {0};
    int err = again_read(state_dir, plan_hash, &a);
    buf_printf(&path, "%s/" STATE_AGAIN, state_dir);
    if (!err && a.number && unlink(path.p) != 0 && errno != ENOENT)
        err = errno;
    again_free(&a);
    buf_free(&path);
    return err;
}
