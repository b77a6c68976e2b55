/* A tree against the schema, and what its values mean together. */
#ifndef SITE_CHECK_H
#define SITE_CHECK_H

#include "site/value.h"

/* Checks the tree of one file: every key known, every value of its type, nothing missing in the
 * items of lists. `whole`: the tree is what the file says, so that what is missing is missing. */
void site_check_tree(struct value_reader *r, const struct site_node *root, bool whole);

/* Checks that all required keys are there, which may come from several files. */
void site_check_required(struct value_reader *r, const struct site_node *root);

/* Checks a profile that is filled in: that its values fit together. */
void site_check_fit(struct diags *d, const struct site_profile *p, const struct site_node *root);

#endif
