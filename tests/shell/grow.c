/* Uses memory, for tests: MB of it, more and more for MS milliseconds; then it forks CHILDREN, that
 * read all of it, and holds it for HOLD_MS. usage: grow MB MS CHILDREN HOLD_MS */
#include "config.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void
wait_ms(long ms)
{
    nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

int
main(int argc, char **argv)
{
    if (argc != 5)
        return 2;
    size_t mb = (size_t)atol(argv[1]), size = mb << 20;
    long ms = atol(argv[2]), children = atol(argv[3]), hold = atol(argv[4]);
    char *p = malloc(size);
    volatile char sum = 0;
    long passed = 0;
    if (!p)
        return 1;
    for (size_t i = 0; i < mb; i++) {
        memset(p + (i << 20), 1, 1 << 20);
        long at = ms * (long)(i + 1) / (long)mb;
        wait_ms(at - passed);
        passed = at;
    }
    for (long i = 0; i < children; i++)
        if (fork() == 0) {
            for (size_t k = 0; k < size; k += 4096)
                sum += p[k];
            wait_ms(hold);
            _exit(0);
        }
    wait_ms(hold);
    while (wait(NULL) > 0)
        ;
    bool good = sum + p[0] == 1;
    free(p);
    return good ? 0 : 1;
}
