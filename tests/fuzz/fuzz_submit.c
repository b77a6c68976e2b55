/* What programs of schedulers print, and the record of submitted jobs. The first byte chooses the
 * scheduler, or the record. */
#include "config.h"

#include "fuzz.h"

#include "codegen/job.h"
#include "submit/queue.h"
#include "submit/record.h"
#include "submit/refusal.h"

#include <stdlib.h>
#include <string.h>

static const char *const id_regex[] = {"^([0-9]+)(;.*)?$", "^([0-9]+)$",
    "^([0-9]+(\\[\\])?(\\..*)?)$", "Job <([0-9]+)>", "^([^ ]+)$"};

static void
queue(enum site_kind kind, const char *text, size_t n)
{
    struct queue q = {0};
    struct buf why = {0}, id = {0}, name = {0};
    bool good = queue_read(kind, text, n, 1800000000, &q, &why);
    if (good != (why.n == 0))
        abort();
    for (size_t i = 0; i < q.n; i++) {
        const struct queue_job *j = &q.v[i];
        if (j->state >= QUEUE_NSTATES || j->nodes < QUEUE_UNKNOWN || j->elapsed_s < QUEUE_UNKNOWN ||
            j->left_s < QUEUE_UNKNOWN || !queue_by_id(&q, j->id) || !queue_by_name(&q, j->name))
            abort();
        struct buf remedy = {0};
        queue_remedy(kind, j, &remedy);
        if (remedy.n && j->state != QUEUE_HELD && j->state != QUEUE_SUSPENDED)
            abort();
        buf_free(&remedy);
        if (strlen(j->queue) + strlen(j->word) + strlen(j->why) > 2 * n + 16)
            abort();
    }
    queue_free(&q);
    buf_reset(&why);
    if (job_id_read(kind, id_regex[kind], text, &id, &why) && (id.n == 0 || strpbrk(id.p, " \t\n")))
        abort();
    job_name_make(text, "-tag0-1", 40, &name);
    if (name.n > 40)
        abort();
    buf_free(&id);
    buf_free(&why);
    buf_free(&name);
}

static void
words(enum site_kind kind, const char *text)
{
    struct buf name = {0}, quote = {0};
    job_script_queue(kind, text, &name);
    refusal_of(kind, text);
    refusal_quote(text, &quote);
    if (quote.n > 1500 || strchr(quote.p, '\n'))
        abort();
    buf_free(&name);
    buf_free(&quote);
}

static void
record(const void *p, size_t n)
{
    struct buf why = {0};
    fuzz_put("submitted", p, n);
    struct record *r = record_open(".", false, 0, &why);
    if (!r)
        abort();
    size_t jobs = r->n;
    unsigned damaged = r->damaged;
    record_fruitless(r, n);
    record_free(r);
    /* opened for writing, what was there is still there */
    r = record_open(".", true, 0, &why);
    if (!r || r->n != jobs || r->damaged != damaged || !*r->tag)
        abort();
    record_free(r);
    r = record_open(".", false, 0, &why);
    if (!r || r->n != jobs || r->damaged != damaged)
        abort();
    record_free(r);
    buf_free(&why);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    if (n == 0)
        return 0;
    fuzz_enter_folder();
    unsigned choice = p[0] % 6;
    char *text = malloc(n); /* without the first byte, with a NUL */
    memcpy(text, p + 1, n - 1);
    text[n - 1] = 0;
    if (choice == 5) {
        record(text, n - 1);
    } else {
        queue((enum site_kind)choice, text, n - 1);
        words((enum site_kind)choice, text);
    }
    free(text);
    return 0;
}
