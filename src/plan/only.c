#include "config.h"

#include "plan/only.h"

#include "util/file.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Before a bit for each task, the first one in the lowest bit of the first byte. */
struct only_head {
    char magic[8];
    uint64_t identity; /* the plan's */
};
static const char magic[8] = "wflonly";

int
only_write(int fd, const struct plan *p, const uint8_t *set)
{
    struct only_head head = {.identity = p->head->identity};
    uint32_t ntasks = p->head->ntasks;
    struct buf b = {0};
    memcpy(head.magic, magic, sizeof magic);
    buf_add(&b, &head, sizeof head);
    for (uint32_t t = 0; t < ntasks; t += 8) {
        unsigned bits = 0;
        for (uint32_t k = t; k < ntasks && k < t + 8; k++)
            bits |= set[k] ? 1u << (k - t) : 0;
        buf_putc(&b, (char)bits);
    }
    int err = write_all(fd, b.p, b.n);
    buf_free(&b);
    return err;
}

static bool
read_all(int fd, char *to, size_t n)
{
    ssize_t got;
    while (n && (got = read(fd, to, n)) > 0) {
        to += got;
        n -= (size_t)got;
    }
    char more;
    return !n && read(fd, &more, 1) == 0;
}

uint8_t *
only_read(int fd, const struct plan *p)
{
    struct only_head head;
    uint32_t ntasks = p->head->ntasks;
    size_t n = sizeof head + ((size_t)ntasks + 7) / 8;
    char *text = xmalloc(n);
    uint8_t *set = NULL;
    bool good = read_all(fd, text, n);
    memcpy(&head, text, sizeof head);
    if (good && memcmp(head.magic, magic, sizeof magic) == 0 &&
        head.identity == p->head->identity) {
        set = xcalloc((size_t)ntasks + 1, 1);
        for (uint32_t t = 0; t < ntasks; t++)
            set[t] = text[sizeof head + t / 8] >> t % 8 & 1;
    }
    free(text);
    return set;
}
