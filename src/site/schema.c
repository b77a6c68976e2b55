#include "config.h"

#include "site/schema.h"

#include <string.h>

#define W(id, word) word,
static const char *const words_STATUS[] = {SITE_STATUS(W)};
static const char *const words_KINDS[] = {SITE_KINDS(W)};
static const char *const words_QUEUE_VIA[] = {SITE_QUEUE_VIA(W)};
static const char *const words_EXCLUSIVE[] = {SITE_EXCLUSIVE(W)};
static const char *const words_DEPENDENCIES[] = {SITE_DEPENDENCIES(W)};
static const char *const words_STORAGE_KINDS[] = {SITE_STORAGE_KINDS(W)};
static const char *const words_SIZE_FROM[] = {SITE_SIZE_FROM(W)};
static const char *const words_TIME_FORMATS[] = {SITE_TIME_FORMATS(W)};
static const char *const words_REMAINING[] = {SITE_REMAINING(W)};
static const char *const words_TIME_PARSE[] = {SITE_TIME_PARSE(W)};
static const char *const words_COUNTED[] = {SITE_COUNTED(W)};
static const char *const words_TOKENS[] = {SITE_TOKENS(W)};
static const char *const words_RUNTIMES[] = {SITE_RUNTIMES(W)};
static const char *const words_IMAGE_FORMS[] = {SITE_IMAGE_FORMS(W)};
static const char *const words_CONTAINER_VIA[] = {SITE_CONTAINER_VIA(W)};
static const char *const words_LOCAL_COPIES[] = {SITE_LOCAL_COPIES(W)};
static const char *const words_NO_WORDS[] = {NULL};
#undef W

enum { LONGEST_PATH = 64 };

static struct {
    struct site_key key;
    char parent[LONGEST_PATH];
} keys[] = {
#define X(path, type, flags, words, record, member, fallback, meaning)                             \
    {{path, NULL, NULL, KEY_##type, flags, words_##words,                                          \
         sizeof words_##words / sizeof *words_##words, offsetof(struct site_##record, member), 0,  \
         fallback, meaning},                                                                       \
        ""},
    SITE_KEYS(X)
#undef X
};
const size_t site_nkeys = sizeof keys / sizeof *keys;

static const struct {
    const char *list;
    size_t size;
} items[] = {
    {"nodes.local_storage", sizeof(struct site_storage)},
    {"queues", sizeof(struct site_queue)},
    {"queues[].tiers", sizeof(struct site_tier)},
    {"filesystems", sizeof(struct site_filesystem)},
    {"containers", sizeof(struct site_container)},
};

/* Splits the paths, once. */
static void
prepare(void)
{
    if (keys[0].key.name)
        return;
    for (size_t i = site_nkeys; i-- > 0;) {
        struct site_key *k = &keys[i].key;
        const char *dot = strrchr(k->path, '.');
        if (dot)
            memcpy(keys[i].parent, k->path, (size_t)(dot - k->path));
        k->parent = keys[i].parent;
        for (size_t j = 0; j < sizeof items / sizeof *items; j++)
            if (strcmp(items[j].list, k->path) == 0)
                k->item_size = items[j].size;
        if (!k->word[0])
            k->nwords = 0;
        k->name = dot ? dot + 1 : k->path;
    }
}

const struct site_key *
site_key(size_t i)
{
    prepare();
    return &keys[i].key;
}

const struct site_key *
site_key_find(const char *parent, const char *name)
{
    prepare();
    for (size_t i = 0; i < site_nkeys; i++)
        if (strcmp(keys[i].key.name, name) == 0 && strcmp(keys[i].parent, parent) == 0)
            return &keys[i].key;
    return NULL;
}

const struct site_key *
site_key_path(const char *path)
{
    prepare();
    for (size_t i = 0; i < site_nkeys; i++)
        if (strcmp(keys[i].key.path, path) == 0)
            return &keys[i].key;
    return NULL;
}

const char *
site_word_name(const char *key, int word)
{
    const struct site_key *k = site_key_path(key);
    return k && word >= 0 && (size_t)word < k->nwords ? k->word[word] : "?";
}

static void
add_words(const struct site_key *k, struct buf *out)
{
    for (size_t i = 0; i < k->nwords; i++)
        buf_printf(out, "%s%s", i ? ", " : "", k->word[i]);
}

void
site_key_wants(const struct site_key *k, struct buf *out)
{
    switch (k->type) {
    case KEY_MAP:
        buf_puts(out, "a map of keys");
        break;
    case KEY_LIST:
        buf_puts(out, "a list of maps");
        break;
    case KEY_TEXT:
        buf_puts(out, "a text");
        break;
    case KEY_NAME:
        buf_puts(out, "a name of small letters, digits and dashes");
        break;
    case KEY_DATE:
        buf_puts(out, "a date in quotes, \"YYYY-MM-DD\"");
        break;
    case KEY_WORD:
        buf_puts(out, "one of ");
        add_words(k, out);
        break;
    case KEY_WORDS:
        buf_puts(out, "a list of ");
        add_words(k, out);
        break;
    case KEY_BOOL:
        buf_puts(out, "true or false");
        break;
    case KEY_COUNT:
        buf_puts(out, "a whole number from 1");
        break;
    case KEY_NUMBER:
        buf_puts(out, "a whole number from 0");
        break;
    case KEY_SECONDS:
        buf_puts(out, "a whole number of seconds");
        break;
    case KEY_WALLTIME:
        buf_puts(out, "a time in quotes, \"HH:MM:SS\"");
        break;
    case KEY_GIB:
        buf_puts(out, "a number of GiB");
        break;
    case KEY_SLOTS:
        buf_puts(out, "cores, threads, or a whole number from 1");
        break;
    case KEY_TEXTS:
        buf_puts(out, "a list of texts");
        break;
    case KEY_NUMBERS:
        buf_puts(out, "a list of whole numbers");
        break;
    case KEY_PAIRS:
        buf_puts(out, "a map of names to texts");
        break;
    }
    if (k->flags & NULLABLE)
        buf_puts(out, ", or null");
}
