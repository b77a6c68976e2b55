#include "config.h"

#include "journal/says.h"

#include "journal/lease.h"
#include "util/buf.h"
#include "util/file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { MOST_SECONDS = 86400 }; /* of a lease, whatever it says */

/* Its state, and when it was started; false: it is not there, or /proc does not show it. */
static bool
ask_process(long pid, char *state, unsigned long long *start)
{
    char path[48];
    struct buf text = {0};
    snprintf(path, sizeof path, "/proc/%ld/stat", pid);
    /* the name of its program may hold anything, so it is read from the last ')' */
    const char *behind = file_read(path, &text) == 0 ? strrchr(text.p, ')') : NULL;
    bool ok =
        behind &&
        sscanf(behind + 1,
            " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
            state, start) == 2;
    buf_free(&text);
    return ok;
}

static void
ask_host(struct says *s)
{
    if (gethostname(s->host, sizeof s->host - 1) != 0 || !s->host[0])
        snprintf(s->host, sizeof s->host, "?");
}

static void
ask_boot(struct says *s)
{
    struct buf boot = {0};
    if (file_read("/proc/sys/kernel/random/boot_id", &boot) != 0 || boot.n < 2)
        buf_puts(&boot, "?");
    snprintf(s->boot, sizeof s->boot, "%.*s", (int)strcspn(boot.p, "\n"), boot.p);
    buf_free(&boot);
}

void
says_here(struct says *s)
{
    char state;
    ask_host(s);
    ask_boot(s);
    s->pid = (long)getpid();
    if (!ask_process(s->pid, &state, &s->start))
        s->start = 0;
}

int
says_read(int fd, struct says *s)
{
    char line[512];
    ssize_t n = pread(fd, line, sizeof line - 1, 0);
    if (n < 0)
        return errno;
    line[n] = 0;
    *s = (struct says){0};
    if (sscanf(line, "%127s %ld %63s %u %llu %127s %u", s->host, &s->pid, s->boot, &s->seconds,
            &s->start, s->job, &s->orders) < 4)
        *s = (struct says){.seconds = LEASE_SECONDS};
    if (strcmp(s->job, "-") == 0)
        s->job[0] = 0;
    if (s->seconds > MOST_SECONDS)
        s->seconds = MOST_SECONDS;
    return 0;
}

bool
says_same_kernel(const struct says *a, const struct says *b)
{
    return strcmp(a->host, b->host) == 0 && strcmp(a->boot, b->boot) == 0 && *a->boot != '?';
}

bool
says_this_kernel(const struct says *s)
{
    struct says own = {0};
    ask_host(&own);
    if (strcmp(own.host, s->host) != 0)
        return false; /* so most of them are, and the boot need not be asked for */
    ask_boot(&own);
    return says_same_kernel(s, &own);
}

bool
says_same_name(const struct says *a, const struct says *b)
{
    return strcmp(a->host, b->host) == 0 && strcmp(a->boot, b->boot) != 0 && *a->boot &&
           *a->boot != '?' && *b->boot != '?' && *a->host != '?';
}

bool
says_process_lives(const struct says *s)
{
    char state;
    unsigned long long start;
    return s->start && ask_process(s->pid, &state, &start) && start == s->start && state != 'Z' &&
           state != 'X';
}
