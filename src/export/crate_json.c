/* How entities of a crate are written: JSON-LD, flat, one object after the other. */
#include "config.h"

#include "export/crate-private.h"

#include "util/file.h"
#include "util/json.h"

#include <string.h>
#include <time.h>

void
crate_entity(struct crate *c, const char *id, const char *type)
{
    json_item(&c->text);
    json_text(&c->text, "@id", id);
    json_key(&c->text, "@type");
    if (strchr(type, ' ')) { /* several */
        const char *p = type;
        buf_putc(&c->text, '[');
        for (size_t n; *p; p += n + (p[n] == ' ')) {
            n = strcspn(p, " ");
            buf_printf(&c->text, p == type ? "\"%.*s\"" : ", \"%.*s\"", (int)n, p);
        }
        buf_putc(&c->text, ']');
    } else {
        json_string(&c->text, type);
    }
}

void
crate_entity_end(struct crate *c)
{
    buf_putc(&c->text, '}');
    crate_flush(c, false);
}

static void
add_ref(struct buf *out, const char *id)
{
    buf_puts(out, "{\"@id\": ");
    json_string(out, id);
    buf_putc(out, '}');
}

void
crate_ref(struct crate *c, const char *key, const char *id)
{
    json_key(&c->text, key);
    add_ref(&c->text, id);
}

void
crate_ref_add(struct buf *list, const char *id)
{
    if (list->n)
        buf_puts(list, ", ");
    add_ref(list, id);
}

void
crate_list(struct crate *c, const char *key, const struct buf *list)
{
    if (!list->n)
        return;
    json_key(&c->text, key);
    buf_putc(&c->text, '[');
    buf_add(&c->text, list->p, list->n);
    buf_putc(&c->text, ']');
}

void
crate_time(struct crate *c, const char *key, int64_t us)
{
    time_t s = (time_t)(us / 1000000);
    struct tm t;
    char day[32];
    if (us <= 0 || !gmtime_r(&s, &t))
        return;
    strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &t);
    json_key(&c->text, key);
    buf_printf(&c->text, "\"%s.%03dZ\"", day, (int)(us / 1000 % 1000));
}

void
crate_value(struct crate *c, const char *id, const char *name, uint64_t value)
{
    crate_entity(c, id, "PropertyValue");
    json_text(&c->text, "name", name);
    json_integer(&c->text, "value", value);
    crate_entity_end(c);
}

/* As a path of a URI, RFC 3986; other characters of UTF-8 stay, as RO-Crate wants it. A ':' could
 * be taken for the end of a scheme. */
static void
add_escaped(struct buf *out, const char *path)
{
    for (const unsigned char *p = (const unsigned char *)path; *p; p++)
        if (*p <= ' ' || *p == 127 || strchr("\"#%:<>?[\\]^`{|}", *p))
            buf_printf(out, "%%%02X", *p);
        else
            buf_putc(out, (char)*p);
}

/* Without "." and empty parts: so one file has one id, however it is written. ".." stays, for it
 * may follow a link. */
static void
add_plain(struct buf *out, const char *path)
{
    for (size_t n; *path; path += n) {
        path += strspn(path, "/");
        n = strcspn(path, "/");
        if (n && !(n == 1 && *path == '.')) {
            buf_putc(out, '/');
            buf_add(out, path, n);
        }
    }
}

void
crate_file_id(const struct crate *c, const char *path, bool folder, struct buf *id)
{
    struct buf whole = {0};
    size_t root = strlen(c->root);
    if (*path != '/')
        add_plain(&whole, c->how->work);
    add_plain(&whole, path);
    bool inside = whole.n > root && path_below(whole.p, c->root) && !strstr(whole.p, "/../");
    if (!inside)
        buf_puts(id, "file://");
    add_escaped(id, !whole.n ? "/" : inside ? whole.p + root + (root > 1) : whole.p);
    if (folder)
        buf_putc(id, '/');
    buf_free(&whole);
}
