#include "config.h"

#include "state/since.h"

#include "journal/names.h"
#include "journal/paths.h"
#include "util/clock.h"
#include "util/file.h"
#include "util/hash.h"
#include "util/list.h"
#include "util/map64.h"
#include "util/sha256.h"

#include <errno.h>
#include <glob.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FORMAT = 1, MOST_BYTES = 1 << 28 };

const char *
since_kind_name(enum since_kind k)
{
    static const char *const name[] = {
#define X(id, text) text,
        SINCE_KINDS(X)
#undef X
    };
    return name[k];
}

/* --- what is noted --- */

struct entry {
    int64_t time_us;
    char digest[SHA256_HEX + 1];
    char *path;
};

struct notes {
    int64_t accepted_us;
    struct entry *entry; /* in the order of time */
    size_t n, cap;
};

static void
free_notes(struct notes *v)
{
    for (size_t i = 0; i < v->n; i++)
        free(v->entry[i].path);
    free(v->entry);
    *v = (struct notes){0};
}

static void
add_entry(struct notes *v, int64_t time_us, const char *digest, const char *path, size_t n)
{
    ARRAY_GROW(v->entry, v->n, v->cap);
    struct entry *e = &v->entry[v->n++];
    e->time_us = time_us;
    memcpy(e->digest, digest, SHA256_HEX);
    e->digest[SHA256_HEX] = 0;
    e->path = xstrndup(path, n);
}

static bool
parse_entry(const char **s, struct notes *v)
{
    uint64_t time_us;
    if (!take_number(s, 10, INT64_MAX, ' ', &time_us) ||
        strspn(*s, "0123456789abcdef") != SHA256_HEX || (*s)[SHA256_HEX] != ' ')
        return false;
    const char *path = *s + SHA256_HEX + 1;
    size_t n = strcspn(path, "\n");
    if (!n || path[n] != '\n')
        return false;
    add_entry(v, (int64_t)time_us, *s, path, n);
    *s = path + n + 1;
    return true;
}

static bool
parse(const struct buf *text, struct notes *v)
{
    const char *s = text->p;
    uint64_t version, accepted, crc;
    if (!s || strlen(s) != text->n || !take_word(&s, "wfl-since ") ||
        !take_number(&s, 10, FORMAT, ' ', &version) || version != FORMAT ||
        !take_number(&s, 10, INT64_MAX, '\n', &accepted))
        return false;
    v->accepted_us = (int64_t)accepted;
    size_t lines;
    while (lines = (size_t)(s - text->p), !take_word(&s, "end "))
        if (!parse_entry(&s, v))
            return false;
    return take_number(&s, 16, UINT32_MAX, '\n', &crc) && !*s &&
           crc == crc32_update(0, text->p, lines);
}

/* What cannot be read says nothing: then less is known of what changed. */
static void
read_notes(const char *state, struct notes *v)
{
    struct buf text = {0};
    *v = (struct notes){0};
    if (names_read(state, STATE_SINCE, MOST_BYTES, &text) != 0 || !parse(&text, v))
        free_notes(v);
    buf_free(&text);
}

static int
write_notes(const char *state, const struct notes *v)
{
    struct buf text = {0}, path = {0};
    buf_printf(&text, "wfl-since %d %" PRId64 "\n", FORMAT, v->accepted_us);
    for (size_t i = 0; i < v->n; i++)
        buf_printf(&text, "%" PRId64 " %s %s\n", v->entry[i].time_us, v->entry[i].digest,
            v->entry[i].path);
    buf_printf(&text, "end %08" PRIx32 "\n", crc32_update(0, text.p, text.n));
    buf_printf(&path, "%s/" STATE_SINCE, state);
    int err = dir_make_parent(path.p);
    if (!err)
        err = file_write_atomic(path.p, text.p, text.n, 0666);
    buf_free(&text);
    buf_free(&path);
    return err;
}

/* What a file held at a time, by its digest; NULL: that is not known. */
static const char *
noted_at(const struct notes *v, const char *path, int64_t time_us)
{
    const char *digest = NULL;
    for (size_t i = 0; i < v->n && v->entry[i].time_us <= time_us; i++)
        if (strcmp(v->entry[i].path, path) == 0)
            digest = v->entry[i].digest;
    return digest;
}

/* --- files that are used --- */

struct used {
    char *path;
    char digest[SHA256_HEX + 1]; /* now */
};

struct all_used {
    struct used *file; /* each once for each family, or for all of them */
    uint32_t *family;  /* of each, or PLAN_NONE */
    uint32_t n, cap, cap_families;
};

static void
free_used(struct all_used *u)
{
    for (uint32_t i = 0; i < u->n; i++)
        free(u->file[i].path);
    free(u->file);
    free(u->family);
}

/* What cannot be read is left out; nor is a name that would end a line. */
static void
add_used(struct all_used *u, uint32_t family, const char *path)
{
    struct used f = {0};
    struct stat st;
    if (strchr(path, '\n') || stat(path, &st) != 0 || !S_ISREG(st.st_mode))
        return;
    for (uint32_t i = 0; i < u->n && !*f.digest; i++)
        if (strcmp(u->file[i].path, path) == 0)
            memcpy(f.digest, u->file[i].digest, sizeof f.digest);
    if (!*f.digest && sha256_file(path, -1, f.digest) != 0)
        return;
    f.path = xstrdup(path);
    ARRAY_GROW(u->file, u->n, u->cap);
    ARRAY_GROW(u->family, u->n, u->cap_families);
    u->family[u->n] = family;
    u->file[u->n++] = f;
}

static void
look_for_used(const struct plan *p, struct all_used *u)
{
    *u = (struct all_used){0};
    for (uint32_t i = 0; i < p->nuses; i++) {
        glob_t g = {0};
        if (glob(p->place_name + p->use[i].pattern, 0, NULL, &g) == 0)
            for (size_t k = 0; k < g.gl_pathc; k++)
                add_used(u, p->use[i].family, g.gl_pathv[k]);
        globfree(&g);
    }
}

/* Has what the file held at any time since it was noted first been what it holds now? */
static bool
never_changed(const struct notes *v, const struct used *f)
{
    bool same = true;
    for (size_t i = 0; i < v->n && same; i++)
        same = strcmp(v->entry[i].path, f->path) != 0 || strcmp(v->entry[i].digest, f->digest) == 0;
    return same;
}

static void
look_at_used(const struct plan *p, const struct notes *v, const int64_t *done_us, uint8_t *changed)
{
    struct all_used u;
    look_for_used(p, &u);
    for (uint32_t i = 0; i < u.n; i++) {
        bool all = u.family[i] == PLAN_NONE;
        uint32_t first = all ? 0 : p->family[u.family[i]].first_task;
        uint32_t end = all ? p->head->ntasks : first + p->family[u.family[i]].ntasks;
        if (never_changed(v, &u.file[i]))
            continue;
        for (uint32_t t = first; t < end; t++) {
            int64_t when = done_us[t] > v->accepted_us ? done_us[t] : v->accepted_us;
            const char *was = done_us[t] ? noted_at(v, u.file[i].path, when) : NULL;
            if (was && strcmp(was, u.file[i].digest) != 0)
                changed[t] |= 1 << SINCE_USES;
        }
    }
    free_used(&u);
}

/* --- inputs --- */

struct looking {
    const struct plan *p;
    struct plan_eval *eval;
    struct map64 known; /* files, by their paths' hash */
    int64_t *time_us;   /* of each: when it was written; 0: it is no file */
    uint32_t n, cap, most;
    struct buf path;
};

/* When a file was written; 0: it is not there, or no file. */
static int64_t
written_us(const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0 || !S_ISREG(st.st_mode))
        return 0;
    return (int64_t)st.st_mtim.tv_sec * 1000000 + st.st_mtim.tv_nsec / 1000;
}

/* The same of each path once. False: these would be too many. */
static bool
input_us(struct looking *l, int64_t *us)
{
    bool found;
    uint32_t i = map64_add(&l->known, hash64(l->path.p, l->path.n, 0), l->n, &found);
    if (!found) {
        if (l->most && l->n == l->most)
            return false;
        ARRAY_GROW(l->time_us, l->n, l->cap);
        l->time_us[l->n++] = written_us(l->path.p);
    }
    *us = l->time_us[i];
    return true;
}

/* Was none of its outputs written as late as that? */
static bool
outputs_before(struct looking *l, const struct plan_family *f, uint32_t task, int64_t us)
{
    bool before = true;
    for (uint32_t i = f->first_output; i < f->first_output + f->noutputs && before; i++) {
        buf_reset(&l->path);
        before = !plan_path(l->eval, task, i, NULL, &l->path) || written_us(l->path.p) < us;
    }
    return before;
}

static bool
look_at_family(struct looking *l, const struct plan_family *f, const int64_t *done_us,
    int64_t accepted_us, uint8_t *changed)
{
    for (uint32_t i = f->first_input; i < f->first_input + f->ninputs; i++) {
        const bool varies = plan_varies(l->p, l->p->file[i].path);
        int64_t us = -1;
        for (uint32_t t = f->first_task; t < f->first_task + f->ntasks; t++) {
            int64_t when = done_us[t] > accepted_us ? done_us[t] : accepted_us;
            if (!done_us[t] || changed[t] & 1 << SINCE_INPUTS)
                continue;
            if (varies || us < 0) {
                buf_reset(&l->path);
                us = 0;
                if (plan_path(l->eval, t, i, NULL, &l->path) && !input_us(l, &us))
                    return false;
            }
            if (us > when && outputs_before(l, f, t, us))
                changed[t] |= 1 << SINCE_INPUTS;
        }
    }
    return true;
}

static bool
look_at_inputs(const struct plan *p, const struct notes *v, const int64_t *done_us, uint32_t most,
    uint8_t *changed)
{
    struct looking l = {.p = p, .eval = plan_eval_new(p), .most = most};
    bool all = true;
    map64_init(&l.known, 0, 1024);
    for (uint32_t i = 0; i < p->nfamilies && all; i++)
        all = look_at_family(&l, &p->family[i], done_us, v->accepted_us, changed);
    for (uint32_t t = 0; t < p->head->ntasks && !all; t++)
        changed[t] &= (uint8_t) ~(1 << SINCE_INPUTS);
    map64_free(&l.known);
    plan_eval_free(l.eval);
    buf_free(&l.path);
    free(l.time_us);
    return all;
}

bool
since_look(const struct plan *p, const char *state, const int64_t *done_us, uint32_t most,
    uint8_t *changed)
{
    struct notes v;
    read_notes(state, &v);
    if (p->nuses)
        look_at_used(p, &v, done_us, changed);
    bool all = look_at_inputs(p, &v, done_us, most, changed);
    free_notes(&v);
    return all;
}

static void
tell_one(struct looking *l, const struct notes *v, const struct all_used *u, uint32_t task,
    int64_t done_us, struct buf *out)
{
    uint32_t k = plan_family_of(l->p, task);
    const struct plan_family *f = &l->p->family[k];
    int64_t when = done_us > v->accepted_us ? done_us : v->accepted_us;
    for (uint32_t i = f->first_input; i < f->first_input + f->ninputs; i++) {
        buf_reset(&l->path);
        int64_t us = plan_path(l->eval, task, i, NULL, &l->path) ? written_us(l->path.p) : 0;
        char *path = us > when ? xstrdup(l->path.p) : NULL;
        if (path && outputs_before(l, f, task, us))
            buf_printf(out, "  its input %s was written since\n", path);
        free(path);
    }
    for (uint32_t i = 0; i < u->n; i++) {
        const char *was = noted_at(v, u->file[i].path, when);
        if ((u->family[i] == k || u->family[i] == PLAN_NONE) && was &&
            strcmp(was, u->file[i].digest) != 0)
            buf_printf(out, "  it uses %s, which has another content since\n", u->file[i].path);
    }
}

void
since_tell(const struct plan *p, const char *state, const uint32_t *task, const int64_t *done_us,
    uint32_t n, struct buf *out)
{
    struct looking l = {.p = p, .eval = plan_eval_new(p)};
    struct all_used u = {0};
    struct notes v;
    read_notes(state, &v);
    if (p->nuses)
        look_for_used(p, &u);
    for (uint32_t i = 0; i < n; i++)
        if (done_us[i] != SINCE_NOT_DONE)
            tell_one(&l, &v, &u, task[i], done_us[i], &out[i]);
    free_used(&u);
    free_notes(&v);
    plan_eval_free(l.eval);
    buf_free(&l.path);
}

int
since_note(const struct plan *p, const char *state, bool accept)
{
    struct notes v;
    struct all_used u = {0};
    int64_t now = now_us();
    read_notes(state, &v);
    bool other = accept;
    if (accept)
        v.accepted_us = now;
    if (p->nuses)
        look_for_used(p, &u);
    for (uint32_t i = 0; i < u.n; i++) {
        const struct used *f = &u.file[i];
        const char *was = noted_at(&v, f->path, now);
        if (was && strcmp(was, f->digest) == 0)
            continue;
        add_entry(&v, now, f->digest, f->path, strlen(f->path));
        other = true;
    }
    int err = other ? write_notes(state, &v) : 0;
    free_used(&u);
    free_notes(&v);
    return err;
}
