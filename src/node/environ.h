/* What of our environment is for tasks. libc only. */
#ifndef NODE_ENVIRON_H
#define NODE_ENVIRON_H

#include <stdbool.h>

/* Is `word` "NAME=VALUE" with this name? */
bool environ_names(const char *word, const char *name);
/* Is this variable of our environment, "NAME=VALUE", none for tasks? In a container what names
 * folders of the host is none, either. */
bool environ_hides(const char *word, bool container);
/* "USER=NAME": runtimes of containers ask for it, and jobs with an environment of their own may
 * lack it. By LOGNAME, by /etc/passwd, else the number. To be freed. */
char *environ_user(void);

#endif
