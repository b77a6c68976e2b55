#include "config.h"

#include "util/system.h"

#include "util/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CLOSE_RANGE_NR = 436, CLOEXEC_FLAG = 4 }; /* SYS_close_range, CLOSE_RANGE_CLOEXEC */
enum { CLONE3_NR = 435 };                        /* SYS_clone3 */

static void
each_from(int first, bool only_on_exec)
{
    if (syscall(CLOSE_RANGE_NR, first, ~0u, only_on_exec ? CLOEXEC_FLAG : 0) == 0)
        return;
    /* one by one; an open folder of descriptors shows those that are closed meanwhile, or not */
    DIR *dir = opendir("/proc/self/fd");
    for (const struct dirent *e; dir && (e = readdir(dir));) {
        int fd = atoi(e->d_name);
        if (*e->d_name == '.' || fd < first || fd == dirfd(dir))
            continue;
        if (only_on_exec)
            fcntl(fd, F_SETFD, FD_CLOEXEC);
        else
            close(fd);
    }
    for (int fd = first; !dir && fd < 1024; fd++)
        if (only_on_exec)
            fcntl(fd, F_SETFD, FD_CLOEXEC);
        else
            close(fd);
    if (dir)
        closedir(dir);
}

void
close_all_from(int first)
{
    each_from(first, false);
}

void
close_on_exec_from(int first)
{
    each_from(first, true);
}

int
system_spawn(pid_t *pid, const char *program, const posix_spawn_file_actions_t *actions,
    const posix_spawnattr_t *attr, char *const *argv, char *const *env)
{
    errno = 0;
    int err = posix_spawn(pid, program, actions, attr, argv, env);
    return err == EPERM && errno ? errno : err; /* it returned - clone(2), which is 1, EPERM */
}

struct birth {
    const struct system_start *how;
    int told; /* a pipe for an errno value: the child is a copy of us; -1: it has our memory */
    int err;
};

/* The child, up to its command: nothing but system calls is safe. ASan would miss its own stack. */
__attribute__((no_sanitize("address"))) static int
become(void *arg)
{
    struct birth *b = arg;
    const struct system_start *how = b->how;
    const struct sigaction usual = {.sa_handler = SIG_DFL};
    sigset_t none;
    for (int sig = 1; sig < NSIG; sig++)
        if (sigismember(how->reset, sig) == 1)
            sigaction(sig, &usual, NULL);
    setsid();
    sigemptyset(&none);
    if (dup2(how->output, 1) == 1 && dup2(1, 2) == 2 && sigprocmask(SIG_SETMASK, &none, NULL) == 0)
        execve(how->program, how->argv, how->env);
    b->err = errno;
    if (b->told >= 0)
        (void)!write(b->told, &b->err, sizeof b->err);
    _exit(127);
}

/* As vfork does: we stand still until the child has its command, and it uses our memory, with a
 * stack of its own. */
static pid_t
born(struct birth *b)
{
    enum { STACK = 64 << 10 }; /* posix_spawn of glibc has 32 KB, sanitizers need more */
    static _Alignas(16) char stack[STACK];
    return clone(become, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, b);
}

/* struct clone_args of linux/sched.h, which old headers lack. */
struct clone3 {
    uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid,
        set_tid_size, cgroup;
};
#define INTO_CGROUP 0x200000000

/* Only clone3(2) can do that, and for that libc has no way to give the child a stack. */
static pid_t
born_in_group(struct birth *b)
{
    struct clone3 how = {.flags = INTO_CGROUP,
        .exit_signal = SIGCHLD,
        .cgroup = (uint64_t)(unsigned)b->how->group};
    int told[2], failed;
    if (pipe2(told, O_CLOEXEC) != 0)
        return -1;
    b->told = told[1];
    long child = syscall(CLONE3_NR, &how, sizeof how);
    if (child == 0)
        become(b);
    int err = errno == EAGAIN || errno == ENOMEM ? errno : ENOSYS;
    close(told[1]);
    if (child > 0 && read(told[0], &failed, sizeof failed) == sizeof failed)
        b->err = failed;
    close(told[0]);
    errno = err;
    return (pid_t)child;
}

int
system_start(const struct system_start *how, pid_t *pid)
{
    struct birth b = {how, -1, 0};
    sigset_t all, before;
    sigfillset(&all); /* no handler of ours is to run in it */
    sigprocmask(SIG_SETMASK, &all, &before);
    pid_t child = how->group >= 0 ? born_in_group(&b) : born(&b);
    int err = child < 0 ? errno : b.err;
    if (child > 0 && err)
        waitpid(child, NULL, 0);
    else if (child > 0)
        *pid = child;
    sigprocmask(SIG_SETMASK, &before, NULL);
    return err;
}

/* clang-format off */
#define SIGNALS(X)                                                                                 \
    X(HUP) X(INT) X(QUIT) X(ILL) X(TRAP) X(ABRT) X(BUS) X(FPE) X(KILL) X(USR1) X(SEGV) X(USR2)     \
    X(PIPE) X(ALRM) X(TERM) X(STKFLT) X(CHLD) X(CONT) X(STOP) X(TSTP) X(TTIN) X(TTOU) X(URG)       \
    X(XCPU) X(XFSZ) X(VTALRM) X(PROF) X(WINCH) X(POLL) X(IO) X(PWR) X(SYS)
/* clang-format on */

int
signal_by_name(const char *name)
{
    static const struct {
        const char *name;
        int number;
    } known[] = {
#define X(id) {#id, SIG##id},
        SIGNALS(X)
#undef X
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i].name, name) == 0)
            return known[i].number;
    return 0;
}

void
program_path(struct buf *path)
{
    char self[4096];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self);
    if (n > 0 && (size_t)n < sizeof self)
        buf_add(path, self, (size_t)n);
}

/* The name in a line NAME:x:NUMBER: of /etc/passwd. */
static void
add_name_of(unsigned uid, struct buf *name)
{
    struct buf text = {0};
    char want[24];
    size_t before = name->n;
    int n = snprintf(want, sizeof want, ":%u:", uid);
    if (file_read("/etc/passwd", &text) == 0)
        for (const char *q = text.p; q && *q && name->n == before;
             q = strchr(q, '\n'), q += q ? 1 : 0) {
            const char *colon = q + strcspn(q, ":\n");
            const char *number = *colon == ':' ? strpbrk(colon + 1, ":\n") : NULL;
            if (number && strncmp(number, want, (size_t)n) == 0)
                buf_add(name, q, (size_t)(colon - q));
        }
    buf_free(&text);
}

/* Not by getpwuid, which loads libraries: we may be static. */
void
system_user_of(unsigned uid, struct buf *name)
{
    const char *said = uid == (unsigned)geteuid() ? getenv("LOGNAME") : NULL;
    size_t before = name->n;
    if (said && *said)
        buf_puts(name, said);
    else
        add_name_of(uid, name);
    if (name->n == before)
        buf_printf(name, "%u", uid);
}

void
system_user(struct buf *name)
{
    system_user_of((unsigned)geteuid(), name);
}
