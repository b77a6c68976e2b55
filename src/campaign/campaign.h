/* The checker: from the tree of a campaign to its model. */
#ifndef CAMPAIGN_CAMPAIGN_H
#define CAMPAIGN_CAMPAIGN_H

#include "check/options.h"
#include "parser/ast.h"

/* Checks the tree of one campaign and of all that it uses. All errors are queued in `d`; the model
 * is complete enough for planning only if there are none. Never NULL; free with model_free. */
struct model *campaign_check(struct diags *d, const struct ast *file,
    const struct check_options *o);

#endif
