/* Containers on this node: is all there that starts them, the node's copies of images, the words
 * before a command, and an end of those that live on without their client.
 *
 *   box.c        from the plan to the words, the way in and out
 *   box_image.c  images: found, made ready
 *   box_copy.c   the node's copies of them
 *   box_start.c  is a container started at all? */
#ifndef RUNTIME_BOX_H
#define RUNTIME_BOX_H

#include "runtime/run.h"

#include <sys/stat.h>

/* What is known of one container of the plan. */
struct box {
    const struct plan_container *plan;
    struct buf program, image; /* what is started, and of which image */
    bool has_env;              /* its image says variables, in ch/environment */
    bool copied;               /* `image` is the node's copy */
    int copy_lock;             /* of the copy, or -1 */
    size_t made;               /* the length of the first folder that was made for it; 0: none */
};

struct boxes {
    struct box *v; /* of each container; plan NULL: not used */
    char *work;    /* the working folder, absolute */
    uint32_t started; /* containers so far: they have names */
    int64_t beat_at;  /* when others are to be shown that we live, while box_wait waits */
};

/* Makes r->boxes ready for all containers of the plan: programs, images, copies, which may take the
 * time of reading them; memory that copies take is taken off r->memory. After node_ask and before
 * feed_sched. False, with a message said: tasks cannot be started. */
bool box_open(struct run *r);
void box_close(struct run *r);

/* The container that tasks of the family are started in; NULL: none. */
const struct box *box_of(const struct run *r, const struct plan_family *f);

/* The words before the command, each with a NUL behind it. `own` and `all` are the variables of the
 * task, "NAME=VALUE": its own, and those that the shim sets; NULL at their ends. */
void box_words(struct run *r, struct slot *s, const struct box *b, char *const *own,
    char *const *all, struct buf *out);

/* The folders that all containers see under their own names, number 0 .. BOX_FOLDERS - 1; NULL: that
 * one is seen anyway: it is below another one, or Charliecloud's, where the host's /tmp is that of
 * containers, and nothing is mounted below it. Borrowed. */
enum { BOX_FOLDERS = 2 };
const char *box_folder(const struct run *r, const struct box *b, unsigned i);

/* Where a script for the slot is put that is too long for an argument. */
void box_script_path(const struct run *r, const struct slot *s, struct buf *path);

/* "USER=NAME": runtimes ask for it, and jobs with an environment of their own may lack it. By
 * LOGNAME, by /etc/passwd, else the number. To be freed. */
char *box_user(void);

/* How the names of all containers of this state folder begin, on this node; then comes the number of the
 * shim's process. */
void box_name_begin(const struct run *r, struct buf *out);

/* Asks the runtime to kill the container of the slot, whose client hands no KILL on; false: the
 * processes of the slot are all there is, or it was asked already. Does not wait. */
bool box_kill(struct run *r, struct slot *s);
/* The client has ended: so has the container, or it is removed now. That takes its time, but the
 * only ones that live on are those whose client was killed. */
void box_ended(struct run *r, struct slot *s);

/* Waits a moment, and shows that we live. False: a signal wants us to end, or the job does. */
bool box_wait(struct run *r);
/* Waits for a process of ours until then (now_ms). False: it was killed for that, or since box_wait
 * said so, with its group if it leads one. */
bool box_wait_for(struct run *r, pid_t pid, int64_t until, int *status);
/* Starts `PROGRAM first [second] NAME`, for the container of that number, beside the tasks; its process,
 * or -1. */
pid_t box_tell_runtime(struct run *r, const struct box *b, uint32_t number, char *first, char *second);

/* --- box_image.c --- */
/* Finds the image of the container, b->image then says where; its copy, if there is to be one.
 * False, with a message said. */
bool box_image(struct run *r, struct box *b);

/* --- box_copy.c --- */
/* The same for the node's copy of the image, of which `st` tells; where there can be none, it was said,
 * and the image stays what it is. False: it is the wrong image, said. */
bool box_copy(struct run *r, struct box *b, const struct stat *st);
void box_copy_close(struct box *b);

/* --- box_start.c --- */
/* Removes containers that shims of this state folder left here when they were killed: they are no
 * children of ours. */
void box_end_orphans(struct run *r, const struct box *b);
/* Does the runtime start the container here, with nothing to do in it? False: it was said why not. */
bool box_starts(struct run *r, const struct box *b);
/* The process of the slot ended with an exit code. True: the runtime itself failed, as it does now with
 * nothing to do, which was said: so it is not the task's fault. Else there is a note, if the code is
 * likely the runtime's own. */
bool box_failed(struct run *r, struct slot *s);

#endif
