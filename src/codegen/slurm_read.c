/* How sbatch takes options from a script. Each rule was tried on Slurm 22.05.8. */
#include "config.h"

#include "codegen/read.h"

#include <string.h>

enum { MOST_BYTES = 4 << 20 };

/* clang-format off */
static const struct option_known known[] = {
    {"account", 'A', OPTION_TAKES}, {"acctg-freq", 0, OPTION_TAKES}, {"array", 'a', OPTION_TAKES},
    {"batch", 0, OPTION_TAKES}, {"bb", 0, OPTION_TAKES}, {"bbf", 0, OPTION_TAKES},
    {"begin", 'b', OPTION_TAKES}, {"chdir", 'D', OPTION_TAKES},
    {"cluster-constraint", 0, OPTION_TAKES}, {"clusters", 'M', OPTION_TAKES},
    {"comment", 0, OPTION_TAKES}, {"constraint", 'C', OPTION_TAKES},
    {"container", 0, OPTION_TAKES}, {"contiguous", 0, OPTION_ALONE},
    {"core-spec", 'S', OPTION_TAKES}, {"cores-per-socket", 0, OPTION_TAKES},
    {"cpu-freq", 0, OPTION_TAKES}, {"cpus-per-gpu", 0, OPTION_TAKES},
    {"cpus-per-task", 'c', OPTION_TAKES}, {"deadline", 0, OPTION_TAKES},
    {"delay-boot", 0, OPTION_TAKES}, {"dependency", 'd', OPTION_TAKES},
    {"distribution", 'm', OPTION_TAKES}, {"error", 'e', OPTION_TAKES},
    {"exclude", 'x', OPTION_TAKES}, {"exclusive", 0, OPTION_MAY_TAKE}, {"export", 0, OPTION_TAKES},
    {"export-file", 0, OPTION_TAKES}, {"extra-node-info", 'B', OPTION_TAKES},
    {"get-user-env", 0, OPTION_MAY_TAKE}, {"gid", 0, OPTION_TAKES}, {"gpu-bind", 0, OPTION_TAKES},
    {"gpu-freq", 0, OPTION_TAKES}, {"gpus", 'G', OPTION_TAKES}, {"gpus-per-node", 0, OPTION_TAKES},
    {"gpus-per-socket", 0, OPTION_TAKES}, {"gpus-per-task", 0, OPTION_TAKES},
    {"gres", 0, OPTION_TAKES}, {"gres-flags", 0, OPTION_TAKES}, {"hint", 0, OPTION_TAKES},
    {"hold", 'H', OPTION_ALONE}, {"ignore-pbs", 0, OPTION_ALONE}, {"input", 'i', OPTION_TAKES},
    {"job-name", 'J', OPTION_TAKES}, {"kill-on-invalid-dep", 0, OPTION_TAKES},
    {"licenses", 'L', OPTION_TAKES}, {"mail-type", 0, OPTION_TAKES},
    {"mail-user", 0, OPTION_TAKES}, {"mcs-label", 0, OPTION_TAKES}, {"mem", 0, OPTION_TAKES},
    {"mem-bind", 0, OPTION_TAKES}, {"mem-per-cpu", 0, OPTION_TAKES},
    {"mem-per-gpu", 0, OPTION_TAKES}, {"mincpus", 0, OPTION_TAKES}, {"network", 0, OPTION_TAKES},
    {"nice", 0, OPTION_MAY_TAKE}, {"no-kill", 'k', OPTION_MAY_TAKE},
    {"no-requeue", 0, OPTION_ALONE}, {"nodefile", 'F', OPTION_TAKES},
    {"nodelist", 'w', OPTION_TAKES}, {"nodes", 'N', OPTION_TAKES}, {"ntasks", 'n', OPTION_TAKES},
    {"ntasks-per-core", 0, OPTION_TAKES}, {"ntasks-per-gpu", 0, OPTION_TAKES},
    {"ntasks-per-node", 0, OPTION_TAKES}, {"ntasks-per-socket", 0, OPTION_TAKES},
    {"open-mode", 0, OPTION_TAKES}, {"output", 'o', OPTION_TAKES},
    {"overcommit", 'O', OPTION_ALONE}, {"oversubscribe", 's', OPTION_ALONE},
    {"parsable", 0, OPTION_ALONE}, {"partition", 'p', OPTION_TAKES}, {"power", 0, OPTION_TAKES},
    {"prefer", 0, OPTION_TAKES}, {"priority", 0, OPTION_TAKES}, {"profile", 0, OPTION_TAKES},
    {"propagate", 0, OPTION_MAY_TAKE}, {"qos", 'q', OPTION_TAKES}, {"quiet", 'Q', OPTION_ALONE},
    {"reboot", 0, OPTION_ALONE}, {"requeue", 0, OPTION_ALONE}, {"reservation", 0, OPTION_TAKES},
    {"signal", 0, OPTION_TAKES}, {"sockets-per-node", 0, OPTION_TAKES},
    {"spread-job", 0, OPTION_ALONE}, {"switches", 0, OPTION_TAKES}, {"test-only", 0, OPTION_ALONE},
    {"thread-spec", 0, OPTION_TAKES}, {"threads-per-core", 0, OPTION_TAKES},
    {"time", 't', OPTION_TAKES}, {"time-min", 0, OPTION_TAKES}, {"tmp", 0, OPTION_TAKES},
    {"uid", 0, OPTION_TAKES}, {"use-min-nodes", 0, OPTION_ALONE}, {"verbose", 'v', OPTION_ALONE},
    {"wait", 'W', OPTION_ALONE}, {"wait-all-nodes", 0, OPTION_TAKES}, {"wckey", 0, OPTION_TAKES},
    {"wrap", 0, OPTION_TAKES},
    /* of Shifter's plugin */
    {"ccm", 0, OPTION_ALONE}, {"entrypoint", 0, OPTION_MAY_TAKE}, {"image", 0, OPTION_TAKES},
    {"module", 0, OPTION_TAKES}, {"volume", 'V', OPTION_TAKES}, {"workdir", 0, OPTION_TAKES},
    {0}};

static bool
is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}
/* clang-format on */

/* A "\" takes the next character as it is, also within quotes of both kinds, but no blank outside
 * of them; a "#" outside of them ends the line, also within a word. Empty words are lost. */
static bool
split(const char *p, const char *end, struct words *w, struct buf *why)
{
    struct buf word = {0};
    bool good = true;
    for (;;) {
        while (p < end && is_blank(*p))
            p++;
        if (p == end || *p == '#')
            break;
        char quote = 0;
        buf_reset(&word);
        buf_reserve(&word, 0);
        for (; p < end && (quote || !is_blank(*p)); p++) {
            if (*p == '\\') {
                if (p + 1 < end && (quote || !is_blank(p[1])))
                    buf_putc(&word, *++p);
            } else if (quote && *p == quote) {
                quote = 0;
            } else if (!quote && (*p == '"' || *p == '\'')) {
                quote = *p;
            } else if (!quote && *p == '#') {
                end = p;
                break;
            } else {
                buf_putc(&word, *p);
            }
        }
        if (quote) {
            buf_printf(why, "a quote %c is not closed", quote);
            good = false;
            break;
        }
        if (word.n)
            words_add(w, word.p, word.n);
    }
    buf_free(&word);
    return good;
}

static bool
take(const struct words *w, struct header *h, struct buf *why)
{
    for (size_t i = 0; i < w->n;) {
        if (w->v[i][0] != '-') {
            buf_printf(why, "'%s' is no option", w->v[i]);
            return false;
        }
        if (!option_read(known, w, &i, h, why))
            return false;
    }
    return true;
}

bool
slurm_read_line(const char *text, struct header *h, struct buf *why)
{
    struct words w = {0};
    bool good = split(text, text + strlen(text), &w, why) && take(&w, h, why);
    words_free(&w);
    return good;
}

bool
slurm_read(const char *script, size_t n, struct header *h, struct buf *why)
{
    static const char tag[] = "#SBATCH";
    struct script_line line;
    size_t at = 0;
    bool good = true;
    if (n < 2 || memcmp(script, "#!", 2) != 0)
        buf_puts(why, "the first line does not begin with #!");
    else if (memchr(script, 0, n))
        buf_puts(why, "there is a NUL byte in it");
    else if (memmem(script, n, "\r\n", 2))
        buf_puts(why, "its lines end as those of DOS do");
    else if (n >= MOST_BYTES)
        buf_puts(why, "it has more than 4 MB");
    if (why->n)
        return false;
    struct words w = {0};
    while (good && script_next(script, n, &at, &line)) {
        if (line_begins(&line, tag))
            good = split(line.p + strlen(tag), line.p + line.n, &w, why);
        else if (!line_is_comment(&line))
            break;
    }
    good = good && take(&w, h, why);
    words_free(&w);
    return good;
}
