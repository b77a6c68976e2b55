/* Outputs of random campaigns: what the compiler says about paths that are the same, or no files,
 * or lie within each other, against making all of them and comparing each with each. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "image_lib.h"

enum { NTABLES = 2, MAX_ROWS = 5, NTASKS = 3, MAX_TOKENS = 7, MAX_OUTPUTS = 2 };

static int number[NTABLES][MAX_ROWS];
static const char *text[NTABLES][MAX_ROWS];
static unsigned nrows[NTABLES];

enum form { CONSTANT, NUMBER, PADDED, HALF, TEXT, LOW, NFORMS };

struct token {
    enum form form;
    const char *constant;
    unsigned var;
};

struct template
{
    unsigned n;
    struct token token[MAX_TOKENS];
};

struct task {
    unsigned nvars, table[2], noutputs;
    bool filtered; /* by a condition that all rows fulfil, so that rows are stored */
    struct template output[MAX_OUTPUTS];
};

static unsigned
dice(unsigned n)
{
    return (unsigned)rand() % n;
}

static void
put_file(const char *path, const struct buf *b)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(b->p, 1, b->n, f), b->n);
    assert_int_equal(fclose(f), 0);
}

static void
random_tables(void)
{
    static const char *const words[] = {"a", "b", "a.b", "1", "-", "a-1", ".", "ab", "B", "b-"};
    static const int numbers[] = {1, 11, 111, -1, 2, 21, 12};
    for (unsigned i = 0; i < NTABLES; i++) {
        struct buf csv = {0}, name = {0};
        bool key = dice(3), words_key = dice(3);
        unsigned from = dice(10);
        buf_printf(&name, "t%u.csv", i);
        buf_puts(&csv, "a,s\n");
        nrows[i] = 1 + dice(MAX_ROWS);
        for (unsigned r = 0; r < nrows[i]; r++) {
            number[i][r] = key ? numbers[(from + r) % 7] : (int)dice(3);
            text[i][r] = words[words_key ? (from + r) % 10 : dice(10)];
            buf_printf(&csv, "%d,\"%s\"\n", number[i][r], text[i][r]);
        }
        put_file(name.p, &csv);
        buf_free(&csv);
        buf_free(&name);
    }
}

/* Begins with text, so that the checker has nothing to say about the path as it stands. */
static void
random_template(const struct task *t, struct template *p)
{
    static const char *const words[] = {"/", "/", "/", "-", ".", "x", "1", "/./", "o", "_"};
    static const char *const first[] = {"o", "o", "p", "./o", "o/", "q/"};
    p->n = 2 + dice(MAX_TOKENS - 1);
    p->token[0] = (struct token){CONSTANT, first[dice(6)], 0};
    if (dice(3) == 0) { /* two values, side by side or not: where does one end? */
        unsigned var = dice(t->nvars);
        p->n = 3 + dice(2);
        p->token[1] = (struct token){dice(2) ? NUMBER : TEXT, NULL, var};
        p->token[2] = (struct token){CONSTANT, words[dice(10)], 0};
        p->token[p->n - 1] = (struct token){dice(2) ? NUMBER : TEXT, NULL, t->nvars - 1 - var};
        return;
    }
    for (unsigned i = 1; i < p->n; i++) {
        struct token *k = &p->token[i];
        k->form = dice(5) < 2 ? CONSTANT : 1 + dice(NFORMS - 1);
        k->constant = words[dice(10)];
        k->var = dice(t->nvars);
    }
}

/* What may lie within the other one. */
static void
lengthen(const struct template *other, const struct task *t, struct template *p)
{
    *p = *other;
    if (p->n + 2 > MAX_TOKENS)
        p->n = MAX_TOKENS - 2;
    p->token[p->n++] = (struct token){CONSTANT, "/", 0};
    p->token[p->n++] = (struct token){dice(2) ? NUMBER : TEXT, NULL, dice(t->nvars)};
}

static void
random_tasks(struct task *task)
{
    for (unsigned n = 0; n < NTASKS; n++) {
        struct task *t = &task[n];
        t->nvars = 1 + dice(2);
        t->table[0] = dice(NTABLES);
        t->table[1] = dice(NTABLES);
        t->filtered = dice(2);
        t->noutputs = dice(MAX_OUTPUTS + 1);
        for (unsigned i = 0; i < t->noutputs; i++) {
            random_template(t, &t->output[i]);
            struct task *other = &task[dice(n + 1)];
            if (dice(4) == 0 && other->nvars <= t->nvars && (other != t || i) && other->noutputs)
                lengthen(&other->output[0], t, &t->output[i]);
        }
    }
}

static void
template_text(const struct template *p, struct buf *out)
{
    static const char *const insert[] = {"", "{v%u.a}", "{v%u.a:02}", "{v%u.a div 2}", "{v%u.s}",
        "{lower(v%u.s)}"};
    for (unsigned i = 0; i < p->n; i++) {
        const struct token *k = &p->token[i];
        if (k->form == CONSTANT)
            buf_puts(out, k->constant);
        else
            buf_printf(out, insert[k->form], k->var);
    }
}

static void
campaign_text(const struct task *task, struct buf *out)
{
    buf_puts(out, "campaign random\n");
    for (unsigned i = 0; i < NTABLES; i++)
        buf_printf(out, "table tab%u from csv \"t%u.csv\"\n", i, i);
    for (unsigned n = 0; n < NTASKS; n++) {
        const struct task *t = &task[n];
        buf_printf(out, "task t%u for v0 in tab%u", n, t->table[0]);
        if (t->nvars > 1)
            buf_printf(out, ", v1 in tab%u", t->table[1]);
        buf_printf(out, "%s {\n  run \"true\"\n", t->filtered ? " where v0.a > -10" : "");
        for (unsigned i = 0; i < t->noutputs; i++) {
            buf_puts(out, "  output \"");
            template_text(&t->output[i], out);
            buf_puts(out, "\"\n");
        }
        buf_puts(out, "}\n");
    }
}

/* --- the slow way --- */

static void
make_path(const struct task *t, const struct template *p, const unsigned *row, struct buf *out)
{
    buf_reset(out);
    for (unsigned i = 0; i < p->n; i++) {
        const struct token *k = &p->token[i];
        unsigned table = t->table[k->var], r = row[k->var];
        int a = number[table][r];
        if (k->form == CONSTANT)
            buf_puts(out, k->constant);
        else if (k->form == NUMBER)
            buf_printf(out, "%d", a);
        else if (k->form == PADDED)
            buf_printf(out, "%02d", a);
        else if (k->form == HALF)
            buf_printf(out, "%d", a < 0 ? (a - 1) / 2 : a / 2);
        else
            for (const char *s = text[table][r]; *s; s++)
                buf_putc(out, (char)(k->form == LOW && *s == 'B' ? 'b' : *s));
    }
}

/* The file that a path means, in one spelling. */
static void
plain_path(const char *path, struct buf *out)
{
    buf_reset(out);
    char *copy = xstrdup(path), *save = NULL;
    for (char *s = strtok_r(copy, "/", &save); s; s = strtok_r(NULL, "/", &save))
        if (strcmp(s, ".") != 0)
            buf_printf(out, "/%s", s);
    free(copy);
}

/* All paths, and who writes them. */
struct written {
    char *path, *plain;
    unsigned task, at; /* of which task, and which instance of it */
};

static bool
holds(const struct written *folder, const struct written *file)
{
    size_t n = strlen(folder->plain);
    return strncmp(folder->plain, file->plain, n) == 0 && file->plain[n] == '/';
}

/* The first file of each task that lies within what another one writes: nothing has a name here, so
 * that one task may write a folder and a file in it. */
static void
expect_within(const struct written *w, unsigned n, struct buf *said)
{
    for (unsigned i = 0, told = NTASKS; i < n; i++) {
        const struct written *outer = NULL;
        for (unsigned k = 0; k < n && w[i].task != told; k++)
            if ((w[k].task != w[i].task || w[k].at != w[i].at) && holds(&w[k], &w[i]) &&
                (!outer || strlen(w[k].plain) < strlen(outer->plain)))
                outer = &w[k];
        if (!outer)
            continue;
        told = w[i].task;
        buf_printf(said, "%s\n%s\n", outer->path, w[i].path);
    }
}

/* No ".." behind a folder (all paths begin with one), and the last one is a name. */
static bool
good_path(const char *path)
{
    const char *base = strrchr(path, '/');
    base = base ? base + 1 : path;
    size_t n = strlen(path);
    return *base && strcmp(base, ".") != 0 && !strstr(path, "/../") &&
           (n < 3 || strcmp(path + n - 3, "/..") != 0);
}

/* Appends what must be said: the paths that are told in the messages, one a line. */
static void
expect(const struct task *task, struct buf *said)
{
    static struct written seen[NTASKS * MAX_OUTPUTS * MAX_ROWS * MAX_ROWS];
    unsigned nseen = 0;
    struct buf path = {0}, plain = {0};
    for (unsigned n = 0; n < NTASKS; n++) {
        const struct task *t = &task[n];
        unsigned all = nrows[t->table[0]] * (t->nvars > 1 ? nrows[t->table[1]] : 1);
        bool ok = true;
        for (unsigned i = 0; i < all * t->noutputs && ok; i++) {
            unsigned at = i / t->noutputs, inner = t->nvars > 1 ? nrows[t->table[1]] : 1;
            const unsigned row[] = {at / inner, at % inner};
            make_path(t, &t->output[i % t->noutputs], row, &path);
            plain_path(path.p, &plain);
            ok = good_path(path.p);
            for (unsigned k = 0; k < nseen && ok; k++)
                ok = strcmp(seen[k].plain, plain.p) != 0;
            if (ok)
                seen[nseen++] = (struct written){xstrdup(path.p), xstrdup(plain.p), n, at};
            else
                buf_printf(said, "%s\n", path.p);
        }
    }
    if (!said->n)
        expect_within(seen, nseen, said);
    while (nseen--) {
        free(seen[nseen].path);
        free(seen[nseen].plain);
    }
    buf_free(&path);
    buf_free(&plain);
}

/* The paths in the notes of the messages that were printed. */
static void
paths_said(char *messages, struct buf *said, unsigned *errors)
{
    char *save = NULL;
    for (char *s = strtok_r(messages, "\n", &save); s; s = strtok_r(NULL, "\n", &save)) {
        const char *note = strstr(s, "note: ");
        *errors += strstr(s, ": error: ") != NULL;
        if (!note || strstr(note, "the other output is here") ||
            strstr(note, "that output is here"))
            continue;
        note += 6;
        if (strncmp(note, "the file is ", 12) == 0)
            note += 12;
        else if (strncmp(note, "the output is ", 14) == 0)
            note += 14;
        buf_printf(said, "%s\n", note);
    }
}

static int
by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
sort_lines(struct buf *b)
{
    char *line[64], *save = NULL;
    unsigned n = 0;
    if (!b->n)
        return;
    char *copy = xstrdup(b->p);
    for (char *s = strtok_r(copy, "\n", &save); s; s = strtok_r(NULL, "\n", &save))
        line[n++] = s;
    qsort(line, n, sizeof *line, by_text);
    buf_reset(b);
    for (unsigned i = 0; i < n; i++)
        buf_printf(b, "%s\n", line[i]);
    free(copy);
}

static unsigned nwithin; /* rounds in which a file lies within another task's output */

static bool
one_round(void)
{
    struct task task[NTASKS];
    struct buf campaign = {0}, image = {0}, want = {0}, got = {0};
    random_tables();
    random_tasks(task);
    campaign_text(task, &campaign);
    put_file("random.wfl", &campaign);
    expect(task, &want);
    struct diags *d = diag_new();
    bool ok = compile_image(d, "random.wfl", &image);
    char *messages = NULL;
    size_t n = 0;
    unsigned errors = 0, paths = 0;
    FILE *f = open_memstream(&messages, &n);
    diag_print(d, f, false, 0);
    fclose(f);
    char *all = xstrdup(messages);
    paths_said(messages, &got, &errors);
    sort_lines(&want);
    sort_lines(&got);
    for (size_t i = 0; i < want.n; i++)
        paths += want.p[i] == '\n';
    if (strstr(all, " writes within the output of ")) {
        paths /= 2; /* two for each */
        nwithin++;
    }
    bool same = want.n == got.n && (!want.n || strcmp(want.p, got.p) == 0);
    if (ok != (want.n == 0) || errors != paths || !same)
        fail_msg("%s\nwanted:\n%s\ngot:\n%s\n%s", campaign.p, want.n ? want.p : "",
            got.n ? got.p : "", all);
    free(all);
    free(messages);
    diag_free(d);
    buf_free(&campaign);
    buf_free(&image);
    buf_free(&want);
    buf_free(&got);
    return ok;
}

static void
messages_are_those_of_comparing_all(void **state)
{
    (void)state;
    char dir[] = "/tmp/wfl-outputs-XXXXXX";
    assert_non_null(mkdtemp(dir));
    assert_int_equal(chdir(dir), 0);
    unsigned good = 0;
    for (unsigned i = 0; i < 1500; i++) {
        srand(i); /* the round is the seed */
        good += one_round();
    }
    assert_true(good > 200 && good < 1300 && nwithin > 25);
    assert_int_equal(chdir("/"), 0);
    struct buf cmd = {0};
    buf_printf(&cmd, "rm -r %s", dir);
    assert_int_equal(system(cmd.p), 0);
    buf_free(&cmd);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(messages_are_those_of_comparing_all)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
