/* The shim's side of the process that syncs, and the loop of that process. */
#include "config.h"

#include "node/syncer.h"

#include "util/buf.h"
#include "util/clock.h"
#include "util/file.h"
#include "util/system.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Between two batches, so that syncing takes a small part of the time only: so many times what the
 * last one took, but no longer than this. */
enum { PAUSE_TIMES = 4, PAUSE_MOST_MS = 200 };
enum { READ_AT_ONCE = 1 << 16 };

enum message_kind { MESSAGE_PATH, MESSAGE_TICKET, MESSAGE_HURRY };

struct message {
    uint32_t kind;
    uint32_t length; /* of the path behind it, with its NUL; 0 for other kinds */
    uint64_t ticket;
};

struct answer {
    uint64_t ticket;
    int32_t err;
    uint32_t pad;
};

struct syncer {
    pid_t pid;
    int fd;
    uint64_t ticket; /* the one that is being made */
    struct buf out;  /* messages */
    size_t sent;     /* of them */
    bool hurried;    /* since something was added */
};

/* --- the process --- */

struct batch {
    int fd;
    struct buf in;      /* messages that are not in a batch yet, the last one may be incomplete */
    size_t used;        /* of them */
    struct buf items;   /* struct sync_item; their paths are in `in` */
    struct buf tickets; /* uint64_t of each item */
    uint64_t complete;  /* the last ticket of which all is here */
    bool hurry;
};

/* What the shim has sent meanwhile; `wait`: at least something. False: it is gone. */
static bool
take_messages(struct batch *b, bool wait)
{
    for (;;) {
        buf_reserve(&b->in, READ_AT_ONCE);
        ssize_t n = recv(b->fd, b->in.p + b->in.n, READ_AT_ONCE, wait ? 0 : MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return true;
        if (n <= 0)
            return false;
        b->in.n += (size_t)n;
        wait = false;
    }
}

/* Looks through what is new in it; paths are pointed to when nothing moves any more. */
static void
scan_messages(struct batch *b)
{
    struct message m;
    while (b->in.n - b->used >= sizeof m) {
        memcpy(&m, b->in.p + b->used, sizeof m);
        if (b->in.n - b->used < sizeof m + m.length)
            return;
        if (m.kind == MESSAGE_TICKET)
            b->complete = m.ticket;
        b->hurry |= m.kind == MESSAGE_HURRY;
        b->used += sizeof m + m.length;
    }
}

static void
make_items(struct batch *b)
{
    struct message m;
    buf_reset(&b->items);
    buf_reset(&b->tickets);
    for (size_t at = 0; at < b->used; at += sizeof m + m.length) {
        memcpy(&m, b->in.p + at, sizeof m);
        if (m.kind != MESSAGE_PATH)
            continue;
        struct sync_item item = {b->in.p + at + sizeof m, 0};
        buf_add(&b->items, &item, sizeof item);
        buf_add(&b->tickets, &m.ticket, sizeof m.ticket);
    }
}

static bool
give_answer(int fd, uint64_t ticket, int err)
{
    struct answer a = {.ticket = ticket, .err = err};
    return write_all(fd, &a, sizeof a) == 0;
}

static bool
give_answers(struct batch *b)
{
    struct sync_item *item = (struct sync_item *)(void *)b->items.p;
    for (size_t i = 0; i < b->items.n / sizeof *item; i++) {
        uint64_t ticket;
        memcpy(&ticket, b->tickets.p + i * sizeof ticket, sizeof ticket);
        if (item[i].err && !give_answer(b->fd, ticket, item[i].err))
            return false;
    }
    return give_answer(b->fd, b->complete, 0);
}

/* Gathers for a while, as syncing much at once costs little more than syncing little. */
static bool
wait_for_company(struct batch *b, int64_t until)
{
    for (int64_t left; !b->hurry && (left = until - now_ms()) > 0;) {
        struct pollfd p = {.fd = b->fd, .events = POLLIN};
        if (poll(&p, 1, (int)left) > 0 && !take_messages(b, false))
            return false;
        scan_messages(b);
    }
    bool there = take_messages(b, false);
    scan_messages(b);
    return there;
}

static void
work(int fd)
{
    struct batch b = {.fd = fd};
    uint64_t answered = 0;
    int64_t next = 0;
    bool there = true;
    while (there) {
        there = take_messages(&b, true);
        scan_messages(&b);
        if (b.complete == answered) {
            b.hurry = false;
            continue;
        }
        there = there && wait_for_company(&b, next);
        /* what the shim cannot hear of any more is put on the disk all the same */
        make_items(&b);
        int64_t begin = now_ms();
        sync_items((struct sync_item *)(void *)b.items.p, b.items.n / sizeof(struct sync_item));
        int64_t took = now_ms() - begin, pause = took * PAUSE_TIMES;
        next = begin + took + (pause < PAUSE_MOST_MS ? pause : PAUSE_MOST_MS);
        there = give_answers(&b) && there;
        answered = b.complete;
        b.hurry = false;
        b.in.n -= b.used;
        memmove(b.in.p, b.in.p + b.used, b.in.n);
        b.used = 0;
    }
}

/* --- the shim's side --- */

struct syncer *
syncer_new(int *err)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
        *err = errno;
        return NULL;
    }
    pid_t pid = fork();
    if (pid == 0) {
        /* locks and files of the shim must not live on in us */
        int fd = dup2(pair[1], 3);
        if (fd == 3)
            close_all_from(4);
        signal(SIGPIPE, SIG_IGN);
        prctl(PR_SET_NAME, "wfl-sync"); /* as top(1) shows it */
        if (fd == 3)
            work(fd);
        _exit(0);
    }
    *err = errno;
    close(pair[1]);
    if (pid < 0) {
        close(pair[0]);
        return NULL;
    }
    struct syncer *w = xcalloc(1, sizeof *w);
    *w = (struct syncer){.pid = pid, .fd = pair[0], .ticket = 1};
    return w;
}

void
syncer_free(struct syncer *w)
{
    if (!w)
        return;
    close(w->fd);
    /* it ends at once, unless a file system holds it */
    for (int i = 0; i < 100 && waitpid(w->pid, NULL, WNOHANG) == 0; i++)
        nanosleep(&(struct timespec){0, 1000000}, NULL);
    buf_free(&w->out);
    free(w);
}

pid_t
syncer_pid(const struct syncer *w)
{
    return w ? w->pid : 0;
}

int
syncer_fd(const struct syncer *w)
{
    return w->fd;
}

static void
add_message(struct syncer *w, enum message_kind kind, const char *path)
{
    struct message m = {.kind = kind,
        .ticket = w->ticket,
        .length = path ? (uint32_t)strlen(path) + 1 : 0};
    buf_add(&w->out, &m, sizeof m);
    buf_add(&w->out, path, m.length);
}

void
syncer_add(struct syncer *w, const char *path)
{
    add_message(w, MESSAGE_PATH, path);
    w->hurried = false;
}

uint64_t
syncer_ticket(struct syncer *w)
{
    add_message(w, MESSAGE_TICKET, NULL);
    w->hurried = false;
    return w->ticket++;
}

bool
syncer_send(struct syncer *w, bool hurry)
{
    if (hurry && !w->hurried) {
        add_message(w, MESSAGE_HURRY, NULL);
        w->hurried = true;
    }
    while (w->sent < w->out.n) {
        ssize_t n =
            send(w->fd, w->out.p + w->sent, w->out.n - w->sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false; /* it is busy; if it is dead, that shows when it is listened to */
        w->sent += (size_t)n;
    }
    buf_reset(&w->out);
    w->sent = 0;
    return true;
}

bool
syncer_answer(struct syncer *w, uint64_t *ticket, int *err, bool *dead)
{
    struct answer a;
    ssize_t n;
    do
        n = recv(w->fd, &a, sizeof a, MSG_DONTWAIT | MSG_PEEK);
    while (n < 0 && errno == EINTR);
    *dead = n == 0 || (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK);
    if (n < (ssize_t)sizeof a)
        return false;
    n = recv(w->fd, &a, sizeof a, MSG_DONTWAIT);
    if (n < (ssize_t)sizeof a)
        return false;
    *ticket = a.ticket;
    *err = a.err;
    return true;
}
