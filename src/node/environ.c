/* The environment that a batch system, a launcher or a login left us. */
#include "config.h"

#include "node/environ.h"

#include "util/system.h"

#include <stdlib.h>
#include <string.h>

bool
environ_names(const char *word, const char *name)
{
    size_t n = strlen(name);
    return strncmp(word, name, n) == 0 && word[n] == '=';
}

/* What launchers tell each process that they start. A program with an MPI library would take it for
 * its own: it would wait for the others, or end. What is set by the campaign is there all the same.
 */
static bool
of_launcher(const char *word)
{
    static const char *const begin[] = {"PMI_", "PMIX_", "PALS_", "ALPS_APP_", "OMPI_COMM_WORLD_",
        "OMPI_MCA_ess", "OMPI_MCA_orte_", "JSM_", "SLURM_STEP", "SLURM_PMI",
        "SLURM_MPI_TYPE=", "SLURM_PROCID=", "SLURM_LOCALID=", "SLURM_NODEID=", "SLURM_GTIDS=",
        "SLURM_NTASKS=", "SLURM_NPROCS="};
    if (environ_names(word, "PMI_NO_FORK")) /* says just that */
        return false;
    for (size_t i = 0; i < sizeof begin / sizeof *begin; i++)
        if (strncmp(word, begin[i], strlen(begin[i])) == 0)
            return true;
    return false;
}

bool
environ_hides(const char *word, bool container)
{
    return of_launcher(word) || (container && environ_names(word, "TMPDIR"));
}

char *
environ_user(void)
{
    struct buf out = {0};
    buf_puts(&out, "USER=");
    system_user(&out);
    return out.p;
}
