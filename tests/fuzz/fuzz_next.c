/* Changes of the plan while shims work. The first byte tells which file the rest is: the notice
 * ('n'), what a shim says to it ('a'), or tasks that run by plans before ('t': its checksum is
 * repaired, 'T': it is not). What is read is written again, and is the same then. */
#include "config.h"

#include "fuzz.h"

#include "journal/next.h"
#include "util/buf.h"
#include "util/hash.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void
check_notice(void)
{
    struct next x, again;
    if (next_last("state", &x) != 0)
        return;
    if (x.number != 1 || x.state != NEXT_OPEN || strchr(x.builder, '/'))
        abort();
    struct next copy = x;
    if (next_open("state", &copy) != 0 || copy.number != 2 || next_last("state", &again) != 0 ||
        again.number != 2 || again.from != x.from || again.to != x.to ||
        strcmp(again.builder, x.builder) != 0)
        abort();
    unlink("state/next/0002");
}

static void
check_answer(void)
{
    char text[NEXT_TEXT], again[NEXT_TEXT];
    if (!next_answered("state", 1, "n1.1", text))
        return;
    if (strchr(text, '\n') || next_answer("state", 1, "n2.1", text) != 0 ||
        !next_answered("state", 1, "n2.1", again) || strcmp(text, again) != 0)
        abort();
    unlink("state/next/0001.n2.1");
}

static void
check_tasks(void)
{
    struct next_tasks t, again;
    if (next_read_tasks("state", 2, &t) != 0)
        return;
    if (next_write_tasks("state", 1, &t) != 0 || next_read_tasks("state", 2, &again) != 0 ||
        again.from != t.from || again.to != t.to || again.n != t.n)
        abort();
    for (uint32_t i = 0; i < t.n; i++) {
        const struct next_task *a = &t.task[i], *b = &again.task[i];
        if (a->task != b->task || a->same != b->same || a->late != b->late ||
            a->shard != b->shard || a->epoch != b->epoch || a->was != b->was ||
            a->plan != b->plan || strcmp(a->holder, b->holder) != 0 || !*a->holder ||
            strchr(a->holder, '/'))
            abort();
    }
    next_free_tasks(&again);
    next_free_tasks(&t);
}

/* The change to plan 2, which is done. */
static void
put_done(void)
{
    static const char notice[] = "wfl-next 1 0000000000000001 0000000000000002 wflc-build.1\n";
    fuzz_put("state/next/0001", notice, sizeof notice - 1);
    fuzz_put("state/next/0001.end", "done\n", 5);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct buf text = {0};
    fuzz_enter_folder();
    mkdir("state", 0777);
    mkdir("state/next", 0777);
    if (n < 1)
        return 0;
    buf_add(&text, p + 1, n - 1);
    unlink("state/next/0001.end");
    if (p[0] == 'n') {
        fuzz_put("state/next/0001", text.p, text.n);
        check_notice();
    } else if (p[0] == 'a') {
        fuzz_put("state/next/0001.n1.1", text.p, text.n);
        check_answer();
    } else {
        put_done();
        if (p[0] == 't')
            buf_printf(&text, "end %08x\n", crc32_update(0, text.p, text.n));
        fuzz_put("state/next/0001.tasks", text.p, text.n);
        check_tasks();
    }
    buf_free(&text);
    return 0;
}
