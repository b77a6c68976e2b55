/* What status and top have in common. */
#ifndef COMMAND_QUEUED_H
#define COMMAND_QUEUED_H

#include <stddef.h>

/* Jobs of the build in this folder that the record does not know to be over; the scheduler is not
 * asked. */
size_t queued_jobs(const char *dir);

#endif
