/* sensors "SECONDS ..." "OUTPUT ...": works on them all side by side; without arguments on those of
 * the lines "SECONDS OUTPUT" that it is given to read, until they end. To work is to wait, and then
 * to write the output. One process does it all, so that what is measured beside it is not the start
 * of processes. Exits with 1 if an output could not be written. */
#include "config.h"

#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 1024 };

struct sensor {
    double ends; /* seconds of now() */
    char output[256];
};

static struct sensor sensor[MOST];
static int n;
static int failed;

static double
now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void
begin(const char *seconds, const char *output)
{
    if (n == MOST || strlen(output) >= sizeof sensor->output) {
        fprintf(stderr, "sensors: too many, or too long a path: %s\n", output);
        exit(1);
    }
    sensor[n].ends = now() + atof(seconds);
    strcpy(sensor[n++].output, output);
}

static void
write_output(const char *path)
{
    FILE *f = fopen(path, "w");
    bool ok = f && fputs("drawn\n", f) >= 0;
    if ((f && fclose(f) != 0) || !ok) {
        perror(path);
        failed = 1;
    }
}

/* Milliseconds until the next one ends, -1: there is none. */
static int
end_those_that_are_due(void)
{
    double at = now(), next = -1;
    for (int i = n - 1; i >= 0; i--) {
        if (sensor[i].ends <= at) {
            write_output(sensor[i].output);
            sensor[i] = sensor[--n];
        } else if (next < 0 || sensor[i].ends < next) {
            next = sensor[i].ends;
        }
    }
    return next < 0 ? -1 : (int)((next - at) * 1e3) + 1;
}

/* Begins what the whole lines of it say, and keeps the rest. False: there is no more. */
static bool
read_lines(void)
{
    static char text[65536];
    static size_t have;
    ssize_t got = read(0, text + have, sizeof text - 1 - have);
    if (got <= 0)
        return false;
    text[have += (size_t)got] = 0;
    char *line = text, *end, seconds[32], output[256];
    for (; (end = strchr(line, '\n')); line = end + 1) {
        *end = 0;
        if (sscanf(line, "%31s %255s", seconds, output) == 2)
            begin(seconds, output);
    }
    have -= (size_t)(line - text);
    memmove(text, line, have);
    return true;
}

static void
begin_all(char *seconds, char *outputs)
{
    char *at_seconds, *at_output;
    const char *t = strtok_r(seconds, " ", &at_seconds), *o = strtok_r(outputs, " ", &at_output);
    for (; t && o; t = strtok_r(NULL, " ", &at_seconds), o = strtok_r(NULL, " ", &at_output))
        begin(t, o);
}

int
main(int argc, char **argv)
{
    bool reads = argc < 3;
    if (!reads)
        begin_all(argv[1], argv[2]);
    for (;;) {
        struct pollfd in = {.fd = 0, .events = POLLIN};
        int ms = end_those_that_are_due();
        if (!n && !reads)
            return failed;
        if (poll(&in, reads, ms) > 0)
            reads = read_lines();
    }
}
