/* Nodes on which tasks fail that others do. When so many processes in a row failed on a node, and
 * none ended well, its shim leaves, and names the node in a file state/nodes/NAME, made
 * exclusively; from then on no shim works there while others do, and wflc submit has jobs leave it
 * out where the scheduler can. That holds for the campaign until the file is deleted, as wflc
 * submit --again does. It has two lines, the second one for people:
 *
 *     wfl-node 1 FAILURES SINCE REASON CODE HOLDER JOB
 *
 * SINCE in seconds since 1970, REASON and CODE of the last failure, and the shim and the job that
 * met it. Shared by wflc and wfl-shim, libc only. */
#ifndef JOURNAL_NODES_H
#define JOURNAL_NODES_H

#include "journal/journal.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NODE_NAME_SIZE = 101, NODES_MOST = 10000 };

struct bad_node {
    char name[NODE_NAME_SIZE]; /* as the scheduler calls it */
    uint32_t failures;         /* processes in a row */
    int64_t since_s;
    enum journal_reason reason;
    uint8_t code;
    char holder[HOLDER_SIZE];
    char job[64]; /* "-": none */
};

/* Letters, digits, '.', '_' and '-', and the first one is a letter or digit: what may stand in a
 * name of a file and in an option of a scheduler. */
bool node_name_good(const char *name);
/* Names it. 0, or an errno value; EEXIST: it is named already. */
int nodes_add(const char *state_dir, const struct bad_node *n);
/* Is there one of this name? */
bool nodes_find(const char *state_dir, const char *name, struct bad_node *n);
/* All of them by name, at most NODES_MOST; *v from malloc. Files that are no such thing are passed
 * over. 0, also if there are none, or an errno value. */
int nodes_read(const char *state_dir, struct bad_node **v, size_t *n);
/* What failed for this shim fails elsewhere, too: its node is not named any more. */
void nodes_clear(const char *state_dir, const char *holder);
/* Takes one back, or */
int nodes_forget(const char *state_dir, const char *name);
/* takes all of them back; 0, or an errno value. */
int nodes_remove(const char *state_dir);

/* --- who is to blame: pure --- */

enum { NODE_LEAST = 4, NODE_MOST = 16 };
/* So many processes of different tasks have to fail in a row before a node is suspected: as many as
 * run at once, within these bounds. */
uint32_t nodes_suspicious(uint32_t slots);

/* What is known when a node is suspected. */
struct node_evidence {
    bool worked;                     /* something ended well on it before */
    uint32_t same_done, same_failed; /* of the tasks that failed on it: on other nodes */
    uint32_t old_done, old_failed;   /* others' tasks, on nodes at work, before it was suspected */
    uint32_t done, failed;           /* and since then */
};

enum node_verdict {
    NODE_OPEN,    /* nothing can be told yet */
    NODE_BAD,     /* what fails there works elsewhere */
    NODE_LIKELY,  /* all that began there fails, while others work */
    NODE_CLEARED, /* it fails elsewhere, too */
};
enum node_verdict nodes_judge(const struct node_evidence *e);

#endif
