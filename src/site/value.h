/* From the nodes of a tree to the values that their keys hold. */
#ifndef SITE_VALUE_H
#define SITE_VALUE_H

#include "site/schema.h"
#include "site/yaml.h"

/* d: where mistakes are told; the arena takes texts and lists. */
struct value_reader {
    struct diags *d;
    struct arena *a;
    bool heir; /* it inherits, so that null takes back what another profile says */
};

/* Converts the value of a key, which is no map and no list of maps, into *to, whose type is that
 * of the key. Returns false, with a message, if it is none. */
bool site_value(struct value_reader *r, const struct site_key *k, const struct site_node *n,
    void *to);

/* Room for a value of any type. */
union site_any {
    char *text;
    int word;
    bool yes;
    int64_t number;
    uint64_t bytes;
    struct site_texts texts;
    struct site_numbers numbers;
    struct site_pairs pairs;
};

/* "48:00:00" */
void site_walltime_text(int64_t seconds, struct buf *out);
/* Is it the null of YAML? */
bool site_node_is_null(const struct site_node *n);
/* Does `null` at this place take back what is inherited? Where the key takes null, it is a value;
 * and what belongs to a file, or to an item of a list, is not inherited. */
bool site_takes_back(const struct value_reader *r, const char *path, const struct site_node *n);
/* Says that the node is not what its key takes. */
struct diag *site_value_wrong(struct value_reader *r, const struct site_key *k,
    const struct site_node *n);

#endif
