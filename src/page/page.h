/* The report of a campaign: one HTML page that opens from disk, without network, with and without
 * script. */
#ifndef PAGE_PAGE_H
#define PAGE_PAGE_H

#include "page/figures.h"
#include "page/html.h"

/* The whole page; `s` is whole afterwards. */
void page_write(const struct figures *f, struct svg *s);

/* --- its parts, private to src/page --- */
extern const char page_style[], page_script[];
void page_states(const struct figures *f, struct svg *s);   /* states.c */
void page_progress(const struct figures *f, struct svg *s); /* progress.c */
void page_nodes(const struct figures *f, struct svg *s);    /* nodes.c */
/* Nothing, if no cores of nodes are on record. */
bool page_has_account(const struct figures *f);
void page_account(const struct figures *f, struct svg *s);  /* account.c */
void page_families(const struct figures *f, struct svg *s); /* families.c */
void page_failures(const struct figures *f, struct svg *s); /* failures.c */
void page_slowest(const struct figures *f, struct svg *s);  /* slowest.c */
void page_critical(const struct figures *f, struct svg *s); /* critical.c */
/* Of each camera whose sensors' places the plan tells; nothing, if there is none. */
bool page_has_plane(const struct figures *f);
void page_planes(const struct figures *f, struct svg *s); /* planes.c */

/* Of each table of visits: rows with columns ra and dec, in degrees; the same. */
bool page_has_sky(const struct figures *f);
void page_sky(const struct figures *f, struct svg *s); /* sky.c */

/* --- bins.c --- */
struct plot;
/* "12:00:00 to 12:05:00" */
void page_bin_text(const struct figures *f, unsigned bin, struct buf *out);
/* "5 min" */
void page_step_text(const struct figures *f, struct buf *out);
/* The axis of a chart over all bins. */
void page_axis(const struct figures *f, struct plot *p);
/* The largest of a value of each bin, or 0. */
double page_most(const struct figures *f, const double *of);
/* What a chart says of each bin where the pointer rests: its time, and what `say` appends to that;
 * false: nothing. */
typedef bool page_say(const struct figures *f, unsigned bin, const void *arg, struct buf *out);
void page_tips(const struct figures *f, struct plot *p, page_say *say, const void *arg);
/* Begins a row of a table, with the time of a bin. */
void page_bin_row(const struct figures *f, unsigned bin, struct svg *s);

const char *page_family(const struct figures *f, uint32_t family);

#endif
