/* Values in shell commands. The input spells a command and a value from lists of pieces, so that
 * nothing but p, PWN and names that do not exist can be run, whatever becomes of it. Where the
 * scanner says how the value is quoted, shells must make of the command the same words as with a
 * harmless value, but for the value, and PWN must not run. The first byte chooses the shell, pieces
 * of the command follow, then 0xff, then pieces of the value. */
#include "config.h"

#include "fuzz.h"

#include "shell/scan.h"
#include "util/buf.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MARK "\1" /* becomes a NUL */
static const char *const pieces[] = {MARK, " " MARK, "p " MARK, "p ", " ", "\n", "\"", "'", "\\",
    "$", "`", "(", ")", "{ ", " }", "{", "}", "$(", "$((", "))", "${x", "${x-", "${x#", "${x}",
    "$x", "$x\"", "$'", "$\"", "#", " #", ";", ";;", " && ", " || ", " | ", " & ", ">k", ">", "2>",
    ">&2", " <<E\n", " <<-E\n", " <<'E'\n", " <<E <<F\n", "\nE\n", "\n\tE\n", "\nF\n", "E",
    "case Z in ", "\na) ", "(a|", "*) ", " esac", "if p; then ", "; fi", "\nelse ", "for i in ",
    "; do ", "; done", "f() ", "f", "y=", "y+=", "export y=", "y=(", "a", "b c", "1", "+", "=", "[",
    "]", "[[ ", " ]]", " == Z", " =~ ", " -n ", " != Z", "((", "<(", "<<<", "eval ", "\\\n", "\t",
    "~", "!", "! ", "command ", "%", ":", "select i in ", "function f ", "time ", "{a,",
    "declare y=", "p \"" MARK "\"", "p '" MARK "'", "\"$(p " MARK ")\"", "p a" MARK "b",
    "(p " MARK ")", "{ p " MARK "; }", "p \\", "esac\n", "|&", "&>k", ";&", "@("};
static const char *const value_pieces[] = {"PWN", "$(PWN)", "`PWN`", "'", "\"", "\\", "\n", " ",
    ";", "&", "|", "(", ")", "<", ">", "$", "{", "}", "#", "*", "?", "[", "]", "~", "!", "a", "1",
    "E", "esac", "fi", "done", "then", "if", "=", "x", "y", "PWN;", "\nPWN\n", "; PWN; ",
    "'; PWN; '", "\"; PWN; \"", "a[$(PWN)]", "\t", "\r", "\x7f", "\x01", "\x81", "\xc3", "\xc3\xa9",
    "\xff", "-", "-n", "--", ",", "$x", "${x}", "$((", "))", "\\\n", "%s", "in", "do", "PWN #",
    "\nE\n", "]]", "((", "`"};
enum {
    NPIECES = sizeof pieces / sizeof *pieces,
    NVALUES = sizeof value_pieces / sizeof *value_pieces
};

/* All values together are no longer than the name of a file may be: one that could not be made
 * would differ. */
enum { MOST = 2000, MOST_MARKS = 8, MOST_VALUE = 24, LATE_MS = 3000 };
static const char harmless[] = "Qq";

/* Each argument ends with \2|, each call with \2/. */
static const char head[] =
    "set -f; p() { printf '%s\002|\n' \"$@\" '\002/' >&9; }; PWN() { echo PWN >&8; }\n";

static struct {
    const char *name, *option;
    bool bash;
} const shells[] = {{"/bin/dash", NULL, false}, {"/bin/bash", "--posix", false},
    {"/bin/bash", NULL, true}};
enum { NSHELLS = 3 };

static void
limit(int what, rlim_t most)
{
    struct rlimit l;
    getrlimit(what, &l);
    l.rlim_cur = most;
    setrlimit(what, &l);
}

/* Reads until all who could write are gone, or for too long. */
static bool
read_all(int fd, struct buf *out)
{
    char chunk[4096];
    for (;;) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        if (poll(&p, 1, LATE_MS) <= 0 || out->n > 1 << 20)
            return false;
        ssize_t n = read(fd, chunk, sizeof chunk);
        if (n <= 0)
            return n == 0;
        buf_add(out, chunk, (size_t)n);
    }
}

/* What the shell gave to p, call by call; *ran: PWN ran. False: it took too long. */
static bool
run(unsigned shell, const struct buf *script, struct buf *out, bool *ran)
{
    int words[2], canary[2];
    if (pipe2(words, O_CLOEXEC) != 0 || pipe2(canary, O_CLOEXEC) != 0)
        exit(99);
    fuzz_put("script", script->p, script->n);
    pid_t pid = fork();
    if (pid == 0) {
        const char *argv[] = {shells[shell].name,
            shells[shell].option ? shells[shell].option : "../script",
            shells[shell].option ? "../script" : NULL, NULL};
        char *environment[] = {"PATH=/nonexistent", "HOME=/nonexistent", "LC_ALL=C.UTF-8", NULL};
        int null = open("/dev/null", O_RDWR);
        setsid();
        limit(RLIMIT_CPU, 2);
        limit(RLIMIT_FSIZE, 1 << 16);
        limit(RLIMIT_CORE, 0);
        if (chdir("container") != 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 ||
            dup2(null, 2) < 0 || dup2(words[1], 9) < 0 || dup2(canary[1], 8) < 0)
            _exit(99);
        if (geteuid() == 0) { /* nobody's; and few processes, should they multiply */
            limit(RLIMIT_NPROC, 200);
            if (setgid(65534) != 0 || setuid(65534) != 0)
                _exit(99);
        }
        execve(argv[0], (char **)(uintptr_t)argv, environment);
        _exit(99);
    }
    close(words[1]);
    close(canary[1]);
    struct buf said = {0};
    bool ok = pid > 0 && read_all(words[0], out) && read_all(canary[0], &said);
    *ran = said.n > 0;
    if (pid > 0) {
        kill(-pid, SIGKILL);
        waitpid(pid, NULL, 0);
    }
    close(words[0]);
    close(canary[0]);
    buf_free(&said);
    return ok;
}

static void
render(const struct buf *command, const struct shell_mark *mark, const char *value, struct buf *out)
{
    size_t k = 0;
    buf_puts(out, head);
    for (size_t i = 0; i < command->n; i++)
        if (command->p[i])
            buf_putc(out, command->p[i]);
        else
            buf_shell_quote(out, value, strlen(value), shell_how(mark[k++].place));
    buf_putc(out, '\n');
}

static int
by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The lines in an order that does not depend on which process was first (bash writes line by line),
 * with `from` replaced. */
static void
sorted(const struct buf *events, const char *from, const char *to, struct buf *out)
{
    struct buf text = {0};
    char *line[5000];
    size_t n = 0;
    buf_puts(&text, "");
    for (size_t i = 0; i < events->n;) {
        if (*from && events->n - i >= strlen(from) &&
            memcmp(events->p + i, from, strlen(from)) == 0) {
            buf_puts(&text, to);
            i += strlen(from);
        } else {
            buf_putc(&text, events->p[i++]);
        }
    }
    for (char *p = text.p, *q; *p && n < sizeof line / sizeof *line; p = q + 1) {
        q = strchr(p, '\n');
        line[n++] = p;
        if (!q)
            break;
        *q = 0;
    }
    qsort(line, n, sizeof *line, by_text);
    for (size_t i = 0; i < n; i++) {
        buf_puts(out, line[i]);
        buf_putc(out, '\n');
    }
    buf_free(&text);
}

static void
fail(unsigned shell, const char *what, const struct buf *script, const struct buf *want,
    const struct buf *got)
{
    fprintf(stderr, "%s %s: %s\n--- script\n%s\n--- wanted\n%s\n--- got\n%s\n", shells[shell].name,
        shells[shell].option ? shells[shell].option : "", what, script->p, want->p, got->p);
    abort();
}

static void
try_shell(unsigned shell, const struct buf *command, const struct shell_mark *mark,
    const char *value)
{
    struct buf plain = {0}, hostile = {0}, a = {0}, b = {0}, want = {0}, got = {0};
    bool ran = false, ran_plain = false;
    render(command, mark, harmless, &plain);
    render(command, mark, value, &hostile);
    buf_puts(&a, "");
    buf_puts(&b, "");
    buf_puts(&want, "");
    buf_puts(&got, "");
    if (run(shell, &plain, &a, &ran_plain) && run(shell, &hostile, &b, &ran)) {
        sorted(&a, harmless, value, &want);
        sorted(&b, "", "", &got);
        if (ran)
            fail(shell, "PWN ran", &hostile, &want, &got);
        if (want.n != got.n || memcmp(want.p, got.p, want.n) != 0)
            fail(shell, "other words", &hostile, &want, &got);
    }
    buf_free(&plain);
    buf_free(&hostile);
    buf_free(&a);
    buf_free(&b);
    buf_free(&want);
    buf_free(&got);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    static struct shell_mark mark[MOST_MARKS];
    struct buf command = {0}, value = {0};
    struct shell_text facts;
    size_t i = 1, marks = 0;
    fuzz_enter_folder();
    if (mkdir("container", 0777) == 0 && (chmod("container", 0777) != 0 || chmod(".", 0755) != 0))
        exit(99);
    buf_puts(&command, "");
    buf_puts(&value, "");
    for (; i < n && p[i] != 0xff && command.n < MOST; i++)
        buf_puts(&command, pieces[p[i] % NPIECES]);
    for (i++; i < n; i++)
        if (value.n + strlen(value_pieces[p[i] % NVALUES]) <= MOST_VALUE)
            buf_puts(&value, value_pieces[p[i] % NVALUES]);
    for (size_t k = 0; k < command.n; k++)
        if (command.p[k] == MARK[0]) {
            command.p[k] = 0;
            marks++;
        }
    /* not with numbers of processes in it */
    bool bash = n && p[0] % 2,
         good = marks && marks <= MOST_MARKS && value.n && !memmem(command.p, command.n, "$!", 2) &&
                !memmem(command.p, command.n, "$$", 2) && !memmem(command.p, command.n, "$\\\n", 3);
    if (good)
        shell_scan(command.p, command.n, bash ? SHELL_BASH : SHELL_SH, mark, marks, &facts);
    for (size_t k = 0; k < marks && good; k++)
        good = mark[k].place <= SHELL_SINGLE && !mark[k].numbers && !mark[k].command;
    for (unsigned k = 0; k < NSHELLS && good; k++)
        if (access(shells[k].name, X_OK) == 0 && (!bash || shells[k].bash))
            try_shell(k, &command, mark, value.p);
    buf_free(&command);
    buf_free(&value);
    return 0;
}
