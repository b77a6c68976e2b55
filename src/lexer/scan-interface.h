/* The three calls into flex's code, whose own header declares far more. */
#ifndef LEXER_SCAN_INTERFACE_H
#define LEXER_SCAN_INTERFACE_H

#include "lexer/lexer.h"

void *scan_begin(struct scan_state *s);
int scan_token(void *scanner, union wfl_value *value, struct span *at);
void scan_end(void *scanner);

#endif
