/* The terminal of wflc top: the only place that knows ncurses. */
#ifndef TOP_TERMINAL_H
#define TOP_TERMINAL_H

#include "top/screen.h"

#include <stdbool.h>

/* Takes standard input and output over. False: `why` becomes what is wrong with them, a sentence.
 */
bool terminal_open(bool colours, struct buf *why);
void terminal_close(void);
void terminal_size(unsigned *width, unsigned *height);
void terminal_show(const struct screen *s);
/* An enum top_key: waits so long for it; TOP_NONE: none came. */
int terminal_key(int wait_ms);
/* Nobody is there any more: the terminal is gone, or a signal asks to end. */
bool terminal_ended(void);

#endif
