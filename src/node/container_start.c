/* A runtime that cannot start a container makes every task fail at once, on this node, and says so
 * by an exit code that may be a task's own, too. So the container is started with nothing to do:
 * when the shim begins, and when a task ended like that. What fails then is the runtime. */
#include "config.h"

#include "node/container.h"

#include "node/environ.h"
#include "node/say.h"
#include "util/clock.h"
#include "util/system.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* while tasks run: no longer than LOOK_MS */
enum { START_MS = 120000, LOOK_MS = 20000, SAID_BYTES = 4096 };

enum outcome { STARTS, FAILS, UNKNOWN }; /* unknown: it was time to end */

/* The beginning of what was written. */
static void
read_text(int fd, char text[SAID_BYTES + 1])
{
    ssize_t n = fd < 0 ? 0 : pread(fd, text, SAID_BYTES, 0);
    text[n > 0 ? n : 0] = 0;
}

/* The environment of the runtime: as for tasks, with a name of the user. To be freed, with its
 * first word. */
static char **
environment(void)
{
    size_t n = 0, k = 1;
    while (environ[n])
        n++;
    char **e = xcalloc(n + 2, sizeof *e);
    e[0] = environ_user();
    for (size_t i = 0; i < n; i++)
        if (!environ_hides(environ[i], true))
            e[k++] = environ[i];
    return e;
}

/* Starts these words, each with a NUL behind it; their process, or -1 with errno. */
static pid_t
start_words(const struct containers *k, struct buf *words, int output)
{
    char **e = environment();
    size_t n = 0;
    for (size_t i = 0; i < words->n; i++)
        n += words->p[i] == 0;
    char **argv = xcalloc(n + 1, sizeof *argv);
    for (size_t i = 0, at = 0; i < n; i++, at += strlen(words->p + at) + 1)
        argv[i] = words->p + at;
    const struct system_start how = {.program = argv[0],
        .argv = argv,
        .env = getenv("USER") ? e + 1 : e,
        .reset = k->reset_signals,
        .output = output,
        .group = -1};
    pid_t pid;
    int err = system_start(&how, &pid);
    free(argv);
    free(e[0]);
    free(e);
    errno = err;
    return err ? -1 : pid;
}

/* Starts the container with nothing to do. */
static pid_t
start_idle(struct containers *k, const struct container *b, uint32_t *number, int output)
{
    struct buf words = {0};
    char *none[] = {NULL};
    *number = container_words(k, b, none, none, &words).number;
    buf_add(&words, "/bin/sh\0-c\0:", sizeof "/bin/sh\0-c\0:");
    pid_t pid = start_words(k, &words, output);
    int err = errno;
    buf_free(&words);
    errno = err;
    return pid;
}

/* An image without a shell may be one that tasks can use: the runtime came as far as that. */
static bool
came_far_enough(int status, const char *text)
{
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return code == 0 || code == 126 || code == 127 || strstr(text, "execve") ||
           strstr(text, "executable file not found");
}

/* The last line of a runtime is what it ended with. */
static const char *
last_line(char *text)
{
    size_t n = strlen(text);
    while (n && (text[n - 1] == '\n' || text[n - 1] == ' '))
        text[--n] = 0;
    const char *line = strrchr(text, '\n');
    return line ? line + 1 : text;
}

static void
say_failed(const struct containers *k, const struct container *b, int status, int64_t late_ms,
    char *text)
{
    const char *image = plan_string(k->plan, b->plan->image);
    const char *program = plan_runtime_program(b->plan->runtime);
    struct buf more = {0};
    if (late_ms)
        buf_printf(&more, "it did not within %d s", (int)(late_ms / 1000));
    else if (WIFSIGNALED(status))
        buf_printf(&more, "it was killed by signal %d", WTERMSIG(status));
    else
        buf_printf(&more, "exit %d", WEXITSTATUS(status));
    say("container %s: %s does not start it on this node (%s): %s",
        plan_string(k->plan, b->plan->name), program, more.p,
        *text ? last_line(text) : "it said nothing");
    if (b->plan->form == PLAN_IMAGE_NAME)
        say("if the image %s is not on this node, %s/prepare.sh fetches it", image, k->dir);
    else if (strstr(text, "ead-only file system"))
        say("an image that is a file has to have the folders that are mounted: %s%s%s, and those "
            "that "
            "the container binds; make them in %s, or name an image of a registry, which "
            "prepare.sh makes "
            "with them",
            k->work, container_folder(k, b, 1) ? " and " : "",
            container_folder(k, b, 1) ? container_folder(k, b, 1) : "", image);
    buf_free(&more);
}

/* What fails is told. */
static enum outcome
try_start(struct containers *k, const struct container *b, int64_t patience_ms)
{
    char text[SAID_BYTES + 1];
    uint32_t number = 0;
    int status = 0, output = memfd_create("wfl-start", MFD_CLOEXEC);
    pid_t pid = output < 0 ? -1 : start_idle(k, b, &number, output);
    if (pid < 0) {
        say("%s cannot be started: %s", b->program.p, strerror(errno));
        if (output >= 0)
            close(output);
        return FAILS;
    }
    int64_t until = now_ms() + patience_ms;
    bool ended = container_wait_for(k, pid, until, &status), late = !ended && now_ms() >= until;
    if (!ended && number)
        container_tell_runtime(k, b, number, "rm", "--force");
    read_text(output, text);
    close(output);
    if (ended ? came_far_enough(status, text) : !late)
        return ended ? STARTS : UNKNOWN;
    say_failed(k, b, status, late ? patience_ms : 0, text);
    return FAILS;
}

bool
container_starts(struct containers *k, const struct container *b)
{
    return try_start(k, b, START_MS) != FAILS;
}

/* Docker and its kin, whose containers are children of another program. */
static bool
is_docker(uint32_t runtime)
{
    return runtime == PLAN_RUNTIME_DOCKER || runtime == PLAN_RUNTIME_PODMAN ||
           runtime == PLAN_RUNTIME_PODMAN_HPC;
}

/* Gives the runtime these words, and waits for it. */
static bool
ask_runtime(struct containers *k, struct buf *words, int output)
{
    int status;
    pid_t pid = start_words(k, words, output);
    return pid > 0 && container_wait_for(k, pid, now_ms() + LOOK_MS, &status);
}

/* One that has ended and that nobody waited for is none. */
static bool
process_lives(long pid)
{
    char path[40], program[2];
    snprintf(path, sizeof path, "/proc/%ld/exe", pid);
    return readlink(path, program, sizeof program) >= 0 || (errno != ENOENT && errno != ESRCH);
}

void
container_end_orphans(struct containers *k, const struct container *b)
{
    char text[SAID_BYTES + 1];
    struct buf begin = {0}, words = {0};
    int output = is_docker(b->plan->runtime) ? memfd_create("wfl-names", MFD_CLOEXEC) : -1;
    if (output < 0)
        return;
    container_name_begin(k, &begin);
    buf_printf(&words, "%s%cps%c--all%c--filter=name=%s%c--format={{.Names}}%c", b->program.p, 0, 0,
        0, begin.p, 0, 0);
    if (ask_runtime(k, &words, output))
        read_text(output, text);
    else
        text[0] = 0;
    /* the number of a shim is in the name, and what is not that of one is left alone */
    for (char *save, *name = strtok_r(text, "\n", &save); name;
         name = strtok_r(NULL, "\n", &save)) {
        long pid = strncmp(name, begin.p, begin.n) == 0 ? strtol(name + begin.n, NULL, 10) : 0;
        if (pid <= 0 || process_lives(pid))
            continue;
        say("the container %s, which an earlier run left here, is removed", name);
        buf_reset(&words);
        buf_printf(&words, "%s%crm%c--force%c%s%c", b->program.p, 0, 0, 0, name, 0);
        ask_runtime(k, &words, output);
    }
    close(output);
    buf_free(&begin);
    buf_free(&words);
}

/* May that have been the runtime, and not the command? */
static bool
like_its_own(const struct container *b, uint8_t code, const char *text)
{
    switch ((enum plan_runtime)b->plan->runtime) {
    case PLAN_RUNTIME_DOCKER:
    case PLAN_RUNTIME_PODMAN:
    case PLAN_RUNTIME_PODMAN_HPC:
        return code == 125;
    case PLAN_RUNTIME_CHARLIECLOUD: /* 1 before version 0.33, then numbers of its own */
        return strstr(text, "ch-run[") != NULL;
    case PLAN_RUNTIME_SHIFTER:
        return code == 1 && strstr(text, "FAILED");
    case PLAN_RUNTIME_APPTAINER:
    case PLAN_RUNTIME_SINGULARITY:
        return code == 255 && strstr(text, "FATAL:");
    default:
        return false;
    }
}

bool
container_failed(struct containers *k, const struct container *b, enum plan_shell which, int output,
    uint8_t code, struct buf *note)
{
    char text[SAID_BYTES + 1];
    read_text(output, text);
    const char *program = plan_runtime_program(b->plan->runtime);
    bool own = like_its_own(b, code, text);
    if (own && try_start(k, b, LOOK_MS) != STARTS) {
        note_add(note, "%s does not start containers on this node any more: not the task's fault",
            program);
        return true;
    }
    if (code == 127 || (is_docker(b->plan->runtime) && code == 126))
        note_add(note,
            "container %s: the command, or a program that it names, is not in the image %s or "
            "cannot be run there (exit %u of %s)",
            plan_string(k->plan, b->plan->name), plan_string(k->plan, b->plan->image), code,
            program);
    else if (own)
        note_add(note,
            "%s did not start this command in the container (exit %u), but starts others", program,
            code);
    const char *shell = plan_shell_program(which);
    if (code && strcmp(shell, "/bin/bash") == 0 && strstr(text, shell))
        note_add(note, "the campaign says 'shell bash': if the image has no /bin/bash, say 'shell "
                       "sh', or name "
                       "one that has it");
    return false;
}
