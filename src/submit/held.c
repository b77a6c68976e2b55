/* Jobs that will not start or go on by themselves, and what helps. Sources: as in queue.h;
 * squeue(1), JOB REASON CODES, and what Slurm 22.05 itself showed. */
#include "config.h"

#include "submit/queue.h"

#include <string.h>
#include <strings.h>

enum held {
    BY_SOMEBODY, /* who may release it */
    BY_ADMIN,
    BY_OTHER_JOB, /* which ends */
    NO_NODES,     /* fit it just now */
    FOR_EVER,     /* what it asks for is not to be had */
};

/* Reasons of Slurm, of which some hold blanks, and of other versions underscores; the first that is
 * part of the text decides. */
static const struct {
    const char *part;
    enum held held;
    /* clang-format off */
} reasons[] = {
    {"JobHeldAdmin", BY_ADMIN},
    {"JobHeld", BY_SOMEBODY},
    {"held state", BY_SOMEBODY},     /* job requeued in held state */
    {"held_state", BY_SOMEBODY},
    {"requeued held", BY_SOMEBODY},  /* launch failed requeued held */
    {"requeued_held", BY_SOMEBODY},
    {"Requeue_Held", BY_SOMEBODY},
    {"BadConstraints", NO_NODES},
    {"DependencyNeverSatisfied", FOR_EVER},
    {"Dependency", BY_OTHER_JOB},
    {"PartitionNodeLimit", FOR_EVER},
    {"PartitionTimeLimit", FOR_EVER},
    {"InvalidAccount", FOR_EVER},
    {"InvalidQOS", FOR_EVER},
    {"PerJobLimit", FOR_EVER},       /* QOSMaxNodePerJobLimit and its like */
    {"MaxWallDuration", FOR_EVER},
};
/* clang-format on */
enum { NREASONS = sizeof reasons / sizeof *reasons };

static size_t
reason_of(const char *why)
{
    size_t i = 0;
    while (i < NREASONS && !strcasestr(why, reasons[i].part))
        i++;
    return i;
}

bool
queue_slurm_holds(const char *why)
{
    return reason_of(why) < NREASONS;
}

static void
slurm(const struct queue_job *j, struct buf *out)
{
    size_t i = reason_of(j->why);
    switch (i < NREASONS ? reasons[i].held : BY_SOMEBODY) {
    case BY_SOMEBODY:
        buf_printf(out, "release it with 'scontrol release %s'", j->id);
        break;
    case BY_ADMIN:
        buf_puts(out, "only the site can release it: ask there");
        break;
    case BY_OTHER_JOB:
        break;
    case NO_NODES:
        buf_printf(out, "when there are nodes that fit it: 'scontrol release %s'; else cancel it",
            j->id);
        break;
    case FOR_EVER:
        buf_puts(out,
            "it will never start: cancel it, and mend the campaign or the profile of the site");
        break;
    }
}

static void
cobalt(const struct queue_job *j, struct buf *out)
{
    if (strcmp(j->word, "user_hold") == 0)
        buf_printf(out, "release it with 'qrls %s'", j->id);
    else if (strcmp(j->word, "dep_fail") == 0)
        buf_printf(out, "the job before it failed: 'qrls --dependencies %s', or cancel it", j->id);
    else if (strcmp(j->word, "admin_hold") == 0)
        buf_puts(out, "only the site can release it: ask there");
}

void
queue_remedy(enum site_kind kind, const struct queue_job *j, struct buf *out)
{
    bool suspended = j->state == QUEUE_SUSPENDED;
    if (j->state != QUEUE_HELD && !suspended)
        return;
    switch (kind) {
    case SITE_SLURM:
        if (suspended)
            buf_puts(out, "it goes on when the site lets it ('scontrol resume', which is for "
                          "administrators)");
        else
            slurm(j, out);
        break;
    case SITE_PBS:
        buf_printf(out,
            suspended ? "it goes on when its server lets it, or with 'qsig -s resume %s'"
                      : "release it with 'qrls %s', if it waits for no other job",
            j->id);
        break;
    case SITE_LSF:
        buf_printf(out, "let it go on with 'bresume %s'", j->id);
        break;
    case SITE_COBALT:
        cobalt(j, out);
        break;
    case SITE_FLUX:
        if (strstr(j->why, "urgency"))
            buf_printf(out, "release it with 'flux job urgency %s default'", j->id);
        else if (strstr(j->why, "priority"))
            buf_puts(out, "its bank or account gives it no priority: ask the site");
        break;
    case SITE_LOCAL:
        if (suspended) {
            buf_printf(out, "let it go on with 'kill -CONT -%.*s'", (int)strcspn(j->id, "."),
                j->id);
        }
        break;
    }
}
