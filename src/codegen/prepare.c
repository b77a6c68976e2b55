#include "config.h"

#include "codegen/prepare.h"

#include "codegen/emitter.h"
#include "target/containers.h"

#include <string.h>

/* Each image is made under another name and renamed, so that one that is there is whole; what is
 * there already stays, unless --again is given. */

/* A short name as Docker means it; Podman would ask which registry, or refuse. */
static void
qualify(const char *bare, struct buf *out)
{
    size_t n = strcspn(bare, "/");
    bool host = bare[n] && (memchr(bare, '.', n) || memchr(bare, ':', n) ||
                               (n == 9 && strncmp(bare, "localhost", 9) == 0));
    buf_printf(out, "%s%s", host ? "" : bare[n] ? "docker.io/" : "docker.io/library/", bare);
}

static void
shifter(struct sh *s)
{
    sh_code(s, "id=");
    sh_code(s, "[ -n \"$again\" ] || id=$(shifterimg lookup \"$image\") || id=");
    sh_code(s, "if [ -z \"$id\" ]; then");
    sh_code(s, "    shifterimg -v pull \"$image\"");
    sh_code(s, "    id=$(shifterimg lookup \"$image\") || id=");
    sh_code(s, "fi");
    sh_code(s, "[ -n \"$id\" ] || { echo \"$0: $image is not ready yet; see 'shifterimg images'\" "
               ">&2; exit 1; }");
    sh_code(s, "echo \"id:$id\" >\"$name.digest\"");
}

/* Docker, Podman and Podman-HPC: the program is $tool. */
static void
docker(struct sh *s, enum plan_runtime r)
{
    sh_assign(s, "tool", plan_runtime_program(r));
    sh_code(s,
        "if [ -n \"$again\" ] || ! \"$tool\" image inspect \"$image\" >/dev/null 2>&1; then");
    sh_code(s, "    \"$tool\" pull \"$from\"");
    sh_code(s, "fi");
    sh_code(s,
        "\"$tool\" image inspect --format '{{.Id}} {{.RepoDigests}}' \"$image\" >\"$name.digest\"");
}

static void
singularity(struct sh *s, enum plan_runtime r, enum plan_image form)
{
    sh_assign(s, "tool", plan_runtime_program(r));
    sh_comment(s, "What is downloaded is kept here meanwhile, not in the home folder.");
    sh_code(s, "APPTAINER_CACHEDIR=$here/images/cache SINGULARITY_CACHEDIR=$here/images/cache");
    sh_code(s, "export APPTAINER_CACHEDIR SINGULARITY_CACHEDIR");
    sh_code(s, "if [ -n \"$again\" ] || ! [ -e \"$file\" ]; then");
    sh_code(s, "    rm -rf \"part-$file\"");
    if (form == PLAN_IMAGE_DIR)
        sh_code(s, "    \"$tool\" build --sandbox \"part-$file\" \"docker://$image\"");
    else
        sh_code(s, "    \"$tool\" pull \"part-$file\" \"docker://$image\"");
    sh_code(s, "    rm -rf cache \"$file\"");
    sh_code(s, "    mv \"part-$file\" \"$file\"");
    sh_code(s, "fi");
}

/* Charliecloud mounts on what is there in an image, and in a file nothing can be made. */
static void
mount_points(const struct plan *p, const struct plan_container *c, const char *workdir,
    struct sh *s)
{
    sh_comment(s, "What folders of the host are mounted on has to be there.");
    sh_raw(s, "    for point in /dev /proc /sys /tmp \"$here/state\"");
    sh_word(s, "the working folder", workdir);
    for (uint32_t i = c->first_bind; i < c->first_bind + c->nbinds; i++)
        sh_word(s, "a folder that is bound", plan_string(p, p->bind[i].inside));
    sh_raw(s, "; do\n");
    sh_code(s, "        case $point in /tmp/*) ;; *) mkdir -p -- \"root-$file$point\" ;; esac");
    sh_code(s, "    done");
    sh_code(s, "    for point in /etc/passwd /etc/group; do");
    sh_code(s, "        mkdir -p \"root-$file/etc\" && : >>\"root-$file$point\"");
    sh_code(s, "    done");
}

static void
charliecloud(const struct plan *p, const struct plan_container *c, const char *workdir,
    struct sh *s)
{
    sh_comment(s, "With a name, list would ask the registry, too.");
    sh_code(s, "if [ -n \"$again\" ] || ! ch-image list | grep -Fqx -e \"$image\"; then");
    sh_code(s, "    ch-image pull \"$image\"");
    sh_code(s, "fi");
    if (c->form == PLAN_IMAGE_NAME)
        return;
    sh_code(s, "if [ -n \"$again\" ] || ! [ -e \"$file\" ]; then");
    if (c->form == PLAN_IMAGE_DIR) {
        sh_code(s, "    rm -rf \"part-$file\"");
        sh_code(s, "    ch-convert -i ch-image -o dir \"$image\" \"part-$file\"");
        sh_code(s, "    rm -rf \"$file\"");
    } else {
        sh_code(s, "    rm -rf \"part-$file\" \"root-$file\"");
        sh_code(s, "    ch-convert -i ch-image -o dir \"$image\" \"root-$file\"");
        mount_points(p, c, workdir, s);
        sh_code(s, "    ch-convert -i dir -o squash \"root-$file\" \"part-$file\"");
        sh_code(s, "    rm -rf \"$file\" \"root-$file\"");
    }
    sh_code(s, "    mv \"part-$file\" \"$file\"");
    sh_code(s, "fi");
}

static bool
needs_preparation(const struct plan_container *c)
{
    bool named = c->form == PLAN_IMAGE_NAME && c->runtime != PLAN_RUNTIME_APPTAINER &&
                 c->runtime != PLAN_RUNTIME_SINGULARITY;
    return c->runtime > PLAN_RUNTIME_DIRECT && (c->prepared || named);
}

static void
one_image(const struct plan *p, const struct plan_container *c, const char *workdir, struct sh *s)
{
    const char *bare = containers_bare_name(plan_string(p, c->image));
    const char *source = plan_container_text(p, c->source);
    struct buf from = {0};
    sh_blank(s);
    sh_assign(s, "name", plan_string(p, c->name));
    sh_assign(s, "image", c->runtime == PLAN_RUNTIME_SHIFTER ? source : bare);
    if (c->prepared)
        sh_assign(s, "file", strrchr(source, '/') + 1);
    switch ((enum plan_runtime)c->runtime) {
    case PLAN_RUNTIME_SHIFTER:
        shifter(s);
        break;
    case PLAN_RUNTIME_SINGULARITY:
    case PLAN_RUNTIME_APPTAINER:
        singularity(s, c->runtime, c->form);
        break;
    case PLAN_RUNTIME_CHARLIECLOUD:
        charliecloud(p, c, workdir, s);
        break;
    case PLAN_RUNTIME_PODMAN_HPC:
    case PLAN_RUNTIME_DOCKER:
    case PLAN_RUNTIME_PODMAN:
        qualify(bare, &from);
        sh_assign(s, "from", from.p);
        docker(s, c->runtime);
        break;
    case PLAN_RUNTIME_UNDECIDED:
    case PLAN_RUNTIME_DIRECT:
    case PLAN_NRUNTIMES:
        break;
    }
    if (c->form == PLAN_IMAGE_SIF || c->form == PLAN_IMAGE_SQUASHFS)
        sh_code(s, "sha256sum <\"$file\" | cut -d ' ' -f 1 >\"$file.sha256\"");
    sh_code(s, "echo \"$name: $image is ready\"");
    buf_free(&from);
}

bool
prepare_script(const struct job *j, struct sh *s)
{
    const struct plan *p = j->plan;
    bool any = false;
    for (uint32_t i = 0; i < p->ncontainers; i++)
        any |= needs_preparation(&p->container[i]);
    if (!any)
        return false;
    sh_comment(s,
        "Makes the images of campaign %s ready for site %s: to be run once, where there is a",
        plan_string(p, p->head->campaign), plan_site(p));
    sh_comment(s, "network, before the first job. With --again images are fetched anew.");
    (void)job_setup(j, s); /* before set -u: a site's own functions may use what is not set */
    sh_code(s, "set -eu");
    sh_code(s, "case ${1-} in '') again= ;; --again) again=1 ;; *) echo \"usage: $0 [--again]\" "
               ">&2; exit 2 ;; esac");
    sh_code(s, "here=$(cd -- \"$(dirname -- \"$0\")\" && pwd -P)");
    sh_code(s, ": \"${USER:=$(id -un)}\"");
    sh_code(s, "export USER");
    sh_code(s, "mkdir -p -- \"$here/images\"");
    sh_code(s, "cd -- \"$here/images\"");
    for (uint32_t i = 0; i < p->ncontainers; i++)
        if (needs_preparation(&p->container[i]))
            one_image(p, &p->container[i], j->workdir, s);
    return true;
}
