/* What the rules of wfl.l call. */
#ifndef LEXER_SCAN_PRIVATE_H
#define LEXER_SCAN_PRIVATE_H

#include "lexer/lexer.h"

/* Queues a syntax error unless this is a dry run or enough was said; may return NULL. */
struct diag *scan_error(struct scan_state *s, struct span at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* A copy of a token's text in the tree's arena; "" in a dry run. */
const char *scan_copy(struct scan_state *s, const char *text, size_t n);
int64_t scan_int(struct scan_state *s, struct span at, const char *text);
double scan_real(struct scan_state *s, struct span at, const char *text);

/* Refuses control characters and what is not UTF-8. */
void scan_check_text(struct scan_state *s, struct span at, const char *text, size_t n);
/* The same, and appends it to the text of the string at hand. */
void scan_text(struct scan_state *s, struct span at, const char *text, size_t n);
void scan_escape(struct scan_state *s, struct span at, const char *text);

/* What other languages write. */
/* Is that in a line `when failed > 1 % run ...`, the only place where a % stands? */
bool scan_is_hook(const struct scan_state *s, uint32_t at);
void scan_instead(struct scan_state *s, struct span at, const char *text, const char *ours);
void scan_comment(struct scan_state *s, struct span at, const char *text);
void scan_stray(struct scan_state *s, struct span at, const char *text);

/* Strings: open (false: too deep), the text since the last token, and their ends. */
bool scan_open(struct scan_state *s, struct span at, int state);
uint32_t scan_close(struct scan_state *s); /* gives its opening quote */
void scan_start_run(struct scan_state *s);
void scan_take_run(struct scan_state *s, union wfl_value *value, struct span *at);

/* Is the string at hand one that ends at the end of its line for want of a quote? */
bool scan_is_unterminated(const struct scan_state *s);
void scan_unterminated(struct scan_state *s, uint32_t at, const char *quote);
/* Notes a string whose end looks like the start of another statement's string. */
void scan_suspect(struct scan_state *s);
void scan_eof_in_string(struct scan_state *s, bool block);

/* Does a quote here end the string, because its insertion lacks the closing brace? Reports it. */
bool scan_insertion_left_open(struct scan_state *s, int string_state);
void scan_unclosed_insertion(struct scan_state *s);
void scan_eof_in_insertion(struct scan_state *s);

#endif
