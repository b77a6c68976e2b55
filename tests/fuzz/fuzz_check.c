/* The checks fits and gzip of outputs; gzip must agree with zlib, and fits with itself within gzip.
 */
#include "config.h"

#include "fuzz.h"

#include "verify/whole.h"

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

static size_t
pack(const uint8_t *p, size_t n, uint8_t *out, size_t room)
{
    z_stream z = {.next_in = (Bytef *)(uintptr_t)p,
        .avail_in = (uInt)n,
        .next_out = out,
        .avail_out = (uInt)room};
    if (deflateInit2(&z, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return 0;
    int r = deflate(&z, Z_FINISH);
    deflateEnd(&z);
    return r == Z_STREAM_END ? z.total_out : 0;
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
    /* the same within gzip */
    static uint8_t z[1 << 16];
    size_t packed =
        n < sizeof z / 2 && !(n > 1 && p[0] == 0x1f && p[1] == 0x8b) ? pack(p, n, z, sizeof z) : 0;
    buf_reset(&why);
    input_memory(&in, z, packed);
    if (packed && check_fits(&in, &why) != v)
        __builtin_trap();
    buf_free(&why);
    return 0;
}
