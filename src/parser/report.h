/* Says what is wrong with the text, and what to do about it. */
#ifndef PARSER_REPORT_H
#define PARSER_REPORT_H

#include "parser/parse.h"

/* The token delivered last does not fit; `expected` are the names of those that would. */
void report_unexpected(struct parse *p, const char *const *expected, size_t n);
void report_too_deep(struct parse *p, struct span at);

#endif
