/* Is a file whole? The checks `fits` and `gzip` of outputs, and the command `wfl-shim check`.
 * Files are hostile input; they are streamed, in constant memory. libc only. */
#ifndef VERIFY_WHOLE_H
#define VERIFY_WHOLE_H

#include "verify/input.h"
#include "util/buf.h"

enum verdict { VERDICT_GOOD = 0, VERDICT_BAD = 1, VERDICT_UNREADABLE = 3, VERDICT_TROUBLE = 4 };

/* RFC 1952: every member with its head, data, CRC32 and length; FHCRC if there. Behind the last
 * one zero bytes may follow (tapes and block devices pad so, gzip -t takes them), but nothing
 * else. If not good, `why` says what is wrong and where, in one line. */
enum verdict check_gzip(struct input *in, struct buf *why);

/* FITS standard 4.0: every HDU with its header and data, to the last byte of the padding, and
 * CHECKSUM and DATASUM where they are given (an empty string is "not given"; a DATASUM may be a
 * number, and a CHECKSUM that is one is something else). A gzip file is good if it is good as
 * check_gzip has it, and what it holds is; names do not matter. Refused although a reader might do
 * without: mandatory keywords in another order; characters that are not printable ASCII in a
 * header; anything behind the last HDU. The standard knows "special records" there, but new files
 * are not to have them, and a block of zeros or with a damaged XTENSION is what a crash leaves. Not
 * looked at: the bytes that pad data, and keywords that do not bear on size; SIMPLE may be F. */
enum verdict check_fits(struct input *in, struct buf *why);

/* `check KIND FILE...` (argv[0] is "check"), KIND fits or gzip: prints a line for each file that
 * is not good. Returns the exit code: 0 all good, 1 one is bad, 2 usage, 3 one cannot be read, 4 as
 * its file system fails (file_trouble): then it is not known how good it is. */
int check_main(int argc, char **argv);

#endif
