#include "config.h"

#include "codegen/place.h"

#include "codegen/header.h"
#include "util/file.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void
place_free(struct place *p)
{
    buf_free(&p->work);
}

/* The first word of `s`, as buf_shell_quote wrote it. False: it is more than a word. */
static bool
read_word(const char *s, size_t n, struct buf *out)
{
    bool quoted = false;
    for (size_t i = 0; i < n; i++) {
        if (s[i] == '\'')
            quoted = !quoted;
        else if (quoted)
            buf_putc(out, s[i]);
        else if (s[i] == ' ')
            return out->n > 0;
        else if (s[i] == '\\' && i + 1 < n)
            buf_putc(out, s[++i]);
        else if (strchr("$`\"", s[i]))
            return false;
        else
            buf_putc(out, s[i]);
    }
    return !quoted && out->n > 0;
}

static bool
begins(const struct script_line *line, const char *text)
{
    size_t n = strlen(text);
    return line->n > n && memcmp(line->p, text, n) == 0;
}

/* A folder for this machine may be moved, and is a copy only beside the one that it was made from.
 */
static bool
is_build(const char *dir)
{
    struct buf path = {0};
    buf_printf(&path, "%s/job.sh", dir);
    bool is = access(path.p, F_OK) == 0;
    buf_free(&path);
    return is;
}

void
place_of_script(const char *script, size_t n, const char *dir, struct place *p)
{
    static const char *const heads[] = {"here=", "made=", "work=", "cd -- "};
    struct script_line line;
    struct buf word = {0};
    for (size_t at = 0; script_next(script, n, &at, &line);) {
        for (int i = 0; i < 4; i++) {
            size_t head = strlen(heads[i]);
            buf_reset(&word);
            if (!begins(&line, heads[i]) || !read_word(line.p + head, line.n - head, &word))
                continue;
            if (i == 0)
                p->elsewhere = strcmp(word.p, dir) != 0;
            else if (i == 1)
                p->elsewhere = strcmp(word.p, dir) != 0 && is_build(word.p);
            else if (!p->work.n)
                buf_puts(&p->work, word.p);
        }
    }
    buf_free(&word);
}

void
place_read(const char *dir, struct place *p)
{
    struct buf path = {0}, text = {0};
    char *real = realpath(dir, NULL);
    *p = (struct place){0};
    buf_printf(&path, "%s/job.sh", dir);
    if (file_read(path.p, &text) == 0)
        place_of_script(text.p, text.n, real ? real : dir, p);
    free(real);
    buf_free(&path);
    buf_free(&text);
}
