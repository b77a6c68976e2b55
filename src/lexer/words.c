#include "config.h"

#include "lexer/words.h"

#include "diag/diag.h"
#include "lexer/token.h"
#include "parser/grammar.h"
#include "util/buf.h"

#include <string.h>

static const struct word words[] = {
#define X(token, text, flags) {text, T_##token, flags},
    WFL_WORDS(X)
#undef X
};
enum { NWORDS = sizeof words / sizeof words[0] };

const struct word *
word_find(const char *s)
{
    for (size_t i = 0; i < NWORDS; i++) {
        if (words[i].text[0] == s[0] && strcmp(words[i].text, s) == 0)
            return &words[i];
    }
    return NULL;
}

const struct word *
word_of(int token)
{
    for (size_t i = 0; i < NWORDS; i++) {
        if (words[i].token == token)
            return &words[i];
    }
    return NULL;
}

/* What other tools call the same, and those whose nearest word is another one. */
static const char *const foreign[][2] = {{"cpus", "cores"}, {"cpu", "cores"}, {"threads", "cores"},
    {"ntasks", "cores"}, {"mem", "memory"}, {"ram", "memory"}, {"walltime", "time"},
    {"runtime", "time"}, {"timeout", "limit"}, {"shell", "run"}, {"command", "run"}, {"cmd", "run"},
    {"script", "run"}, {"exec", "run"}, {"retries", "retry"}, {"restarts", "retry"},
    {"outputs", "output"}, {"inputs", "input"}, {"gpu", "gpus"}, {"export", "env"},
    {"rule", "task"}, {"job", "task"}, {"process", "task"}, {"var", "param"}, {"const", "let"},
    {"def", "let"}, {"import", "use"}, {"include", "use"}, {"detectors", "sensors"}};

const struct word *
word_nearest(const char *s, unsigned flags)
{
    const char *candidate[NWORDS];
    size_t n = 0;
    for (size_t i = 0; i < NWORDS; i++) {
        if (words[i].flags & flags)
            candidate[n++] = words[i].text;
    }
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
        const struct word *w = strcmp(s, foreign[i][0]) == 0 ? word_find(foreign[i][1]) : NULL;
        if (w && w->flags & flags)
            return w;
    }
    const char *near = diag_nearest(s, candidate, n);
    return near ? word_find(near) : NULL;
}

void
word_list(struct buf *b, unsigned flags)
{
    const char *comma = "";
    for (size_t i = 0; i < NWORDS; i++) {
        if (words[i].flags & flags) {
            buf_printf(b, "%s%s", comma, words[i].text);
            comma = ", ";
        }
    }
}
