/* Takes the power from the file system that holds a folder, as far as it is concerned: nothing is
 * written any more, not even its log; what it had only in memory is gone when it is mounted anew.
 * usage: shutdown_fs DIR */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

/* One number for ext4 (EXT4_IOC_SHUTDOWN), xfs (XFS_IOC_GOINGDOWN) and others. */
#define IOC_SHUTDOWN _IOR('X', 125, uint32_t)
enum { WITHOUT_LOG_FLUSH = 2 };

int
main(int argc, char **argv)
{
    uint32_t how = WITHOUT_LOG_FLUSH;
    if (argc != 2)
        return 2;
    int fd = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0 && ioctl(fd, IOC_SHUTDOWN, &how) == 0)
        return 0;
    fprintf(stderr, "shutdown_fs: %s: %s\n", argv[1], strerror(errno));
    return 1;
}
