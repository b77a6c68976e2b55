/* Containers on this node: is all there that starts them, the node's copies of images, the words
 * before a command, and an end of those that live on without their client.
 *
 *   box.c        from the plan to the words, the way in and out
 *   box_image.c  images: found, made ready, copied */
#ifndef RUNTIME_BOX_H
#define RUNTIME_BOX_H

#include "runtime/run.h"

/* What is known of one container of the plan. */
struct box {
    const struct plan_container *plan;
    struct buf program, image; /* what is started, and of which image */
    bool has_env;              /* its image says variables, in ch/environment */
    bool copied;               /* `image` is the node's copy */
    int copy_lock;             /* of the copy, or -1 */
};

struct boxes {
    struct box *v; /* of each container; plan NULL: not used */
    char *work;    /* the working folder, absolute */
    uint32_t started; /* containers so far: they have names */
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

/* Asks the runtime to kill the container of the slot, whose client hands no KILL on; false: the
 * processes of the slot are all there is, or it was asked already. Does not wait. */
bool box_kill(struct run *r, struct slot *s);
/* The client has ended: so has the container, or it is removed now. That takes its time, but the
 * only ones that live on are those whose client was killed. */
void box_ended(struct run *r, struct slot *s);
/* A note, if an exit code is likely the runtime's own and not the command's. */
void box_explain(struct run *r, struct slot *s);

/* --- box_image.c --- */
/* Finds the image of the container, b->image then says where; its copy, if there is to be one.
 * False, with a message said. */
bool box_image(struct run *r, struct box *b);
void box_image_close(struct box *b);

#endif
