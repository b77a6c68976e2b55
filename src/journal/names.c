#include "config.h"

#include "journal/names.h"

#include "journal/journal.h"
#include "journal/paths.h"

#include <stdio.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "journals and plans are little-endian and used in place"
#endif

const char *
journal_reason_name(enum journal_reason r)
{
    static const char *const name[] = {
#define X(id, text) text,
        JOURNAL_REASONS(X)
#undef X
    };
    return (size_t)r < sizeof name / sizeof *name ? name[r] : "?";
}

const char *
journal_flaw_name(enum journal_flaw f)
{
    static const char *const name[] = {
#define X(id, text) text,
        JOURNAL_FLAWS(X)
#undef X
    };
    return name[(size_t)f < sizeof name / sizeof *name ? f : FLAW_UNKNOWN];
}

bool
journal_reason_of_file(enum journal_reason r)
{
    return r == REASON_OUTPUT || r == REASON_INPUT;
}

bool
journal_reason_charged(enum journal_reason r)
{
    switch (r) {
    case REASON_WALLTIME:
    case REASON_NODE:
    case REASON_LOST:
    case REASON_CANCELLED:
    case REASON_GONE:
        return false;
    default:
        return true;
    }
}

bool
journal_charged(const struct journal_rec *end)
{
    return journal_reason_charged((enum journal_reason)end->reason) ||
           (end->reason == REASON_LOST && end->flags & JOURNAL_ALONE);
}

void
journal_name(struct buf *b, uint32_t shard, uint32_t epoch)
{
    buf_printf(b, "%04u.e%04u", shard, epoch);
}

void
state_log_path(struct buf *b, const char *state_dir, const char *holder)
{
    buf_printf(b, "%s/" STATE_LOGS "/%s.log", state_dir, holder);
}

void
journal_path(const char *state_dir, uint32_t shard, uint32_t epoch, struct buf *path)
{
    buf_printf(path, "%s/" STATE_JOURNAL "/", state_dir);
    journal_name(path, shard, epoch);
}

/* A number as %04u prints it. */
static const char *
parse_number(const char *s, uint32_t *out)
{
    uint64_t v = 0;
    int digits = 0;
    for (; *s >= '0' && *s <= '9'; s++) {
        v = v * 10 + (uint64_t)(*s - '0');
        if (++digits > 10 || v > UINT32_MAX)
            return NULL;
    }
    if (digits < 4 || (digits > 4 && s[-digits] == '0'))
        return NULL;
    *out = (uint32_t)v;
    return s;
}

bool
journal_name_parse(const char *s, uint32_t *shard, uint32_t *epoch)
{
    s = parse_number(s, shard);
    if (!s || s[0] != '.' || s[1] != 'e')
        return false;
    s = parse_number(s + 2, epoch);
    return s && !*s && *epoch > 0 && *epoch <= JOURNAL_EPOCHS;
}
