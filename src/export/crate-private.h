/* Parts of a Workflow Run RO-Crate; private to src/export. */
#ifndef EXPORT_CRATE_PRIVATE_H
#define EXPORT_CRATE_PRIVATE_H

#include "export/export.h"
#include "util/strpool.h"

#include <stdio.h>

/* Where the parts of a crate stand in it. */
#define CRATE_METADATA "ro-crate-metadata.json"
#define CRATE_RECORD "record"
#define CRATE_TASKS_FILE CRATE_RECORD "/tasks.jsonl"
#define CRATE_ATTEMPTS_FILE CRATE_RECORD "/attempts.jsonl"
#define CRATE_OUTPUTS_FILE CRATE_RECORD "/outputs.jsonl"

struct crate {
    const struct facts *facts;
    const struct plan *plan;
    const struct crate_how *how;
    char *root; /* absolute, without links */
    struct plan_eval *eval;
    bool many;           /* tasks are no entities of their own */
    struct buf campaign; /* name of the campaign's text in the crate */
    struct buf parts;    /* those of files that it uses, each with a NUL behind it */
    bool site;           /* is the profile of the site in it? */

    FILE *out;       /* that is written */
    struct buf text; /* of it, next */
    int error;       /* of writing, errno; 0: none so far */

    struct buf part, mentions; /* ids for the root, as members of lists of JSON */
    /* Of few tasks: the files that are entities, by their ids; and of each output of each task what
     * is on record, the first one of task t at first_output[t]. */
    struct strpool files;
    struct buf file; /* struct crate_file of each id */
    struct crate_output {
        bool known;
        enum journal_type type;
        struct journal_file is;
    } * output;
    uint32_t *first_output;
    int64_t first_us, last_us; /* when the first attempt began, the last one ended; 0: none */
};

/* A file that tasks read or write. */
struct crate_file {
    bool folder, known; /* known: size and time are on record */
    bool made;          /* by a task */
    struct journal_file is;
};

/* --- crate_json.c: entities, one after the other --- */
/* Begins the next entity; its properties are added to c->text by json.h and these. */
void crate_entity(struct crate *c, const char *id, const char *type);
void crate_entity_end(struct crate *c);
void crate_ref(struct crate *c, const char *key, const char *id); /* "key": {"@id": "id"} */
/* {"@id": "id"}, as the next member of a list. */
void crate_ref_add(struct buf *list, const char *id);
void crate_list(struct crate *c, const char *key, const struct buf *list);
void crate_time(struct crate *c, const char *key, int64_t us); /* ISO 8601; nothing for 0 */
/* A property with a value, which things refer to by its id. */
void crate_value(struct crate *c, const char *id, const char *name, uint64_t value);
/* Appends the id of a file or folder by its name: relative to the crate's folder if it is in it,
 * else a URI that begins with file: */
void crate_file_id(const struct crate *c, const char *path, bool folder, struct buf *id);

/* --- crate_tasks.c: what was done --- */
/* Reads what is on record of the outputs of few tasks. 0 or errno. */
int crate_read_outputs(struct crate *c);
void crate_put_tasks(struct crate *c);
/* --- crate_lines.c: a line for each task, attempt, output --- */
/* 0 or errno: the journals cannot be read; what cannot be written is in c->error. */
int crate_put_lines(struct crate *c);
/* --- crate_graph.c --- */
void crate_put_graph(struct crate *c);

/* --- crate.c --- */
/* Opens a file of the crate to be written, under a temporary name, and gives it its name. */
bool crate_open(struct crate *c, const char *name);
void crate_close(struct crate *c, const char *name);
/* Writes c->text if it is long, or (all) whatever it is. */
void crate_flush(struct crate *c, bool all);

#endif
