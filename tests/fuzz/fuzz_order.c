/* Orders of wflc control. The input is the file of one; its checksum is repaired, unless the first
 * byte is odd. What is read is written again, and is the same then. */
#include "config.h"

#include "fuzz.h"

#include "journal/order.h"
#include "state/control.h"
#include "util/buf.h"
#include "util/hash.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void
check_text(const char *s)
{
    for (; *s; s++)
        if ((unsigned char)*s < 32 || *s == 127)
            abort();
}

static void
check_tasks(const struct order *o)
{
    for (uint32_t i = 0; i < o->ntasks; i++) {
        const struct order_tasks *t = &o->tasks[i];
        if (!t->n || (i && t->first < t[-1].first + t[-1].n) || !order_has_task(o, t->first) ||
            !order_has_task(o, t->first + t->n - 1))
            abort();
    }
}

static void
check_same(const struct order *o, const struct order *copy)
{
    if (copy->kind != o->kind || copy->time_s != o->time_s || copy->plan != o->plan ||
        strcmp(copy->who, o->who) != 0 || strcmp(copy->of, o->of) != 0 ||
        copy->ntasks != o->ntasks ||
        (o->ntasks && memcmp(copy->tasks, o->tasks, o->ntasks * sizeof *o->tasks) != 0))
        abort();
}

static void
read_order(void)
{
    struct order o, copy;
    if (order_read("state", 1, &o) != 0)
        return;
    check_text(o.who);
    check_text(o.of);
    check_tasks(&o);
    if (order_give("state", &o) != 0 || o.number != 2 || order_read("state", 2, &copy) != 0)
        abort();
    check_same(&o, &copy);
    unlink("state/control/0002");
    order_free(&copy);
    order_free(&o);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct buf text = {0};
    fuzz_enter_folder();
    mkdir("state", 0777);
    mkdir("state/control", 0777);
    if (n < 1)
        return 0;
    buf_add(&text, (const char *)p + 1, n - 1);
    if (!(p[0] & 1))
        buf_printf(&text, "end %08x\n", crc32_update(0, text.p ? text.p : "", text.n));
    fuzz_put("state/control/0001", text.p ? text.p : "", text.n);
    read_order();
    struct control *c = control_new("state", 1);
    control_read_now(c);
    if (control_count(c) + control_damaged(c) != 1)
        abort();
    control_cancel(c, 7);
    control_free(c);
    buf_free(&text);
    return 0;
}
