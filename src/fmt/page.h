/* A text as the formatter sees it: rows of atoms. An atom is a token, or a whole string with all
 * that is inserted into it. A row is a line, or several that a string holds together; it keeps
 * its atoms, and only where they stand is decided anew. */
#ifndef FMT_PAGE_H
#define FMT_PAGE_H

#include "diag/diag.h"
#include "util/buf.h"

#define NONE UINT32_MAX

struct atom {
    uint32_t start, end; /* bytes of the text */
    int kind;            /* of its (last) token */
    uint32_t row;
    uint32_t statement; /* the first atom of its statement */
    uint32_t parent;    /* the bracket that it stands in, or that it closes; NONE */
    uint32_t was;       /* its column in the text, from 0 */
    uint32_t had;       /* blanks before it in the text, if it is not the first of its row */
    uint32_t gap;       /* blanks that it needs */
    uint32_t at;        /* its column in the result */
    bool lines;         /* goes over several lines */
    bool unary;         /* a sign */
};

struct row {
    uint32_t first, natoms;        /* no atoms: a comment alone, or (the last row) nothing */
    uint32_t comment, comment_end; /* bytes of the text; equal: none */
    uint32_t was;                  /* the comment's column in the text */
    uint32_t at;                   /* its column in the result */
    bool blank;                    /* a blank line comes before it, and stays */
    bool placed;                   /* its atoms have their columns */
    bool trails;                   /* its comment goes on with that of the row above */
};

struct page {
    const char *text;
    size_t n;
    struct atom *atom;
    uint32_t natoms, atoms_cap;
    struct row *row;
    uint32_t nrows, rows_cap;
    bool crlf;
    uint32_t bom; /* the bytes of a byte-order mark, which takes no column */
};

/* Cuts a source whose syntax is right. */
void page_cut(struct page *p, struct diags *d, uint32_t file);
void page_free(struct page *p);
/* The column behind text[start .. end) that begins at column `at`. */
uint32_t page_column(const struct page *p, uint32_t start, uint32_t end, uint32_t at);
/* Is this the first atom of its row? */
bool page_starts_row(const struct page *p, uint32_t atom);

/* Sets `gap` of each atom. */
void page_space(struct page *p);
/* Sets `at` of each atom, ... */
void page_place(struct page *p);
/* ... and then of each comment. */
void page_place_comments(struct page *p);

#endif
