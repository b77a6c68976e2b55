#include "config.h"

#include "journal/wanted.h"

#include "journal/names.h"
#include "journal/paths.h"
#include "util/file.h"
#include "util/hash.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_BYTES = 1 << 30 };

static void
wanted_path(const char *state_dir, struct buf *path)
{
    buf_printf(path, "%s/" STATE_WANTED, state_dir);
}

/* Lines of numbers, up to the one that ends them. False: the text is damaged. */
static bool
parse_shards(const char *text, const char *s, bool *shard, uint32_t nshards)
{
    uint32_t crc;
    while (*s >= '0' && *s <= '9') {
        char *end;
        errno = 0;
        unsigned long n = strtoul(s, &end, 10);
        if (errno || n >= nshards || *end != '\n')
            return false;
        shard[n] = true;
        s = end + 1;
    }
    return sscanf(s, "end %8" SCNx32, &crc) == 1 &&
           crc == crc32_update(0, text, (size_t)(s - text));
}

static bool
parse(const struct buf *text, uint64_t plan_hash, bool *shard, uint32_t nshards,
    char holder[HOLDER_SIZE])
{
    uint64_t plan;
    int end = 0;
    return text->n && strlen(text->p) == text->n &&
           sscanf(text->p, "wfl-wanted 1 %23s %16" SCNx64 "\n%n", holder, &plan, &end) == 2 &&
           end && plan == plan_hash && parse_shards(text->p, text->p + end, shard, nshards);
}

int
wanted_read(const char *state_dir, uint64_t plan_hash, bool *shard, uint32_t nshards,
    char holder[HOLDER_SIZE])
{
    struct buf text = {0};
    memset(shard, 0, nshards * sizeof *shard);
    *holder = 0;
    int err = names_read(state_dir, STATE_WANTED, MOST_BYTES, &text);
    if (err || !parse(&text, plan_hash, shard, nshards, holder) ||
        !lease_seen(state_dir, holder, NULL, 0)) {
        memset(shard, 0, nshards * sizeof *shard);
        *holder = 0;
    }
    buf_free(&text);
    return err == ENOENT || err == EINVAL ? 0 : err;
}

int
wanted_write(const char *state_dir, uint64_t plan_hash, const char *holder, const bool *shard,
    uint32_t nshards)
{
    struct buf path = {0}, text = {0};
    wanted_path(state_dir, &path);
    buf_printf(&text, "wfl-wanted 1 %s %016" PRIx64 "\n", holder, plan_hash);
    for (uint32_t s = 0; s < nshards; s++)
        if (shard[s])
            buf_printf(&text, "%" PRIu32 "\n", s);
    buf_printf(&text, "end %08" PRIx32 "\n", crc32_update(0, text.p, text.n));
    int err = file_write_atomic(path.p, text.p, text.n, 0666);
    buf_free(&path);
    buf_free(&text);
    return err;
}

void
wanted_remove(const char *state_dir)
{
    struct buf path = {0};
    wanted_path(state_dir, &path);
    unlink(path.p);
    buf_free(&path);
}
