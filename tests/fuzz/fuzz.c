#include "config.h"

#include "fuzz.h"

#include "util/file.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/wfl-fuzz-XXXXXX";
static pid_t owner;

static void
need(bool ok, const char *what)
{
    if (ok)
        return;
    perror(what);
    exit(99);
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static void
remove_folder(void)
{
    if (getpid() == owner)
        nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

void
fuzz_enter_folder(void)
{
    if (owner)
        return;
    owner = getpid();
    need(mkdtemp(folder) && chdir(folder) == 0 && setenv("XDG_CACHE_HOME", folder, 1) == 0, folder);
    atexit(remove_folder);
    int fd = open("/dev/null", O_RDONLY);
    need(fd >= 0 && dup2(fd, STDIN_FILENO) >= 0, "/dev/null");
    close(fd);
}

void
fuzz_put(const char *path, const void *p, size_t n)
{
    unlink(path); /* ext4 writes a file that was truncated to its disk at once: slow */
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    need(fd >= 0 && write_all(fd, p, n) == 0, path);
    close(fd);
}

FILE *
fuzz_nowhere(void)
{
    static FILE *f;
    if (!f) {
        f = fopen("/dev/null", "w");
        need(f != NULL, "/dev/null");
    }
    return f;
}
