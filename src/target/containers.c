#include "config.h"

#include "target/containers.h"

#include "diag/checks.h"
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
    struct containers *out;
    const struct site_container **how; /* of each container; NULL: it is not used */
};

static bool
ends_in(const char *s, const char *end)
{
    size_t n = strlen(s), k = strlen(end);
    return n > k && strcmp(s + n - k, end) == 0;
}

/* What the image of a campaign is, by its text alone: a path (beginning with '/', './' or '../', or
 * ending in .sif, .sqfs or .squashfs), else a name. */
static enum plan_image
image_form_of(const char *image)
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

/* The family that is declared first of those that run in container number `n`. */
static const struct family *
family_in(const struct deciding *u, uint32_t n)
{
    const struct family *first = NULL;
    for (uint32_t i = 0; i < u->p->nfamilies; i++)
        if (u->p->family[i].container == n + 1 &&
            (!first || u->m->planned[i]->index < first->index))
            first = u->m->planned[i];
    return first;
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
    enum plan_image form = image_form_of(image);
    for (size_t i = 0; i < u->profile->containers.n; i++) {
        const struct site_container *how = &u->profile->containers.v[i];
        enum plan_runtime r = runtime_of[how->runtime];
        if (runs[r] >> form & 1 && (!u->here || is_installed(r)))
            return how;
    }
    return NULL;
}

static void
none_runs(const struct deciding *u, const struct plan_container *c, const struct family *f)
{
    const char *image = plan_string(u->p, c->image);
    enum plan_image form = image_form_of(image);
    struct buf could = {0};
    for (size_t i = 0; i < u->profile->containers.n; i++) {
        enum plan_runtime r = runtime_of[u->profile->containers.v[i].runtime];
        if (runs[r] >> form & 1)
            buf_printf(&could, "%s%s", could.n ? ", " : "", plan_runtime_name(r));
    }
    struct diag *m = diag_add(u->d, DIAG_ERROR, RULE_SITE, f->container->at,
        "task '%s' needs container '%s', and %s has no runtime that runs '%s' (%s)", f->name,
        plan_string(u->p, c->name), u->here ? "this machine" : "the site", image, form_names[form]);
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
check_binds(const struct deciding *u, const struct plan_container *c, struct span at)
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
            diag_help(diag_add(u->d, DIAG_ERROR, RULE_SITE, at,
                          "container '%s': %s cannot bind a folder as '%s'",
                          plan_string(u->p, c->name), plan_runtime_name(c->runtime), inside),
                "choose another place for it: bind \"%s:/data\"", path);
        good &= !bad;
    }
    return good;
}

/* What is not known of a file of another machine is left open. */
static bool
take_file(struct deciding *u, struct plan_container *c, const char *image, struct span at)
{
    char digest[7 + SHA256_HEX + 1] = "sha256:";
    struct stat st;
    bool folder = c->form == PLAN_IMAGE_DIR;
    int err = stat(image, &st) != 0  ? errno
              : !folder              ? sha256_file(image, -1, digest + 7)
              : !S_ISDIR(st.st_mode) ? ENOTDIR
                                     : 0;
    if (!err && !folder)
        c->digest = containers_text(u->out, digest);
    c->source = containers_text(u->out, image);
    if (!err || !u->here)
        return true;
    diag_help(diag_add(u->d, DIAG_ERROR, RULE_SITE, at,
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
    c->source = containers_text(u->out, source.p);
    if (at)
        c->digest = containers_text(u->out, at + 1);
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
    const char *dir = ram ? "/dev/shm" : NULL, *request = NULL;
    for (size_t i = 0; i < u->profile->nodes.local_storage.n; i++) {
        const struct site_storage *s = &u->profile->nodes.local_storage.v[i];
        if ((s->kind == SITE_STORAGE_RAM) == ram) {
            dir = s->path;
            request = ram ? NULL : s->request;
            ram |= s->counts_as_memory;
            break;
        }
    }
    if (!dir)
        return;
    c->copy = ram ? PLAN_COPY_RAM : PLAN_COPY_DISK;
    c->copy_dir = containers_text(u->out, dir);
    if (!u->out->copy_dir) /* jobs know one folder */
        u->out->copy_dir = dir;
    if (!u->out->copy_request)
        u->out->copy_request = request;
}

static bool
decide(struct deciding *u, uint32_t n, struct plan_container *c)
{
    const char *image = plan_string(u->p, c->image);
    const struct family *f = family_in(u, n);
    const struct site_container *how = choose(u, image);
    if (!how) {
        none_runs(u, c, f);
        return false;
    }
    c->runtime = runtime_of[how->runtime];
    if (c->runtime == PLAN_RUNTIME_DIRECT) {
        diag_help(diag_add(u->d, DIAG_WARNING, RULE_SITE, f->container->at,
                      "container '%s' is not used on this site: profile '%s' has the runtime none",
                      plan_string(u->p, c->name), u->profile->name),
            "what is in the image must be on its nodes");
        return true;
    }
    u->how[n] = how;
    c->form = image_form_of(image);
    c->directive = how->via == SITE_BY_DIRECTIVE && u->p->ncontainers == 1;
    if (c->form == PLAN_IMAGE_NAME)
        take_name(u, how, c, image);
    else if (!take_file(u, c, image, f->container->at))
        return false;
    set_copy(u, how, c);
    containers_words(u->out, u->p, u->profile, how, c);
    return check_binds(u, c, f->container->at);
}

static bool
decide_all(struct deciding *u)
{
    const struct site_profile *profile = u->profile;
    struct containers *out = u->out;
    bool good = true;
    u->how = xcalloc(u->p->ncontainers, sizeof *u->how);
    buf_putc(&out->texts, 0);
    for (uint32_t i = 0; i < u->p->ncontainers; i++) {
        struct plan_container c = u->p->container[i];
        good &= decide(u, i, &c);
        buf_add(&out->containers, &c, sizeof c);
    }
    out->used = xcalloc(profile->containers.n + 1, sizeof *out->used);
    for (size_t k = 0; k < profile->containers.n; k++) {
        uint32_t i = 0;
        while (i < u->p->ncontainers && u->how[i] != &profile->containers.v[k])
            i++;
        if (i < u->p->ncontainers)
            out->used[out->nused++] = u->how[i];
    }
    free(u->how);
    return good;
}

bool
containers_decide(struct diags *d, const struct model *m, const struct plan *p,
    const struct site_profile *site, struct containers *out)
{
    *out = (struct containers){0};
    if (!p->ncontainers)
        return true;
    if (!site) {
        struct site_texts dirs = site_dirs(NULL);
        out->own =
            site_profile_find(d, "workstation", NO_SPAN, &dirs); /* tells why it is not there */
        site_dirs_free(&dirs);
        site = out->own;
    }
    struct deciding u = {.d = d, .m = m, .p = p, .profile = site, .out = out};
    u.here = site && site->scheduler.kind == SITE_LOCAL;
    return site && decide_all(&u);
}

void
containers_free(struct containers *c)
{
    buf_free(&c->containers);
    buf_free(&c->words);
    buf_free(&c->texts);
    free(c->used);
    site_profile_free(c->own);
    *c = (struct containers){0};
}
