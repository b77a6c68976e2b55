/* How many objects of instance catalogs fall on each sensor: the answers to objects(v, s).
 *
 * A catalog is read in one pass for all sensors, with everything that it includes, and only if
 * somebody asks for its visit; what was counted is kept in a cache (objects_cache.h). A line
 * `object ID RA DEC ...` counts where its ra and dec (degrees) lie; one with the word `inf` between
 * blanks is dropped, as imSim does. */
#ifndef TABLE_OBJECTS_H
#define TABLE_OBJECTS_H

#include "diag/diag.h"
#include "sky/count.h"
#include "sky/trim.h"
#include "util/buf.h"
#include "util/hash.h"

#include <stdint.h>

/* A file that was read, named as seen from the folder of the catalog. */
struct object_file {
    char *name;
    uint64_t size, inode;
    int64_t changed;  /* nanoseconds since 1970 */
    uint64_t content; /* hash of the text, uncompressed */
};

/* What a catalog gave. Owned; see counts_free. */
struct object_counts {
    uint32_t *count;          /* of each sensor */
    uint64_t dropped;         /* lines with an infinity */
    struct object_file *file; /* the catalog itself is the first */
    uint32_t nfiles;
    char *why; /* not NULL: it cannot be counted, "PATH:LINE:COLUMN: what; remedy" */
};
void counts_free(struct object_counts *);

/* Counts the catalog `path`; *out is to be freed in any case. False: out->why. */
bool objects_read(const char *path, const struct sky_counter *, const struct sky_frame *,
    uint32_t nsensors, struct object_counts *out);
/* The path of one of its files. */
void object_path(const char *catalog, const char *name, struct buf *out);
/* The size, the inode and the time of change of a file, and its content if that is asked for.
 * False: it cannot be read. */
bool object_file_look(const char *path, bool content, struct object_file *out);

/* The catalogs of a table of visits. `path` and what `v` and `c` point to must outlive it. */
struct objects;
struct objects *objects_new(const struct sky_camera *c, double margin, const struct sky_visits *v,
    const char *const *path);
void objects_free(struct objects *);

/* The numbers of all sensors; NULL: *why tells, valid until objects_free. From any thread; who asks
 * for a visit that another thread is counting waits. */
const uint32_t *objects_of(struct objects *, uint32_t visit, const char **why);
/* Counts those visits whose byte is not 0, on all processors. */
void objects_of_all(struct objects *, const uint8_t *wanted);
/* Once nobody asks any more: tells what the campaign depends on and what was dropped (check
 * "instcat", at `at`), and keeps what was counted for the next time. */
void objects_finish(struct objects *, struct diags *d, struct span at);

#endif
