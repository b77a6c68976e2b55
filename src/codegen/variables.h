/* Variables of the user's environment that the programs of schedulers read as if they were options:
 * of them only those reach a scheduler that are known to be wanted, in `wflc submit`, queue and
 * cancel as in the scripts of a build, and none of a shell that submits reaches a job. The one list
 * of what passes is VARIABLES_PASSED; wflc(1), ENVIRONMENT, tells it. */
#ifndef CODEGEN_VARIABLES_H
#define CODEGEN_VARIABLES_H

#include "codegen/header.h"
#include "codegen/sh.h"
#include "site/profile.h"

/* X(kind, name, option): where the scheduler is, and who pays. With an option: not if the job's
 * script has it, for what that says is meant. */
#define VARIABLES_PASSED(X)                                                                        \
    X(SITE_SLURM, "SLURM_CONF", NULL)                                                              \
    X(SITE_SLURM, "SLURM_CONF_SERVER", NULL)                                                       \
    X(SITE_SLURM, "SLURM_CLUSTERS", NULL)                                                          \
    X(SITE_SLURM, "SLURM_JWT", NULL)                                                               \
    X(SITE_SLURM, "SBATCH_ACCOUNT", "--account")                                                   \
    X(SITE_SLURM, "SBATCH_RESERVATION", "--reservation")                                           \
    X(SITE_SLURM, "SBATCH_WCKEY", "--wckey")                                                       \
    X(SITE_COBALT, "COBALT_CONFIG_FILES", NULL)                                                    \
    X(SITE_PBS, "PBS_CONF_FILE", NULL)                                                             \
    X(SITE_PBS, "PBS_SERVER", NULL)                                                                \
    X(SITE_PBS, "PBS_DEFAULT", NULL)                                                               \
    X(SITE_PBS, "PBS_PRIMARY", NULL)                                                               \
    X(SITE_PBS, "PBS_SECONDARY", NULL)                                                             \
    X(SITE_PBS, "PBS_BATCH_SERVICE_PORT", NULL)                                                    \
    X(SITE_PBS, "PBS_LEAF_NAME", NULL)                                                             \
    X(SITE_PBS, "PBS_LEAF_ROUTERS", NULL)                                                          \
    X(SITE_PBS, "PBS_HOME", NULL)                                                                  \
    X(SITE_PBS, "PBS_EXEC", NULL)                                                                  \
    X(SITE_PBS, "PBS_AUTH_METHOD", NULL)                                                           \
    X(SITE_PBS, "PBS_ENCRYPT_METHOD", NULL)                                                        \
    X(SITE_LSF, "LSF_ENVDIR", NULL)                                                                \
    X(SITE_LSF, "LSF_SERVERDIR", NULL)                                                             \
    X(SITE_LSF, "LSF_BINDIR", NULL)                                                                \
    X(SITE_LSF, "LSF_LIBDIR", NULL)                                                                \
    X(SITE_LSF, "LSB_DEFAULTPROJECT", "-P")                                                        \
    X(SITE_LSF, "LSB_DEFAULT_USERGROUP", "-G")                                                     \
    X(SITE_FLUX, "FLUX_URI", NULL)                                                                 \
    X(SITE_FLUX, "FLUX_CONF_DIR", NULL)                                                            \
    X(SITE_FLUX, "FLUX_CONNECTOR_PATH", NULL)                                                      \
    X(SITE_FLUX, "FLUX_EXEC_PATH", NULL)                                                           \
    X(SITE_FLUX, "FLUX_MODULE_PATH", NULL)                                                         \
    X(SITE_FLUX, "FLUX_PYTHONPATH_PREPEND", NULL)

/* Takes the others out of this process's environment; `script` is a text, or NULL. */
void variables_forget(enum site_kind kind, const char *script);
/* Lines that do so in a script that calls the scheduler. */
void variables_put(struct sh *s, enum site_kind kind, const struct header *script);
/* Lines that do so in a job with this head, for its launcher: there what the scheduler sets for the
 * job stays, too. Only Slurm's launcher reads such variables, and is handed those of who submitted.
 */
void variables_put_job(struct sh *s, enum site_kind kind, const struct header *script);

#endif
