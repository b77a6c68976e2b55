/* Containers on this node: is all there that starts them, the node's copies of images, the words
 * before a command, and an end of those that live on without their client.
 *
 *   container.c        from the plan to the words, the way in and out
 *   container_image.c  images: found, made ready
 *   container_copy.c   the node's copies of them
 *   container_start.c  is a container started at all? */
#ifndef RUNTIME_CONTAINER_H
#define RUNTIME_CONTAINER_H

#include "runtime/shim.h"

#include <sys/stat.h>

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
    struct container *v; /* of each container; plan NULL: not used */
    char *work;          /* the working folder, absolute */
    uint32_t started;    /* containers so far: they have names */
    int64_t beat_at;     /* when others are to be shown that we live, while container_wait waits */
};

/* Makes r->containers ready for all containers of the plan: programs, images, copies, which may
 * take the time of reading them; memory that copies take is taken off r->memory. After node_ask and
 * before feed_sched. False, with a message said: tasks cannot be started. */
bool container_open(struct shim *r);
void container_close(struct shim *r);

/* The container that tasks of the family are started in; NULL: none. */
const struct container *container_of(const struct shim *r, const struct plan_family *f);

/* The words before the command, each with a NUL behind it. `own` and `all` are the variables of the
 * task, "NAME=VALUE": its own, and those that the shim sets; NULL at their ends. */
void container_words(struct shim *r, struct slot *s, const struct container *b, char *const *own,
    char *const *all, struct buf *out);

/* The folders that all containers see under their own names, number 0 .. CONTAINER_FOLDERS - 1;
 * NULL: that one is seen anyway: it is below another one, or Charliecloud's, where the host's /tmp
 * is that of containers, and nothing is mounted below it. Borrowed. */
enum { CONTAINER_FOLDERS = 2 };
const char *container_folder(const struct shim *r, const struct container *b, unsigned i);

/* Where a script for the slot is put that is too long for an argument. */
void container_script_path(const struct shim *r, const struct slot *s, struct buf *path);

/* "USER=NAME": runtimes ask for it, and jobs with an environment of their own may lack it. By
 * LOGNAME, by /etc/passwd, else the number. To be freed. */
char *container_user(void);

/* How the names of all containers of this state folder begin, on this node; then comes the number
 * of the shim's process. */
void container_name_begin(const struct shim *r, struct buf *out);

/* Asks the runtime to kill the container of the slot, whose client hands no KILL on; false: the
 * processes of the slot are all there is, or it was asked already. Does not wait. */
bool container_kill(struct shim *r, struct slot *s);
/* The client has ended: so has the container, or it is removed now. That takes its time, but the
 * only ones that live on are those whose client was killed. */
void container_ended(struct shim *r, struct slot *s);

/* Waits a moment, and shows that we live. False: a signal wants us to end, or the job does. */
bool container_wait(struct shim *r);
/* Waits for a process of ours until then (now_ms). False: it was killed for that, or since
 * container_wait said so, with its group if it leads one. */
bool container_wait_for(struct shim *r, pid_t pid, int64_t until, int *status);
/* Starts `PROGRAM first [second] NAME`, for the container of that number, beside the tasks; its
 * process, or -1. */
pid_t container_tell_runtime(struct shim *r, const struct container *b, uint32_t number,
    char *first, char *second);

/* --- container_image.c --- */
/* Finds the image of the container, b->image then says where; its copy, if there is to be one.
 * False, with a message said. */
bool container_image(struct shim *r, struct container *b);

/* --- container_copy.c --- */
/* The same for the node's copy of the image, of which `st` tells; where there can be none, it was
 * said, and the image stays what it is. False: it is the wrong image, said. */
bool container_copy(struct shim *r, struct container *b, const struct stat *st);
void container_copy_close(struct container *b);

/* --- container_start.c --- */
/* Removes containers that shims of this state folder left here when they were killed: they are no
 * children of ours. */
void container_end_orphans(struct shim *r, const struct container *b);
/* Does the runtime start the container here, with nothing to do in it? False: it was said why not.
 */
bool container_starts(struct shim *r, const struct container *b);
/* The process of the slot ended with an exit code. True: the runtime itself failed, as it does now
 * with nothing to do, which was said: so it is not the task's fault. Else there is a note, if the
 * code is likely the runtime's own. */
bool container_failed(struct shim *r, struct slot *s);

#endif
