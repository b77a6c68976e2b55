/* The counts of instance catalogs, kept from one build to the next.
 *
 * One file for each camera and margin: $XDG_CACHE_HOME/wfl/objects-KEY (~/.cache/wfl without the
 * variable; nothing is kept without a home). A catalog is found by its file's name and the
 * pointing; what is kept of it holds if each of its files has the size, inode and time that it had,
 * or else, as after copying, if its content is the same. A cache that is damaged, or cannot be
 * written, is none. */
#ifndef TABLE_OBJECTS_CACHE_H
#define TABLE_OBJECTS_CACHE_H

#include "table/objects.h"

struct objects_cache;
/* `key` tells cameras and margins apart. Never NULL. */
struct objects_cache *objects_cache_open(struct hash128 key, uint32_t nsensors);
void objects_cache_close(struct objects_cache *);

/* True: *out is what is kept of the catalog at `path` (`id` tells names and pointings apart), and
 * *fresh whether it need not be kept anew. Otherwise *out is empty. From any thread. */
bool objects_cache_find(struct objects_cache *, struct hash128 id, const char *path,
    struct object_counts *out, bool *fresh);

/* Keeps these counts, and as many of those kept before as there is room for. Afterwards the cache
 * can only be closed. */
struct kept_counts {
    struct hash128 id;
    const struct object_counts *counts;
};
void objects_cache_keep(struct objects_cache *, const struct kept_counts *, size_t n);

#endif
