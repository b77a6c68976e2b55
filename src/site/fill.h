/* From a merged tree to the profile. */
#ifndef SITE_FILL_H
#define SITE_FILL_H

#include "site/check.h"

/* Adds to the tree what it leaves to defaults, those of its kind of scheduler first. What is
 * computed or missing stays out. */
void site_add_defaults(struct arena *a, struct site_node *root);

/* Fills the profile from its tree, and computes what depends on other keys; that joins the tree.
 * The values must have been checked. Returns false, queueing nothing, if one is wrong all the
 * same. */
bool site_fill(struct site_profile *p);

#endif
