/* What a lease says, "HOST PID BOOT SECONDS START JOB ORDERS", and what that tells of its holder
 * (lease.h). libc only. */
#ifndef JOURNAL_SAYS_H
#define JOURNAL_SAYS_H

#include <stdbool.h>
#include <stdint.h>

struct says {
    char host[128], boot[64];
    char job[128]; /* "": none, or not known */
    long pid;
    uint32_t seconds;
    unsigned long long start; /* 0: not known */
    uint32_t orders;          /* 0: not known, or there were none */
};

/* Of this process; what cannot be told is "?", or 0. All but the seconds. */
void says_here(struct says *s);
/* Of an open lease. 0 or errno. One that is damaged, as after a power loss, still has a time. */
int says_read(int fd, struct says *s);
/* Can a lock tell whether its holder is there? */
bool says_same_kernel(const struct says *a, const struct says *b);
bool says_this_kernel(const struct says *s); /* the same, with this process */
/* A host of the same name, but of another boot, or another one. */
bool says_same_name(const struct says *a, const struct says *b);
/* Is its process there? Its number may be another one's by now, or of another name space. */
bool says_process_lives(const struct says *s);

#endif
