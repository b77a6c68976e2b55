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

/* A process in the control group (v2) of this folder from its first instruction on, in a session of
 * its own: its standard output and error are `output`, the signals of `reset` are as they are by
 * default, and none is blocked. 0 or errno; ENOSYS: the system cannot do that (before Linux 5.7, or
 * forbidden). */
int system_spawn_in(pid_t *pid, int group, int output, const sigset_t *reset, const char *program,
    char *const *argv, char *const *env);

/* The signal of a name without SIG ("USR1"), 0 for others. */
int signal_by_name(const char *name);

/* Appends the name of the user: by LOGNAME, or /etc/passwd; or the number. */
void system_user(struct buf *name);
void system_user_of(unsigned uid, struct buf *name); /* of a file's owner */

/* Appends the path of the running program, all links followed; nothing if /proc is not there. */
void program_path(struct buf *path);

#endif
