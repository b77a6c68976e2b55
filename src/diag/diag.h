/* Sources, spans and messages.
 *
 * Every file that a user can make a mistake in (campaigns, CSV tables, catalogs) is slurped once
 * into a source; a span is a range of its bytes. Messages are queued, sorted by position and
 * printed at the end, so that one run shows all that is wrong. */
#ifndef DIAG_DIAG_H
#define DIAG_DIAG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Bytes start .. end-1 of a source. A zero-width span (start == end) points between bytes. */
struct span {
    uint32_t file; /* a source's number, or DIAG_NO_FILE */
    uint32_t start, end;
};
#define DIAG_NO_FILE UINT32_MAX
#define NO_SPAN ((struct span){DIAG_NO_FILE, 0, 0})

/* The smallest span that covers both (which are of one file). */
struct span span_join(struct span a, struct span b);

/* a note: it may be meant, and stays what it is */
enum severity { DIAG_ERROR, DIAG_WARNING, DIAG_NOTE };

/* What becomes of the warnings of a check. */
enum diag_level { DIAG_LEVEL_OFF, DIAG_LEVEL_WARNING, DIAG_LEVEL_ERROR };

struct diag; /* one message; owned by its context */

/* Sources and messages of one run of the compiler. */
struct diags *diag_new(void);
void diag_free(struct diags *d);

/* Reads `path` ("-" is standard input) and gives its number. Returns 0 or an errno value (no
 * message is queued then: the caller knows what the file was for). A second call with the same
 * path gives the same number. A file with a NUL byte or of 2 GiB and more: EILSEQ, EFBIG. */
int diag_source_file(struct diags *d, const char *path, uint32_t *file);
/* The result depends on this file or folder too, which is no source. Of a pattern as glob(3) takes
 * it: on every folder in which a new file could match. */
void diag_depend(struct diags *d, const char *path);
void diag_depend_pattern(struct diags *d, const char *pattern);
/* Calls `each` for all of them and for the sources that are files (but standard input), in the
 * order in which they came; some may come twice. */
void diag_each_dependency(const struct diags *d,
    void (*each)(void *arg, const char *path, bool is_pattern), void *arg);
/* A source that is no file, e.g. the text of -D name=value; `name` is shown in messages. */
uint32_t diag_source_text(struct diags *d, const char *name, const char *text, size_t n);
/* Borrowed, NUL-terminated, valid until diag_free. */
const char *diag_text(const struct diags *d, uint32_t file, size_t *n);
const char *diag_name(const struct diags *d, uint32_t file);
/* Line and column (in characters, tabs count one) of a span's start, both from 1. */
void diag_where(const struct diags *d, struct span at, uint32_t *line, uint32_t *column);

/* From now on, warnings of this check are not shown, shown, or shown as errors. The default is
 * to show them; errors are not changed by it. */
void diag_set_level(struct diags *d, const char *check, enum diag_level level);

/* Warnings that do not count as errors are not shown. */
void diag_only_errors(struct diags *d);

/* Queues a message. `check` is the name shown in brackets at its end ("syntax", "unknown-name").
 * `at` may be NO_SPAN. The result takes notes and help, and is valid until diag_free. */
struct diag *diag_add(struct diags *d, enum severity sev, const char *check, struct span at,
    const char *fmt, ...) __attribute__((format(printf, 5, 6)));
struct diag *diag_vadd(struct diags *d, enum severity sev, const char *check, struct span at,
    const char *fmt, va_list ap) __attribute__((format(printf, 5, 0)));
/* The text was written by the campaign's author: it may have several lines. */
void diag_spoken(struct diag *m);
/* A second place: "first declared here", with its own line and caret (unless NO_SPAN). */
void diag_note(struct diag *m, struct span at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* The remedy: "did you mean 'overlaps'?". */
void diag_help(struct diag *m, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* How many were queued, as they were queued: a warning that counts as an error keeps no stage of
 * the compiler from going on. */
unsigned diag_count(const struct diags *d, enum severity sev);
/* Is there an error, or a warning that counts as one? */
bool diag_failed(const struct diags *d);

/* How many were queued so far, and: those behind so many were not meant. */
size_t diag_mark(const struct diags *d);
void diag_forget(struct diags *d, size_t mark);

/* Prints what is queued, sorted by file (in the order the sources were read), position and
 * severity, exact duplicates once, at most `most` errors (0: all; the rest is counted in a last
 * line), and empties the queue (counts stay). Format, colours only if `colour`:
 *
 *   demo.wfl:12:5: error: unknown table 'visitz' [unknown-name]
 *      12 | task draw for v in visitz {
 *         |                    ^~~~~~
 *     help: did you mean 'visits'?
 *   demo.wfl:4:7: note: ...
 */
void diag_print(struct diags *d, FILE *to, bool colour, unsigned most);

/* The candidate nearest to `word` (edit distance with transpositions, at most a third of the
 * longer length), or NULL. Ties go to the first. */
const char *diag_nearest(const char *word, const char *const *candidate, size_t n);

#endif
