/* What a profile need not say because its scheduler says it. Sources: the manuals of Slurm 22.05,
 * Cobalt 1.0.33, OpenPBS, LSF 10.1 and flux-core. */
#include "config.h"

#include "site/schema.h"

static const char slurm[] =
    "scheduler:\n"
    "  queue_via: partition\n"
    "  submit: [sbatch, --parsable]\n"
    "  id_regex: '^([0-9]+)(;.*)?$'\n"
    "  status: [squeue, -h, -t, all, -j, '{id}', -o, '%i|%T|%r|%M|%L|%D|%N']\n"
    "  cancel: [scancel, '{id}']\n"
    "  exclusive: request\n"
    "  dependency: [afterok, afterany, afternotok]\n"
    "launch:\n"
    "  argv: [srun, '--nodes={nnodes}', '--ntasks={nnodes}', '--ntasks-per-node=1',\n"
    "         '--cpus-per-task={threads}', '--cpu-bind=none', '--mem=0', '--export=ALL',\n"
    "         '--kill-on-bad-exit=0', '--wait=0', '--no-kill', '--input=none',\n"
    "         '--unbuffered', '{shim}', node]\n"
    "  rank_var: SLURM_PROCID\n"
    "  size_var: SLURM_NTASKS\n"
    "  size_from: env\n"
    "time:\n"
    "  directive_format: hms\n"
    "  remaining: {kind: command, value: 'squeue -h -j \"$SLURM_JOB_ID\" -o %L', parse: d-hms}\n"
    "  warn_signal: USR1\n"
    "  warn_before_s: 300\n"
    "  warn_slack_s: 60\n" /* may come up to a minute early */
    "  term_grace_s: 30\n" /* KillWait */
    "token_syntax: license\n";

static const char cobalt[] =
    "scheduler:\n"
    "  queue_via: queue\n"
    "  submit: [qsub]\n"
    "  id_regex: '^([0-9]+)$'\n"
    "  status: [qstat, --header, 'JobID:State', '{id}']\n"
    "  cancel: [qdel, '{id}']\n"
    "  exclusive: implicit\n"
    "  dependency: [afterok]\n"
    "launch:\n"
    "  argv: [aprun, -n, '{nnodes}', -N, '1', -d, '{cores}', -j, '1', -cc, none, -b,\n"
    "         -e, 'WFL_NNODES={nnodes}', '{shim}', node]\n"
    "  rank_var: ALPS_APP_PE\n"
    "  size_var: WFL_NNODES\n"
    "  size_from: passed\n"
    "time:\n"
    "  directive_format: hms\n"
    "  remaining: {kind: env_epoch, value: COBALT_ENDTIME, parse: epoch}\n"
    "  warn_signal: null\n"
    "  term_grace_s: 300\n" /* force_kill_delay */
    "token_syntax: attrs\n";

static const char pbs[] =
    "scheduler:\n"
    "  queue_via: queue\n"
    "  submit: [qsub]\n"
    "  id_regex: '^([0-9]+(\\[\\])?(\\..*)?)$'\n"
    "  status: [qstat, -x, -f, -F, json, '{id}']\n"
    "  cancel: [qdel, '{id}']\n"
    "  exclusive: request\n"
    "  dependency: [afterok, afterany, afternotok]\n"
    "  job_name_max: 230\n"
    "launch:\n"
    "  argv: [mpiexec, -n, '{nnodes}', --ppn, '1', --hostfile, '{hostfile}', --cpu-bind, none,\n"
    "         --env, 'WFL_NNODES={nnodes}', '{shim}', node]\n"
    "  rank_var: PALS_RANKID\n"
    "  size_var: WFL_NNODES\n"
    "  size_from: passed\n"
    "time:\n"
    "  directive_format: hms\n"
    "  remaining: {kind: start_plus_walltime, value: null}\n"
    "  warn_signal: null\n"
    "  term_grace_s: 10\n" /* kill_delay */
    "token_syntax: resource\n";

static const char lsf[] =
    "scheduler:\n"
    "  queue_via: queue\n"
    "  submit: [bsub]\n"
    "  submit_stdin: true\n"
    "  id_regex: 'Job <([0-9]+)>'\n"
    "  status: [bjobs, -a, -noheader, -o, 'jobid stat exit_code', '{id}']\n"
    "  cancel: [bkill, '{id}']\n"
    "  exclusive: request\n"
    "  dependency: [afterok, afterany, afternotok]\n"
    "launch:\n"
    "  argv: [jsrun, -n, '{nnodes}', -r, '1', -a, '1', -c, '{cores}', -d, packed, -b, none,\n"
    "         '{shim}', node]\n"
    "  rank_var: OMPI_COMM_WORLD_RANK\n"
    "  size_var: OMPI_COMM_WORLD_SIZE\n"
    "  size_from: env\n"
    "time:\n"
    "  directive_format: minutes\n"
    /* -W is multiplied by a factor of the hosts, but for ABS_RUNLIMIT=Y */
    "  remaining: {kind: command, value: 'bjobs -noheader -o time_left \"$LSB_JOBID\"', parse: "
    "h-mm}\n"
    "  warn_signal: USR1\n"
    "  warn_before_s: 300\n"
    "  term_grace_s: 600\n"
    "token_syntax: none\n";

static const char flux[] =
    "scheduler:\n"
    "  queue_via: queue\n"
    "  submit: [flux, batch]\n"
    "  id_regex: '^([^ ]+)$'\n" /* the id begins with a letter that is not ASCII */
    "  status: [flux, jobs, -a, --json, '{id}']\n"
    "  cancel: [flux, cancel, '{id}']\n"
    "  exclusive: implicit\n" /* by -N alone */
    "  dependency: [afterok, afterany, afternotok]\n"
    "launch:\n"
    "  argv: [flux, run, '-N{nnodes}', '-n{nnodes}', --exclusive, -o, cpu-affinity=off,\n"
    "         -o, exit-timeout=none, '{shim}', node]\n"
    "  rank_var: FLUX_TASK_RANK\n"
    "  size_var: FLUX_JOB_SIZE\n"
    "  size_from: env\n"
    "time:\n"
    "  directive_format: fsd\n"
    "  remaining: {kind: command, value: flux job timeleft, parse: seconds}\n"
    "  warn_signal: null\n" /* --signal goes to all brokers, and all but the first shut down on it
                             */
    "  term_grace_s: 5\n"   /* exec.kill-timeout */
    "token_syntax: none\n";

static const char local[] = "scheduler:\n"
                            "  queue_via: none\n"
                            "  submit: []\n"
                            "  id_regex: '^([0-9]+)$'\n"
                            "  status: []\n"
                            "  cancel: []\n"
                            "  exclusive: implicit\n"
                            "  dependency: []\n"
                            "launch:\n"
                            "  argv: ['{shim}', node]\n"
                            "  rank_var: null\n"
                            "  size_var: null\n"
                            "  size_from: env\n"
                            "time:\n"
                            "  directive_format: hms\n"
                            "  remaining: {kind: start_plus_walltime, value: null}\n"
                            "  warn_signal: null\n"
                            "  term_grace_s: 10\n"
                            "token_syntax: none\n";

const char *
site_kind_defaults(enum site_kind kind)
{
    switch (kind) {
    case SITE_SLURM:
        return slurm;
    case SITE_COBALT:
        return cobalt;
    case SITE_PBS:
        return pbs;
    case SITE_LSF:
        return lsf;
    case SITE_FLUX:
        return flux;
    case SITE_LOCAL:
        break;
    }
    return local;
}
