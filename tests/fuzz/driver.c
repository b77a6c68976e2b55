/* Runs a fuzz target without a fuzzing engine: on every file of its corpus, and on random
 * mutations of each, always the same ones. TAP.
 *
 *     fuzz_x                    the whole corpus, in $top_srcdir/tests/fuzz/corpus/x
 *     fuzz_x FILE [MUTATION]    one input, as it is or mutated; written to standard output, too */
#include "config.h"

#include "fuzz.h"

#include "util/buf.h"
#include "util/file.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MUTATIONS = 300, LARGEST = 1 << 16 };

static uint64_t seed;

static uint32_t
dice(size_t n)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((seed >> 33) % n);
}

/* One small damage. */
static void
damage(struct buf *b)
{
    static const char *const odd[] = {"{", "}", "\"", "\n", "(", ")", "0", "-1", "1e999", " ", ",",
        "#", "\xff", "\xff\xff\xff\xff", "\xff\xff\xff\x7f", "9223372036854775807"};
    size_t at = dice(b->n + 1);
    const char *word = odd[dice(sizeof odd / sizeof *odd)];
    size_t len = strlen(word), left = b->n - at, run;
    buf_reserve(b, len);
    switch (left ? dice(6) : 0) {
    case 0: /* a word put in */
        memmove(b->p + at + len, b->p + at, left);
        memcpy(b->p + at, word, len);
        b->n += len;
        break;
    case 1: /* a word put over */
        memcpy(b->p + at, word, len < left ? len : left);
        break;
    case 2: /* a bit */
        b->p[at] ^= (char)(1 << dice(8));
        break;
    case 3: /* a byte */
        b->p[at] = (char)dice(256);
        break;
    case 4: /* a piece cut out */
        run = 1 + dice(left < 64 ? left : 64);
        memmove(b->p + at, b->p + at + run, left - run);
        b->n -= run;
        break;
    default: /* a piece moved */
        run = dice(left);
        memmove(b->p + dice(at + 1), b->p + at, run);
        break;
    }
    b->p[b->n] = 0;
}

static void
make_input(const struct buf *file, unsigned mutation, struct buf *input)
{
    buf_reset(input);
    buf_add(input, file->p, file->n);
    seed = mutation;
    dice(1);
    for (unsigned i = mutation ? 1 + dice(4) : 0; i > 0; i--)
        damage(input);
}

/* A copy of exactly its size, so that AddressSanitizer sees what is read behind it. */
static void
run_input(const struct buf *input)
{
    uint8_t *copy = xmalloc(input->n);
    memcpy(copy, input->p, input->n);
    LLVMFuzzerTestOneInput(copy, input->n);
    free(copy);
}

static bool
read_input(const char *path, struct buf *file)
{
    int err = file_read(path, file);
    buf_reserve(file, 0);
    if (err || file->n > LARGEST)
        printf("# %s: %s\n", path, err ? strerror(err) : "too large");
    return !err && file->n <= LARGEST;
}

/* In a process of its own, so that a crash can be told. */
static bool
run_file(const char *path)
{
    static unsigned *mutation; /* shared with the child */
    if (!mutation)
        mutation =
            mmap(NULL, sizeof *mutation, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct buf file = {0};
    fflush(stdout);
    pid_t pid = mutation != MAP_FAILED && read_input(path, &file) ? fork() : -1;
    if (pid == 0) {
        struct buf input = {0};
        for (*mutation = 0; *mutation <= MUTATIONS; ++*mutation) {
            make_input(&file, *mutation, &input);
            run_input(&input);
        }
        buf_free(&input);
        buf_free(&file);
        exit(0);
    }
    buf_free(&file);
    int status;
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return false;
    if (status != 0)
        printf("# status 0x%x at mutation %u of %s\n", (unsigned)status, *mutation, path);
    return status == 0;
}

static int
run_one(const char *path, unsigned mutation)
{
    struct buf file = {0}, input = {0};
    bool ok = read_input(path, &file);
    if (ok) {
        make_input(&file, mutation, &input);
        fwrite(input.p, 1, input.n, stdout);
        fflush(stdout);
        fuzz_enter_folder();
        run_input(&input);
    }
    buf_free(&file);
    buf_free(&input);
    return !ok;
}

static int
not_hidden(const struct dirent *e)
{
    return e->d_name[0] != '.';
}

int
main(int argc, char **argv)
{
    if (argc > 1)
        return run_one(argv[1], argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 0);

    const char *top = getenv("top_srcdir"), *name = strrchr(argv[0], '_');
    struct buf dir = {0}, path = {0};
    buf_printf(&dir, "%s/tests/fuzz/corpus/%s", top ? top : ".", name ? name + 1 : "");
    struct dirent **entry;
    int n = scandir(dir.p, &entry, not_hidden, alphasort), failed = 0;
    if (n <= 0) {
        printf("Bail out! no corpus in %s\n", dir.p);
        return 99;
    }
    fuzz_enter_folder();
    printf("1..%d\n", n);
    for (int i = 0; i < n; i++) {
        buf_reset(&path);
        buf_printf(&path, "%s/%s", dir.p, entry[i]->d_name);
        bool ok = run_file(path.p);
        failed += !ok;
        printf("%sok %d - %s\n", ok ? "" : "not ", i + 1, entry[i]->d_name);
        free(entry[i]);
    }
    free(entry);
    buf_free(&dir);
    buf_free(&path);
    return failed != 0;
}
