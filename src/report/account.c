/* What became of the time of nodes, in words: parts of a hundred that add up to it. */
#include "config.h"

#include "report/words.h"

#include "util/json.h"

#include <stdlib.h>

enum { WHOLE = 1000 }; /* tenths of a hundredth */

/* Whole numbers that add up to WHOLE: rounded down, and what is then missing goes to those that
 * lost most. */
static void
share(const struct account_sum *a, unsigned tenths[ACCOUNT_NPARTS])
{
    double lost[ACCOUNT_NPARTS];
    unsigned sum = 0;
    for (int i = 0; i < ACCOUNT_NPARTS; i++) {
        double exact = a->part_s[i] / a->all_s * WHOLE;
        tenths[i] = (unsigned)exact;
        lost[i] = exact - tenths[i];
        sum += tenths[i];
    }
    for (; sum < WHOLE; sum++) {
        int most = 0;
        for (int i = 1; i < ACCOUNT_NPARTS; i++)
            most = lost[i] > lost[most] ? i : most;
        tenths[most]++;
        lost[most] = -1;
    }
}

void
status_account(const struct status *s, struct buf *out)
{
    const struct account_sum *a = &s->account;
    unsigned tenths[ACCOUNT_NPARTS];
    struct buf time = {0};
    if (!(a->all_s > a->part_s[ACCOUNT_UNKNOWN])) /* nothing is known */
        return;
    share(a, tenths);
    buf_puts(out, "\ntime of nodes: ");
    status_duration(a->all_s, out);
    buf_puts(out, "\n");
    for (int i = 0; i < ACCOUNT_NPARTS; i++) {
        if (!tenths[i])
            continue;
        buf_reset(&time);
        status_duration(a->part_s[i], &time);
        buf_printf(out, "%5u.%u %%  %12s  %s\n", tenths[i] / 10, tenths[i] % 10, time.p,
            account_text((enum account_part)i));
    }
    buf_free(&time);
}

void
account_json(const double part_s[ACCOUNT_NPARTS], struct buf *out)
{
    for (int i = 0; i < ACCOUNT_NPARTS; i++)
        json_real(out, account_name((enum account_part)i), part_s[i]);
}
