/* The checks fits and gzip of outputs; gzip must agree with zlib. */
#include "config.h"

#include "fuzz.h"

#include "runtime/check.h"

#include <string.h>
#include <zlib.h>

/* All members good, then nothing or zeros, as gzip -t has it. */
static bool
zlib_takes(const uint8_t *p, size_t n)
{
    static uint8_t out[1 << 16];
    bool good = n > 0;
    for (bool first = true; good && n && (first || *p); first = false) {
        z_stream z = {.next_in = (Bytef *)(uintptr_t)p, .avail_in = (uInt)n};
        if (inflateInit2(&z, 15 + 16) != Z_OK)
            return false;
        int r = Z_OK;
        while (r == Z_OK) {
            z.next_out = out;
            z.avail_out = sizeof out;
            r = inflate(&z, Z_NO_FLUSH);
        }
        p = z.next_in;
        n = z.avail_in;
        inflateEnd(&z);
        good = r == Z_STREAM_END;
    }
    while (good && n) {
        good = *p++ == 0;
        n--;
    }
    return good;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    static struct input in;
    struct buf why = {0};
    input_memory(&in, p, n);
    enum verdict v = check_gzip(&in, &why);
    if ((v == VERDICT_GOOD) != zlib_takes(p, n) || (v == VERDICT_GOOD) != (why.n == 0))
        __builtin_trap();
    buf_reset(&why);
    input_memory(&in, p, n);
    v = check_fits(&in, &why);
    if ((v == VERDICT_GOOD) != (why.n == 0))
        __builtin_trap();
    buf_free(&why);
    return 0;
}
