/* What dead shims left in the campaign's folder, and nobody else takes away. */
#include "config.h"

#include "journal/paths.h"
#include "node/orphans.h"
#include "runtime/files.h"
#include "runtime/shards.h"
#include "runtime/shim.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { EPOCHS = 16 }; /* that are looked at, at most */

typedef void sweep(struct shim *r, DIR *d, const char *name);

static void
sweep_folder(struct shim *r, const char *folder, sweep *each)
{
    struct buf path = {0};
    buf_printf(&path, "%s/%s", r->state_dir, folder);
    DIR *d = opendir(path.p);
    buf_free(&path);
    const struct dirent *e;
    while (d && (e = readdir(d)))
        each(r, d, e->d_name);
    if (d)
        closedir(d);
}

/* The lease of a shim that died, whether it had taken anything or not; also one that did not get
 * its name any more: .HOLDER. */
static void
sweep_lease(struct shim *r, DIR *d, const char *name)
{
    (void)d;
    if ((*name == '.' && !isalnum((unsigned char)name[1])) || strlen(name) >= HOLDER_SIZE)
        return;
    enum lease_life life = lease_judge(r->lease, name, NULL);
    r->sweep_later |= life == LEASE_LATE || life == LEASE_UNSURE;
    if (life == LEASE_DEAD && lease_end(r->lease, name) == 0)
        orphans_end(r->strays, r->state_dir, r->lease, name);
}

/* A file that its maker did not live to give its name: .SSSS.eEEEE.HOLDER, or .learned.eN.HOLDER.
 */
static void
sweep_unnamed(struct shim *r, DIR *d, const char *name)
{
    const char *holder = *name == '.' ? strstr(name + 1, ".e") : NULL;
    holder = holder ? strchr(holder + 1, '.') : NULL;
    if (holder && strlen(holder + 1) < HOLDER_SIZE &&
        lease_judge(r->lease, holder + 1, NULL) == LEASE_DEAD)
        unlinkat(dirfd(d), name, 0);
}

void
sweep_dead(struct shim *r)
{
    if (r->opt.rank != 0) /* one of all nodes is enough */
        return;
    r->sweep_later = false;
    sweep_folder(r, STATE_LEASES, sweep_lease);
    sweep_folder(r, STATE_JOURNAL, sweep_unnamed);
    sweep_folder(r, STATE_LEARNED, sweep_unnamed);
}

void
sweep_outputs(struct shim *r, const struct hold *h)
{
    struct plan_range run;
    uint32_t from =
        h->epoch > EPOCHS && h->dead_from < h->epoch - EPOCHS ? h->epoch - EPOCHS : h->dead_from;
    char tag[16];
    for (uint32_t e = from; from && e < h->epoch; e++) {
        snprintf(tag, sizeof tag, "e%u", e);
        for (uint32_t i = 0; plan_shard_run(r->plan, h->shard, &i, &run);)
            for (uint32_t t = run.first_task; t < run.first_task + run.ntasks; t++)
                files_remove_temporary(r, t, tag);
    }
}
