/* What is nobody's mistake: no process to be had, a file system that does not answer or is full. No
 * task is charged for it; nothing more is started for a while, longer each time, and what met it
 * tries again then. */
#include "config.h"

#include "node/disk.h"
#include "runtime/shim.h"

#include "util/file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PAUSE_LEAST_MS 100
#define PAUSE_MOST_MS 5000
#define PATIENCE_MS 600000  /* after which this node leaves the work to others */
#define TOLD_AGAIN_MS 60000 /* trouble that comes and goes is told so often at most */
#define PROBE_MS 1000       /* a folder is not tried by writing more often */
#define LEAST_ROOM 65536    /* bytes; a file system with less is full */

void
trouble_met(struct shim *r, const char *what, int err)
{
    struct trouble *t = &r->trouble;
    int64_t now = now_ms();
    if (r->trouble.until > now) /* who meets it while others wait already waits with them */
        return;
    if (!t->since)
        t->since = now;
    if (!t->told_at || now - t->told_at > TOLD_AGAIN_MS) {
        say("%s: %s; nothing more is started until that is over, and no task is charged for it",
            what, strerror(err));
        t->told_at = now;
    }
    if (now - t->since > PATIENCE_MS && !r->leave.draining) {
        say("that goes on for %d minutes: this node starts no more tasks", PATIENCE_MS / 60000);
        t->given_up = r->leave.draining = true;
        r->leave.reason = REASON_NODE;
    }
    t->pause = t->pause ? t->pause * 2 : PAUSE_LEAST_MS;
    t->pause = t->pause < PAUSE_MOST_MS ? t->pause : PAUSE_MOST_MS;
    r->trouble.until = now + t->pause;
}

void
trouble_over(struct shim *r)
{
    struct trouble *t = &r->trouble;
    if (!t->since || r->trouble.until > now_ms() || t->full.n)
        return;
    t->since = t->pause = 0;
}

/* Nothing starts until there is so much room. */
static void
wait_for_room(struct shim *r, const char *folder, uint64_t need, int err)
{
    trouble_met(r, folder, err);
    if (err != ENOSPC || r->trouble.full.n)
        return;
    buf_reset(&r->trouble.full);
    buf_puts(&r->trouble.full, folder);
    r->trouble.need = need;
}

/* Is that why the attempt failed? Noted, then. */
static bool
lacks_room(struct shim *r, struct slot *s, const char *folder, uint64_t need, int err)
{
    if (err) {
        note_add(&s->note, "%s: %s: the attempt is not charged", folder, strerror(err));
        wait_for_room(r, folder, need, err);
    }
    return err != 0;
}

bool
trouble_explains(struct shim *r, struct slot *s)
{
    const struct plan_family *f = &r->plan->family[s->family];
    uint64_t need =
        r->known.largest[s->family] > LEAST_ROOM ? r->known.largest[s->family] : LEAST_ROOM;
    int64_t now = now_ms();
    bool probed = r->trouble.probed_at && now - r->trouble.probed_at < PROBE_MS;
    for (uint32_t i = 0; i < f->noutputs; i++) {
        struct buf folder = {0};
        buf_reset(&r->path);
        if (!plan_path(r->eval, s->at->task, f->first_output + i, NULL, &r->path))
            continue;
        path_folder(r->path.p, &folder);
        int err = disk_room(folder.p, need);
        if (!err && !probed && i == 0) {
            err = disk_probe(folder.p, lease_holder(r->lease));
            r->trouble.probed_at = now;
        }
        bool lacks = lacks_room(r, s, folder.p, need, err);
        buf_free(&folder);
        if (lacks)
            return true;
    }
    /* a task writes there, too: what it says, and what it needs for a while */
    const char *tmp = getenv("TMPDIR");
    tmp = tmp && *tmp == '/' ? tmp : "/tmp";
    return lacks_room(r, s, r->state_dir, LEAST_ROOM, disk_room(r->state_dir, LEAST_ROOM)) ||
           lacks_room(r, s, tmp, LEAST_ROOM, disk_room(tmp, LEAST_ROOM));
}

bool
trouble_lasts(struct shim *r, int64_t now)
{
    struct trouble *t = &r->trouble;
    if (now < r->trouble.until)
        return true;
    if (!t->full.n)
        return false;
    if (disk_room(t->full.p, t->need) == ENOSPC) {
        trouble_met(r, t->full.p, ENOSPC);
        return true;
    }
    say("%s: there is room again", t->full.p);
    buf_reset(&t->full);
    t->told_at = t->since = t->pause = 0;
    return false;
}
