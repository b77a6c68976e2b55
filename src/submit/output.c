#include "config.h"

#include "submit/output.h"

#include "journal/paths.h"
#include "submit/refusal.h"
#include "util/file.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Does the name hold the id, and not as a part of a longer one? Templates put it anywhere. */
static bool
names(const char *file, const char *id, size_t n)
{
    for (const char *p = file; (p = strstr(p, id)) != NULL; p++)
        if ((p == file || !isalnum((unsigned char)p[-1])) && !isalnum((unsigned char)p[n]))
            return true;
    return false;
}

static bool
last_line(const char *path, struct buf *line)
{
    enum { MOST = 4096 };
    char text[MOST + 1];
    struct stat st;
    int fd = file_open(path, &st);
    if (fd < 0)
        return false;
    ssize_t n = pread(fd, text, MOST, st.st_size > MOST ? st.st_size - MOST : 0);
    close(fd);
    while (n > 0 && strchr(" \t\r\n", text[n - 1])) /* a NUL, too, which is no text */
        n--;
    if (n <= 0)
        return false;
    text[n] = 0;
    const char *last = memrchr(text, '\n', (size_t)n);
    refusal_quote(last ? last + 1 : text, line);
    return true;
}

bool
output_last_line(const char *dir, const char *id, struct buf *path, struct buf *line)
{
    struct buf folder = {0}, file = {0};
    struct timespec newest = {0};
    const char *dot = strchr(id, '.'); /* "12.server": some names have the number alone */
    char number[64] = "";
    if (dot && (size_t)(dot - id) < sizeof number)
        memcpy(number, id, (size_t)(dot - id));
    buf_printf(&folder, "%s/" BUILD_STATE "/" STATE_JOBS, dir);
    DIR *d = *id ? opendir(folder.p) : NULL;
    for (const struct dirent *e; d && (e = readdir(d));) {
        size_t n = strlen(e->d_name);
        struct stat st;
        struct buf found = {0};
        if ((!names(e->d_name, id, strlen(id)) &&
                !(*number && names(e->d_name, number, strlen(number)))) ||
            (n > 6 && strcmp(e->d_name + n - 6, ".hosts") == 0) ||
            fstatat(dirfd(d), e->d_name, &st, 0) != 0 || !S_ISREG(st.st_mode))
            continue;
        buf_reset(&file);
        buf_printf(&file, "%s/%s", folder.p, e->d_name);
        bool newer = st.st_mtim.tv_sec > newest.tv_sec ||
                     (st.st_mtim.tv_sec == newest.tv_sec && st.st_mtim.tv_nsec > newest.tv_nsec);
        if (newer && last_line(file.p, &found)) {
            newest = st.st_mtim;
            buf_reset(path);
            buf_puts(path, file.p);
            buf_reset(line);
            buf_puts(line, found.p);
        }
        buf_free(&found);
    }
    if (d)
        closedir(d);
    buf_free(&folder);
    buf_free(&file);
    return path->n > 0;
}
