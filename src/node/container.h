/* Containers on this node: is all there that starts them, the node's copies of images, the words
 * before a command, and an end of those that live on without their client.
 *
 *   container.c        from the plan to the words, the way in and out
 *   container_image.c  images: found, made ready
 *   container_copy.c   the node's copies of them
 *   container_start.c  is a container started at all? */
#ifndef NODE_CONTAINER_H
#define NODE_CONTAINER_H

#include "plan/plan.h"
#include "util/buf.h"

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

/* What is known of one container of the plan. */
struct container {
    const struct plan_container *plan;
    struct buf program, image; /* what is started, and of which image */
    bool has_env;              /* its image says variables, in ch/environment */
    bool copied;               /* `image` is the node's copy */
    int copy_lock;             /* of the copy, or -1 */
    size_t made;               /* the length of the first folder that was made for it; 0: none */
};

struct containers {
    /* to be set before container_open; borrowed: */
    const struct plan *plan;
    const char *dir, *state_dir;
    const char *local;             /* a folder of this node alone, or NULL: as the plan says */
    const sigset_t *reset_signals; /* what programs get default actions for */
    uint64_t *memory;              /* for tasks: what copies take is taken off */
    bool quiet;
    /* Waits a moment. False: it is time to end. */
    bool (*pause)(void *arg);
    void *arg;

    struct container *v; /* of each container; plan NULL: not used */
    char *work;          /* the working folder, absolute */
    uint32_t started;    /* containers so far: they have names */
};

/* A container that a process was started in. */
struct contained {
    const struct container *in; /* NULL: in none that has a name to be killed by */
    uint32_t number;
    bool killed; /* its runtime was told to kill it */
};

/* Makes all containers of the plan ready: programs, images, copies, which may take the time of
 * reading them. False, with a message said: tasks cannot be started. */
bool container_open(struct containers *k);
/* NULL is fine. */
void container_close(struct containers *k);

/* The container that tasks of the family are started in; NULL: none. `k` may be NULL. */
const struct container *container_of(const struct containers *k, const struct plan_family *f);

/* The words before the command, each with a NUL behind it, and what is started by them. `own` and
 * `all` are the variables of the task, "NAME=VALUE": its own, and those that the shim sets; NULL at
 * their ends. */
struct contained container_words(struct containers *k, const struct container *b, char *const *own,
    char *const *all, struct buf *out);

/* The folders that all containers see under their own names, number 0 .. CONTAINER_FOLDERS - 1;
 * NULL: that one is seen anyway: it is below another one, or Charliecloud's, where the host's /tmp
 * is that of containers, and nothing is mounted below it. Borrowed. */
enum { CONTAINER_FOLDERS = 2 };
const char *container_folder(const struct containers *k, const struct container *b, unsigned i);

/* How the names of all containers of this state folder begin, on this node; then comes the number
 * of the shim's process. */
void container_name_begin(const struct containers *k, struct buf *out);

/* Asks the runtime to kill it, as its client hands no KILL on; false: its processes are all there
 * is, or it was asked already. Does not wait. */
bool container_kill(struct containers *k, struct contained *c);
/* The client has ended: so has the container, or, if the client was `killed`, it is removed now.
 * That takes its time. */
void container_ended(struct containers *k, struct contained *c, bool killed);

/* Waits for a process of ours until then (now_ms). False: it was killed for that, or since
 * `pause` said so, with its group if it leads one. */
bool container_wait_for(struct containers *k, pid_t pid, int64_t until, int *status);
/* Starts `PROGRAM first [second] NAME`, for the container of that number, beside the tasks; its
 * process, or -1. */
pid_t container_tell_runtime(struct containers *k, const struct container *b, uint32_t number,
    char *first, char *second);

/* --- container_image.c --- */
/* Finds the image of the container, b->image then says where; its copy, if there is to be one.
 * False, with a message said. */
bool container_image(struct containers *k, struct container *b);

/* --- container_copy.c --- */
/* The same for the node's copy of the image, of which `st` tells; where there can be none, it was
 * said, and the image stays what it is. False: it is the wrong image, said. */
bool container_copy(struct containers *k, struct container *b, const struct stat *st);
void container_copy_close(struct container *b);

/* --- container_start.c --- */
/* Removes containers that shims of this state folder left here when they were killed: they are no
 * children of ours. */
void container_end_orphans(struct containers *k, const struct container *b);
/* Does the runtime start the container here, with nothing to do in it? False: it was said why not.
 */
bool container_starts(struct containers *k, const struct container *b);
/* A process that was started in the container ended with an exit code; what it wrote is in the file
 * `output`. True: the runtime itself failed, as it does now with nothing to do, which was said: so
 * it is not the task's fault. Else there is a note, if the code is likely the runtime's own. */
bool container_failed(struct containers *k, const struct container *b, enum plan_shell which,
    int output, uint8_t code, struct buf *note);

#endif
