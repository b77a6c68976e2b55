#include "config.h"

#include "journal/offer.h"

#include "journal/names.h"
#include "journal/paths.h"
#include "util/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

static void
offer_path(struct buf *b, const char *state_dir, uint32_t shard, uint32_t epoch)
{
    buf_printf(b, "%s/" STATE_ELSEWHERE "/", state_dir);
    journal_name(b, shard, epoch);
}

void
offer_make(const char *state_dir, uint32_t shard, uint32_t epoch)
{
    struct buf path = {0};
    offer_path(&path, state_dir, shard, epoch);
    int fd = dir_make_parent(path.p) == 0 ? open(path.p, O_WRONLY | O_CREAT | O_CLOEXEC, 0666) : -1;
    if (fd >= 0)
        close(fd);
    buf_free(&path);
}

void
offer_end(const char *state_dir, uint32_t shard, uint32_t epoch)
{
    struct buf path = {0};
    offer_path(&path, state_dir, shard, epoch);
    unlink(path.p);
    buf_free(&path);
}

unsigned
offers_list(const char *state_dir, struct offer *out, unsigned most)
{
    struct buf path = {0};
    unsigned n = 0;
    buf_printf(&path, "%s/" STATE_ELSEWHERE, state_dir);
    DIR *d = opendir(path.p);
    buf_free(&path);
    const struct dirent *e;
    while (d && n < most && (e = readdir(d)))
        n += journal_name_parse(e->d_name, &out[n].shard, &out[n].epoch);
    if (d)
        closedir(d);
    return n;
}
