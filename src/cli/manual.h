/* The paragraphs of manual pages, made from these by manual.awk. */
#ifndef CLI_MANUAL_H
#define CLI_MANUAL_H

#include <stddef.h>

struct manual_entry {
    const char *page; /* "wfl(5)" */
    const char *section;
    const char *text; /* whole lines */
};

/* A word and what it leads to. */
struct manual_key {
    const char *word;
    int level; /* 3: the entry is about it; 2: it is defined there; 1: it is mentioned */
    int entry;
};

extern const struct manual_entry manual_entry[];
extern const struct manual_key manual_key[]; /* by word, then level (3 first), then entry */
extern const size_t manual_nkeys;

#endif
