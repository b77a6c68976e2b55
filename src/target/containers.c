#include "config.h"

#include "target/containers.h"

#include "diag/checks.h"
#include "plan/build.h"
#include "util/file.h"
#include "util/program.h"
#include "util/sha256.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const enum plan_runtime runtime_of[] = {
    [SITE_RUNTIME_NONE] = PLAN_RUNTIME_DIRECT,
    [SITE_RUNTIME_SHIFTER] = PLAN_RUNTIME_SHIFTER,
    [SITE_RUNTIME_SINGULARITY] = PLAN_RUNTIME_SINGULARITY,
    [SITE_RUNTIME_APPTAINER] = PLAN_RUNTIME_APPTAINER,
    [SITE_RUNTIME_PODMAN_HPC] = PLAN_RUNTIME_PODMAN_HPC,
    [SITE_RUNTIME_CHARLIECLOUD] = PLAN_RUNTIME_CHARLIECLOUD,
    [SITE_RUNTIME_DOCKER] = PLAN_RUNTIME_DOCKER,
    [SITE_RUNTIME_PODMAN] = PLAN_RUNTIME_PODMAN,
};

/* Bit n: it runs an enum plan_image of value n. */
static const unsigned runs[PLAN_NRUNTIMES] = {
    [PLAN_RUNTIME_DIRECT] = ~0u,
    [PLAN_RUNTIME_SHIFTER] = 1u << PLAN_IMAGE_NAME,
    [PLAN_RUNTIME_SINGULARITY] = ~0u,
    [PLAN_RUNTIME_APPTAINER] = ~0u,
    [PLAN_RUNTIME_PODMAN_HPC] = 1u << PLAN_IMAGE_NAME,
    [PLAN_RUNTIME_CHARLIECLOUD] = ~(1u << PLAN_IMAGE_SIF),
    [PLAN_RUNTIME_DOCKER] = 1u << PLAN_IMAGE_NAME,
    [PLAN_RUNTIME_PODMAN] = 1u << PLAN_IMAGE_NAME,
};

static const char *const form_names[] = {"an image of a registry", "a sif file", "a folder",
    "a squashfs file"};
static const char *const form_suffix[] = {"", ".sif", "", ".sqfs"};

struct deciding {
    struct diags *d;
    const struct model *m;
    const struct plan *p;
    const struct site_profile *profile;
    bool here; /* on this machine: what it has is looked for */
    struct containers_texts out;
};

static bool
ends_in(const char *s, const char *end)
{
    size_t n = strlen(s), k = strlen(end);
    return n > k && strcmp(s + n - k, end) == 0;
}

enum plan_image
containers_image_form(const char *image)
{
    if (ends_in(image, ".sif"))
        return PLAN_IMAGE_SIF;
    if (ends_in(image, ".sqfs") || ends_in(image, ".squashfs"))
        return PLAN_IMAGE_SQUASHFS;
    bool path = image[0] == '/' || strncmp(image, "./", 2) == 0 || strncmp(image, "../", 3) == 0;
    return path ? PLAN_IMAGE_DIR : PLAN_IMAGE_NAME;
}

const char *
containers_bare_name(const char *image)
{
    if (strncmp(image, "docker://", 9) == 0)
        return image + 9;
    return strncmp(image, "docker:", 7) == 0 ? image + 7 : image;
}

/* The family that brought container `c` into the plan. */
static const struct family *
family_of(const struct deciding *u, const struct plan_container *c)
{
    for (unsigned i = 0; i < u->m->nfamilies; i++) {
        const struct container *container = u->m->family[i]->container;
        if (container && strcmp(container->name, plan_string(u->p, c->name)) == 0 &&
            container->image && strcmp(container->image, plan_string(u->p, c->image)) == 0)
            return u->m->family[i];
    }
    return NULL;
}

static struct span
place_of(const struct deciding *u, const struct plan_container *c)
{
    const struct family *f = family_of(u, c);
    return f ? f->container->at : NO_SPAN;
}

/* --- which --- */

/* Docker's client is of no use without its server. */
static bool
docker_answers(void)
{
    const char *host = getenv("DOCKER_HOST");
    return (host && *host) || access("/var/run/docker.sock", R_OK | W_OK) == 0;
}

static bool
is_installed(enum plan_runtime r)
{
    const char *name = plan_runtime_program(r);
    struct buf file = {0};
    bool found = !*name || program_find(name, &file);
    buf_free(&file);
    return found && (r != PLAN_RUNTIME_DOCKER || docker_answers());
}

static const struct site_container *
choose(const struct deciding *u, const char *image)
{
    enum plan_image form = containers_image_form(image);
    for (size_t i = 0; i < u->profile->containers.n; i++) {
        const struct site_container *how = &u->profile->containers.v[i];
        enum plan_runtime r = runtime_of[how->runtime];
        if (runs[r] >> form & 1 && (!u->here || is_installed(r)))
            return how;
    }
    return NULL;
}

static void
none_runs(const struct deciding *u, const struct plan_container *c)
{
    const char *image = plan_string(u->p, c->image);
    enum plan_image form = containers_image_form(image);
    const struct family *f = family_of(u, c);
    struct buf could = {0};
    for (size_t i = 0; i < u->profile->containers.n; i++) {
        enum plan_runtime r = runtime_of[u->profile->containers.v[i].runtime];
        if (runs[r] >> form & 1)
            buf_printf(&could, "%s%s", could.n ? ", " : "", plan_runtime_name(r));
    }
    struct diag *m = diag_add(u->d, DIAG_ERROR, RULE_SITE, place_of(u, c),
        "task '%s' needs container '%s', and %s has no runtime that runs '%s' (%s)",
        f ? f->name : "?", plan_string(u->p, c->name), u->here ? "this machine" : "the site", image,
        form_names[form]);
    if (u->here && could.n)
        diag_help(m, "install one of these: %s", could.p);
    else if (u->profile->containers.n)
        diag_help(m, "profile '%s' has runtimes, but none for such an image", u->profile->name);
    else
        diag_help(m,
            "profile '%s' has no containers; if the machine has a runtime, name it there: "
            "containers: [{runtime: apptainer, image_form: sif}]",
            u->profile->name);
    if (u->here)
        diag_help(m, "with --no-containers the commands are run without it");
    buf_free(&could);
}

/* --- how --- */

/* Where a runtime mounts nothing. */
static bool
check_binds(const struct deciding *u, const struct plan_container *c)
{
    static const char *const refused[] = {"/dev", "/etc", "/opt/udiImage", "/proc", "/var"};
    bool good = true;
    for (uint32_t i = c->first_bind; i < c->first_bind + c->nbinds; i++) {
        const char *path = plan_string(u->p, u->p->bind[i].path);
        const char *inside = plan_string(u->p, u->p->bind[i].inside);
        bool bad = false;
        for (size_t k = 0; k < sizeof refused / sizeof *refused; k++)
            bad |= c->runtime == PLAN_RUNTIME_SHIFTER && path_below(inside, refused[k]) &&
                   !path_below(inside, "/var/tmp");
        /* its /tmp is the host's: nothing can be mounted there */
        bad |= c->runtime == PLAN_RUNTIME_CHARLIECLOUD && path_below(inside, "/tmp") &&
               strcmp(path, inside) != 0;
        if (bad)
            diag_help(diag_add(u->d, DIAG_ERROR, RULE_SITE, place_of(u, c),
                          "container '%s': %s cannot bind a folder as '%s'",
                          plan_string(u->p, c->name), plan_runtime_name(c->runtime), inside),
                "choose another place for it: bind \"%s:/data\"", path);
        good &= !bad;
    }
    return good;
}

/* What is not known of a file of another machine is left open. */
static bool
take_file(struct deciding *u, struct plan_container *c, const char *image)
{
    char digest[7 + SHA256_HEX + 1] = "sha256:";
    struct stat st;
    bool folder = c->form == PLAN_IMAGE_DIR;
    int err = stat(image, &st) != 0  ? errno
              : !folder              ? sha256_file(image, -1, digest + 7)
              : !S_ISDIR(st.st_mode) ? ENOTDIR
                                     : 0;
    if (!err && !folder)
        c->digest = containers_text(&u->out, digest);
    c->source = containers_text(&u->out, image);
    if (!err || !u->here)
        return true;
    diag_help(diag_add(u->d, DIAG_ERROR, RULE_SITE, place_of(u, c),
                  "container '%s': the image '%s' cannot be read: %s", plan_string(u->p, c->name),
                  image, strerror(err)),
        "a path that is not whole starts at the working folder; the image of a registry is named "
        "without './' or '/' before it");
    return false;
}

/* The name that the runtime knows it by, or the file that prepare.sh makes of it. */
static void
take_name(struct deciding *u, const struct site_container *how, struct plan_container *c,
    const char *image)
{
    static const enum plan_image form[] = {
        [SITE_IMAGE_REGISTRY] = PLAN_IMAGE_NAME,
        [SITE_IMAGE_SIF] = PLAN_IMAGE_SIF,
        [SITE_IMAGE_DIR] = PLAN_IMAGE_DIR,
        [SITE_IMAGE_SQUASHFS] = PLAN_IMAGE_SQUASHFS,
    };
    const char *bare = containers_bare_name(image), *at = strstr(bare, "@sha256:");
    struct buf source = {0};
    c->form = form[how->image_form];
    c->prepared = c->form != PLAN_IMAGE_NAME;
    if (c->prepared)
        buf_printf(&source, "images/%s%s", plan_string(u->p, c->name), form_suffix[c->form]);
    else if (c->runtime == PLAN_RUNTIME_SHIFTER && strncmp(bare, "id:", 3) != 0)
        buf_printf(&source, "docker:%s", bare);
    else if (c->runtime == PLAN_RUNTIME_SINGULARITY || c->runtime == PLAN_RUNTIME_APPTAINER)
        buf_printf(&source, "docker://%s", bare);
    else
        buf_puts(&source, bare);
    c->source = containers_text(&u->out, source.p);
    if (at)
        c->digest = containers_text(&u->out, at + 1);
    buf_free(&source);
}

/* The node's copy: in its memory, or on the first of its disks. */
static void
set_copy(struct deciding *u, const struct site_container *how, struct plan_container *c)
{
    if (how->local_copy == SITE_COPY_NONE ||
        (c->form != PLAN_IMAGE_SIF && c->form != PLAN_IMAGE_SQUASHFS))
        return;
    bool ram = how->local_copy == SITE_COPY_RAM;
    const char *dir = ram ? "/dev/shm" : NULL;
    for (size_t i = 0; i < u->profile->nodes.local_storage.n; i++) {
        const struct site_storage *s = &u->profile->nodes.local_storage.v[i];
        if ((s->kind == SITE_STORAGE_RAM) == ram) {
            dir = s->path;
            ram |= s->counts_as_memory;
            break;
        }
    }
    if (!dir)
        return;
    c->copy = ram ? PLAN_COPY_RAM : PLAN_COPY_DISK;
    c->copy_dir = containers_text(&u->out, dir);
}

static bool
decide(struct deciding *u, struct plan_container *c)
{
    const char *image = plan_string(u->p, c->image);
    const struct site_container *how = choose(u, image);
    if (!how) {
        none_runs(u, c);
        return false;
    }
    c->runtime = runtime_of[how->runtime];
    if (c->runtime == PLAN_RUNTIME_DIRECT) {
        diag_help(diag_add(u->d, DIAG_WARNING, RULE_SITE, place_of(u, c),
                      "container '%s' is not used on this site: profile '%s' has the runtime none",
                      plan_string(u->p, c->name), u->profile->name),
            "what is in the image must be on its nodes");
        return true;
    }
    c->form = containers_image_form(image);
    c->directive = how->via == SITE_BY_DIRECTIVE && u->p->ncontainers == 1;
    if (c->form == PLAN_IMAGE_NAME)
        take_name(u, how, c, image);
    else if (!take_file(u, c, image))
        return false;
    set_copy(u, how, c);
    containers_words(&u->out, u->p, u->profile, how, c);
    return check_binds(u, c);
}

static bool
decide_all(struct deciding *u, struct buf *image)
{
    bool good = true;
    buf_putc(&u->out.texts, 0);
    for (uint32_t i = 0; i < u->p->ncontainers; i++) {
        struct plan_container c = u->p->container[i];
        good &= decide(u, &c);
        buf_add(&u->out.containers, &c, sizeof c);
    }
    if (good) {
        struct buf contained = {0};
        plan_container(u->p, &u->out.containers, &u->out.words, &u->out.texts, &contained);
        buf_reset(image);
        buf_add(image, contained.p, contained.n);
        buf_free(&contained);
    }
    buf_free(&u->out.containers);
    buf_free(&u->out.words);
    buf_free(&u->out.texts);
    return good;
}

const struct site *
containers_site(const struct model *m)
{
    for (unsigned i = 0; i < m->nsites; i++)
        if (strcmp(m->sites[i].name, m->site) == 0)
            return &m->sites[i];
    return NULL;
}

bool
containers_decide(struct diags *d, const struct model *m, const struct site *site,
    struct buf *image)
{
    struct buf why = {0};
    struct plan *p = plan_from_bytes(image->p, image->n, "the plan just made", &why);
    struct deciding u = {.d = d, .m = m, .p = p, .profile = site ? site->profile : NULL};
    struct site_profile *own = NULL;
    u.here = !site || (site->profile && site->profile->scheduler.kind == SITE_LOCAL);
    bool good = p != NULL;
    if (p && p->ncontainers) {
        if (!site) {
            struct site_texts dirs = site_dirs(NULL);
            u.profile = own = site_profile_find(d, "workstation", NO_SPAN, &dirs);
            site_dirs_free(&dirs);
        }
        good = u.profile && decide_all(&u, image);
    }
    site_profile_free(own);
    plan_close(p);
    buf_free(&why);
    return good;
}
