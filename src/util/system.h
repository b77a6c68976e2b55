/* What older systems lack: glibc before 2.34, musl, Linux before 5.11. libc only. */
#ifndef UTIL_SYSTEM_H
#define UTIL_SYSTEM_H

#include "util/buf.h"

#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <sys/types.h>

/* Closes all file descriptors from `first` on; or has them closed by the next exec. */
void close_all_from(int first);
void close_on_exec_from(int first);

/* posix_spawn, which tells with older glibc that it is not permitted (EPERM) when in truth there is
 * no room for a process (EAGAIN). */
int system_spawn(pid_t *pid, const char *program, const posix_spawn_file_actions_t *actions,
    const posix_spawnattr_t *attr, char *const *argv, char *const *env);

/* A process in a session of its own, with no signal blocked, for those that start thousands: with
 * less to do than posix_spawn. */
struct system_start {
    const char *program;
    char *const *argv, *const *env;
    const sigset_t *reset; /* signals that are as they are by default */
    int output;            /* is its standard output and error */
    int group;             /* the folder of a control group (v2), in which it is from its first
                            * instruction on; -1: ours */
};
/* 0, or errno: of starting it, or of executing the program, and there is no process then; ENOSYS
 * with a group: the system cannot do that (before Linux 5.7, or forbidden). Not for threads. */
int system_start(const struct system_start *how, pid_t *pid);

/* The signal of a name without SIG ("USR1"), 0 for others. */
int signal_by_name(const char *name);

/* Appends the name of the user: by LOGNAME, or /etc/passwd; or the number. */
void system_user(struct buf *name);
void system_user_of(unsigned uid, struct buf *name); /* of a file's owner */

/* Appends the path of the running program, all links followed; nothing if /proc is not there. */
void program_path(struct buf *path);

#endif
