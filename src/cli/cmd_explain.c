/* wflc explain: the items of the manual, by their words. */
#include "config.h"

#include "cli/commands.h"
#include "cli/manual.h"

#include "diag/diag.h"
#include "diag/checks.h"
#include "util/buf.h"

#include <stdlib.h>
#include <string.h>

/* Each word once, under the section that tells most about it. */
static void
list_section(const char *section)
{
    struct buf line = {0};
    for (size_t i = 0; i < manual_nkeys; i++) {
        const struct manual_key *k = &manual_key[i];
        if (i && strcmp(k->word, k[-1].word) == 0)
            continue;
        if (strcmp(manual_entry[k->entry].section, section) != 0)
            continue;
        if (line.n + strlen(k->word) > 72) {
            printf("   %s\n", line.p);
            buf_reset(&line);
        }
        buf_printf(&line, " %s", k->word);
    }
    printf("   %s\n", line.p);
    buf_free(&line);
}

static int
list_all(void)
{
    const char **seen = xcalloc(manual_nkeys, sizeof *seen);
    int *first = xcalloc(manual_nkeys, sizeof *first);
    size_t n = 0;
    puts("wflc explain WORD shows what the manuals say of:");
    for (size_t i = 0; i < manual_nkeys; i++) {
        const struct manual_key *k = &manual_key[i];
        const char *section = manual_entry[k->entry].section;
        size_t s = 0;
        if (i && strcmp(k->word, k[-1].word) == 0)
            continue;
        while (s < n && strcmp(seen[s], section) != 0)
            s++;
        if (s == n) {
            seen[n] = section;
            first[n++] = k->entry;
        } else if (k->entry < first[s]) {
            first[s] = k->entry;
        }
    }
    /* in the order of the page */
    for (size_t done = 0; done < n; done++) {
        size_t next = 0;
        for (size_t s = 1; s < n; s++)
            if (first[s] < first[next])
                next = s;
        printf("\n%s, %s\n", manual_entry[first[next]].page, seen[next]);
        list_section(seen[next]);
        first[next] = INT32_MAX;
    }
    free(seen);
    free(first);
    return EXIT_OK;
}

static void
unknown(const char *word)
{
    size_t n = 0, nchecks;
    const struct check *check = checks_all(&nchecks);
    const char **known = xcalloc(manual_nkeys + nchecks, sizeof *known);
    for (size_t i = 0; i < manual_nkeys; i++)
        known[n++] = manual_key[i].word;
    for (size_t i = 0; i < nchecks; i++)
        known[n++] = check[i].name;
    const char *near = diag_nearest(word, known, n);
    if (near)
        say("the manual has nothing about '%s'; did you mean '%s'?", word, near);
    else
        say("the manual has nothing about '%s'; 'wflc explain' lists what it knows", word);
    free(known);
}

/* How the messages of a check can be changed. */
static void
tell_check(const struct check *c)
{
    switch (c->finds) {
    case FINDS_ERROR:
        printf("The check '%s' finds errors; it is always on.\n", c->name);
        break;
    case FINDS_WARNING:
        printf("The check '%s' warns; -W no-%s switches it off, -E %s makes it find errors.\n",
            c->name, c->name, c->name);
        break;
    case FINDS_OFF:
        printf("The check '%s' is off; -W %s lets it warn, -E %s makes it find errors.\n", c->name,
            c->name, c->name);
        break;
    case FINDS_BOTH:
        printf("The check '%s' finds errors, and warns; -W no-%s switches its warnings off,\n"
               "-E %s makes them errors.\n",
            c->name, c->name, c->name);
        break;
    }
}

static int
run(const struct options *o)
{
    if (o->nargs == 0)
        return list_all();
    const char *word = o->arg[0];
    const struct check *check = check_find(word);
    const char *before = NULL, *page = NULL;
    size_t i = 0;
    while (i < manual_nkeys && strcmp(manual_key[i].word, word) != 0)
        i++;
    int best = i < manual_nkeys ? manual_key[i].level : 0, level = best;
    /* what the page says of a check leaves open what it says of the word elsewhere */
    if (best == 3 && check && (i + 1 == manual_nkeys || manual_key[i + 1].level < 3))
        level = 2;
    if (!best && !check) {
        unknown(word);
        return EXIT_USAGE;
    }
    for (; i < manual_nkeys && strcmp(manual_key[i].word, word) == 0; i++) {
        const struct manual_entry *e = &manual_entry[manual_key[i].entry];
        if (manual_key[i].level < level)
            break;
        if (page && strcmp(page, e->page) != 0)
            /* the first page that has the word is meant; others have it by chance, or use it so */
            continue;
        if (!before || strcmp(before, e->section) != 0)
            printf("%s%s, %s:\n", before ? "\n" : "", e->page, e->section);
        printf("\n%s", e->text);
        before = e->section;
        page = e->page;
    }
    if (check && !best)
        printf("%s: %s\n", word, check->meaning);
    if (check) {
        putchar('\n');
        tell_check(check);
    }
    return EXIT_OK;
}

const struct command command_explain = {
    .name = "explain",
    .args = "[WORD]",
    .summary = "show what the manual says of a word of the language, or of a check",
    .text = "WORD is a keyword, a property, a function, a unit, a key of a site's profile, or the "
            "name of\n"
            "a check as it stands at the end of a message. Without WORD: lists the words that "
            "there are.\n",
    .most = 1,
    .run = run,
};
