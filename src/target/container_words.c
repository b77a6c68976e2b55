/* The command line of each runtime, up to the command. All runtimes are made to behave alike: the
 * command is run as it is and not by the image's entry point, in the working folder, with the
 * task's own variables above those of the image, and without LD_* and TMPDIR, which name things of
 * the host. */
#include "config.h"

#include "target/containers.h"

#include "util/file.h"

#include <string.h>

uint32_t
containers_text(struct containers *b, const char *text)
{
    if (!b->texts.n)
        buf_putc(&b->texts, 0);
    uint32_t at = (uint32_t)b->texts.n;
    buf_add(&b->texts, text, strlen(text) + 1);
    return at;
}

static void
word(struct containers *b, enum plan_word_kind kind, const char *text)
{
    struct plan_word w = {kind, *text ? containers_text(b, text) : 0};
    buf_add(&b->words, &w, sizeof w);
}

static void
texts(struct containers *b, const char *const *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        word(b, PLAN_WORD_TEXT, text[i]);
}

/* What the runtime shows under its own name anyway: Charliecloud the host's /tmp, Shifter the
 * shared file systems that its site configured (to bind them again is refused). */
static bool
shown_already(enum plan_runtime runtime, const struct site_profile *site, const char *path)
{
    if (runtime == PLAN_RUNTIME_CHARLIECLOUD)
        return path_below(path, "/tmp");
    for (size_t i = 0; i < site->filesystems.n && runtime == PLAN_RUNTIME_SHIFTER; i++)
        if (path_below(path, site->filesystems.v[i].path))
            return true;
    return false;
}

static void
binds(struct containers *b, const struct plan *p, const struct site_profile *site,
    const struct plan_container *c, const char *option)
{
    struct buf text = {0};
    for (uint32_t i = c->first_bind; i < c->first_bind + c->nbinds; i++) {
        const char *path = plan_string(p, p->bind[i].path);
        const char *inside = plan_string(p, p->bind[i].inside);
        if (strcmp(path, inside) == 0 && shown_already(c->runtime, site, path))
            continue;
        buf_reset(&text);
        buf_printf(&text, "%s%s:%s", option, path, inside);
        word(b, PLAN_WORD_TEXT, text.p);
    }
    buf_free(&text);
}

static void
shifter_words(struct containers *b, const struct plan *p, const struct site_profile *site,
    const struct site_container *how, const struct plan_container *c)
{
    if (!c->directive) {
        word(b, PLAN_WORD_IMAGE, "--image=");
        binds(b, p, site, c, "--volume=");
        texts(b, (const char *const *)how->extra.v, how->extra.n);
    }
    word(b, PLAN_WORD_FOLDER, "--workdir=");
    if (!how->inherit_env)
        word(b, PLAN_WORD_TEXT, "--clearenv");
    word(b, how->inherit_env ? PLAN_WORD_OWN_ENV : PLAN_WORD_ALL_ENV, "--env=");
    word(b, PLAN_WORD_TEXT, "--");
}

/* Variables by their prefix: a value of --env ends at a comma. */
static void
singularity_words(struct containers *b, const struct plan *p, const struct site_profile *site,
    const struct site_container *how, struct plan_container *c)
{
    c->env_prefix = containers_text(b,
        c->runtime == PLAN_RUNTIME_APPTAINER ? "APPTAINERENV_" : "SINGULARITYENV_");
    word(b, PLAN_WORD_TEXT, "exec");
    if (!how->inherit_env) {
        word(b, PLAN_WORD_TEXT, "--cleanenv");
        /* the shim's alone: the task's own come by their prefix */
        word(b, PLAN_WORD_ALL_ENV, "--env=");
    }
    word(b, PLAN_WORD_FOLDERS, "--bind=");
    binds(b, p, site, c, "--bind=");
    word(b, PLAN_WORD_FOLDER, "--pwd=");
    texts(b, (const char *const *)how->extra.v, how->extra.n);
    word(b, PLAN_WORD_IMAGE, "");
}

static void
charliecloud_words(struct containers *b, const struct plan *p, const struct site_profile *site,
    const struct site_container *how, const struct plan_container *c)
{
    static const char *const outside[] = {"--unset-env=LD_*", "--unset-env=TMPDIR"};
    static const char *const nothing[] = {"--unset-env=*",
        "--set-env=PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"};
    texts(b, how->inherit_env ? outside : nothing, 2); /* what the image says of PATH comes later */
    if (c->form == PLAN_IMAGE_DIR)
        word(b, PLAN_WORD_IMAGE_ENV, "--set-env");
    else if (c->form == PLAN_IMAGE_NAME || c->prepared) /* of ch-image, which writes it */
        word(b, PLAN_WORD_TEXT, "--set-env");
    word(b, PLAN_WORD_TEXT, "--env-no-expand");
    word(b, how->inherit_env ? PLAN_WORD_OWN_ENV : PLAN_WORD_ALL_ENV, "--set-env=");
    word(b, PLAN_WORD_FOLDERS, "--bind=");
    binds(b, p, site, c, "--bind=");
    word(b, PLAN_WORD_FOLDER, "--cd=");
    texts(b, (const char *const *)how->extra.v, how->extra.n);
    word(b, PLAN_WORD_IMAGE, "");
    word(b, PLAN_WORD_TEXT, "--");
}

/* Docker and its kin inherit nothing, and their containers live on without the client: they have a
 * name to be killed by. The first process of a container has no default actions for signals;
 * --init puts one there that hands them on. --interactive: standard input is the task's own. */
static void
docker_words(struct containers *b, const struct plan *p, const struct site_profile *site,
    const struct site_container *how, const struct plan_container *c)
{
    static const char *const options[] = {"run", "--rm", "--interactive", "--pull=never", "--init",
        "--network=host",
        /* their own has 64 MB; --ipc=host wants /dev/mqueue, which may lack */
        "--volume=/dev/shm:/dev/shm", "--entrypoint="};
    static const char *const hpc[] = {"run", "--rm", "--interactive", "--entrypoint="};
    if (c->runtime == PLAN_RUNTIME_PODMAN_HPC)
        texts(b, hpc, 4);
    else
        texts(b, options, 8);
    if (c->runtime == PLAN_RUNTIME_DOCKER)
        word(b, PLAN_WORD_USER, "--user=");
    if (c->runtime == PLAN_RUNTIME_PODMAN)
        word(b, PLAN_WORD_NOT_ROOT, "--userns=keep-id");
    word(b, PLAN_WORD_NAME, "--name=");
    word(b, PLAN_WORD_FOLDERS, "--volume=");
    binds(b, p, site, c, "--volume=");
    word(b, PLAN_WORD_FOLDER, "--workdir=");
    word(b, PLAN_WORD_ALL_ENV, "--env=");
    texts(b, (const char *const *)how->extra.v, how->extra.n);
    word(b, PLAN_WORD_IMAGE, "");
}

void
containers_words(struct containers *b, const struct plan *p, const struct site_profile *site,
    const struct site_container *how, struct plan_container *c)
{
    c->first_word = (uint32_t)(b->words.n / sizeof(struct plan_word));
    word(b, PLAN_WORD_TEXT, plan_runtime_program(c->runtime));
    switch ((enum plan_runtime)c->runtime) {
    case PLAN_RUNTIME_SHIFTER:
        shifter_words(b, p, site, how, c);
        break;
    case PLAN_RUNTIME_SINGULARITY:
    case PLAN_RUNTIME_APPTAINER:
        singularity_words(b, p, site, how, c);
        break;
    case PLAN_RUNTIME_CHARLIECLOUD:
        charliecloud_words(b, p, site, how, c);
        break;
    case PLAN_RUNTIME_PODMAN_HPC:
    case PLAN_RUNTIME_DOCKER:
    case PLAN_RUNTIME_PODMAN:
        docker_words(b, p, site, how, c);
        break;
    case PLAN_RUNTIME_UNDECIDED:
    case PLAN_RUNTIME_DIRECT:
    case PLAN_NRUNTIMES:
        break;
    }
    c->nwords = (uint32_t)(b->words.n / sizeof(struct plan_word)) - c->first_word;
}

void
containers_volumes(const struct plan *p, const struct plan_container *c,
    const struct site_profile *site, struct buf *out)
{
    for (uint32_t i = 0, n = 0; i < c->nbinds; i++) {
        const struct plan_bind *bind = &p->bind[c->first_bind + i];
        const char *path = plan_string(p, bind->path);
        if (bind->path != bind->inside || !shown_already(c->runtime, site, path))
            buf_printf(out, "%s%s:%s", n++ ? ";" : "", path, plan_string(p, bind->inside));
    }
}
