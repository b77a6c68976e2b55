#!/bin/sh
# Nodes where everything failed: status names them, and jobs leave them out where the scheduler can.
. "${top_srcdir:?is set by make check}/tests/shell/submit_lib.sh"
echo 1..40

for p in sbatch qsub bsub; do
    program $p <<'END'
echo "$(basename "$0") $*" >>"$tmp/calls"
echo 'Requested node configuration is not available' >&2
exit 1
END
done
program flux <<'END'
echo '{"jobs": []}'
END
program squeue <<'END'
echo 'JOBID|STATE|TIME|TIME_LEFT|NODES|PARTITION|QOS|REASON|NAME'
END
program qselect </dev/null
program qstat <<'END'
exit 1
END
program bjobs <<'END'
echo '{"COMMAND":"bjobs","JOBS":0,"RECORDS":[]}'
END

# bad NAME: it was named
bad()
{
    mkdir -p build/demo/site/state/nodes
    echo "wfl-node 1 12 1700000000 1 1 $1.1 77" >"build/demo/site/state/nodes/$1"
}

campaign slurm 100 3
bad nid00012
bad nid00007
gives 0 'status' "$wflc" status
has 'names nodes that are left out' \
    '^left out: node nid00007, where 12 processes in a row failed (exit 1) while others worked, .* ago$'
has 'all of them' '^left out: node nid00012, '
has 'and tells how that ends' "in use again when it is mended: 'wflc control include NODE build/demo/site', or wflc submit --again"
gives 0 'status --json' "$wflc" status --json
has 'does so, too' '{"name": "nid00012", "failures": 12, "reason": "exit", "code": 1, "job": "77", "since": "2023-11-14T22:13:20.000Z"}'
gives 0 'a dry run' "$wflc" submit --dry-run
has 'leaves them out' "^would run sbatch --parsable '--job-name=test-TAG-NUMBER' '--exclude=nid00007,nid00012' "
has 'and says so' '^new jobs leave out the nodes nid00007, nid00012, where all failed'
gives 0 'a dry run with --again' "$wflc" submit --dry-run --again
{ ! grep -q -e '--exclude' output; } && [ -e build/demo/site/state/nodes/nid00012 ]
verdict $? 'uses them again'
has 'and would say so' '^nodes nid00007, nid00012 would be used again, whatever failed there$'
gives 1 'a refusal' "$wflc" submit
grep -q -e "--exclude=nid00007,nid00012" calls
verdict $? 'of a job without them'
has 'names them' 'the job leaves out nodes where all failed: nid00007, nid00012; too few may be left'
gives 1 'submit --again' "$wflc" submit --again
[ -z "$(ls build/demo/site/state/nodes)" ]
verdict $? 'has them used again'
! tail -n 1 calls | grep -q -e --exclude
verdict $? 'by this very job'

# What a file may be called that somebody put there is no option, nor a list.
campaign slurm 100 3
# shellcheck disable=SC2016 # it is not to be expanded
for name in '-x' 'a,b' 'a b' '$(touch PWN)' '[1-9]' "a'b"; do
    bad "$name"
done
gives 0 'names that cannot be' "$wflc" submit --dry-run
{ ! grep -q -e '--exclude' output; } && [ ! -e PWN ]
verdict $? 'are none'

campaign slurm 100 3
sed -i 's/poll_s: 1/poll_s: 1, directives: ["--exclude=old1"]/' build/demo/site/site.yaml
bad nid7
"$wflc" submit --dry-run >output 2>&1
has 'what the profile leaves out stays so' "'--exclude=nid7,old1'"
campaign slurm 100 3
sed -i 's/poll_s: 1/poll_s: 1, forbid: ["--exclude"]/' build/demo/site/site.yaml
bad nid7
gives 0 'where that is forbidden' "$wflc" submit --dry-run
has 'it is said' '^jobs cannot be asked here to leave out the node nid7, where all failed; what is started there ends at once'
campaign lsf 100 3
bad nid-7
bad nid8
"$wflc" submit --dry-run >output 2>&1
has 'LSF with jsrun cannot' '^jobs cannot be asked here to leave out the nodes nid-7, nid8, '
sed -i 's/size_from: env/size_from: env, argv: [mpirun, -n, "{nnodes}", "{shim}"]/' build/demo/site/site.yaml
"$wflc" submit --dry-run >output 2>&1
has 'LSF' "would run bsub .*-R .*select\[hname!=.*nid-7.* && hname!=.*nid8"
campaign flux 100 3
bad nid7
bad nid8
"$wflc" submit --dry-run >output 2>&1
has 'Flux' "would run flux batch .*'--requires=not host:nid7,nid8' "
sed -i 's/^# flux: .*/&\n# flux: --requires="fast or big"/' build/demo/site/job.sh
"$wflc" submit --dry-run >output 2>&1
has 'with what the job must have' "'--requires=(fast or big) and not host:nid7,nid8' "
for kind in pbs cobalt; do
    campaign $kind 100 3
    bad nid7
    "$wflc" submit --dry-run >output 2>&1
    has "$kind cannot" '^jobs cannot be asked here to leave out the node nid7'
done
# Hosts that are excluded by an order are left out as well; of a paused campaign it is said.
campaign slurm 100 3
bad nid7
"$wflc" control exclude nid9 >output 2>&1
"$wflc" control exclude nid8 >output 2>&1
"$wflc" control include nid8 >output 2>&1
"$wflc" control pause >output 2>&1
"$wflc" submit --dry-run >output 2>&1
has 'excluded hosts are left out' "'--exclude=nid7,nid9'"
has 'it is said who excluded them' '^left out: host nid9, excluded by .*@.* since '
has 'and that the campaign is paused' "^paused by .*@.* since .*: nothing is started until 'wflc control resume build/demo/site'"
# A campaign that stopped itself.
campaign slurm 100 3
id=$(od -An -tx8 -j 32 -N 8 build/demo/site/campaign.wflp | tr -d ' ')
mkdir -p build/demo/site/state/failed
echo "wfl-stop 1 $id 0 5" >build/demo/site/state/stop
echo "$id 0 5" >build/demo/site/state/failed/nid1.1
gives 0 'status' "$wflc" status
has 'tells that it stopped' "^5 tasks of t failed, at which the campaign is to stop (.*): no more are started, before 'wflc submit --again build/demo/site' has them tried again\$"
gives 1 'submit' "$wflc" submit
has 'submits nothing' ': 5 tasks of t failed, at which the campaign is to stop: .*to try them once more: wflc submit --again'
gives 1 'submit --again' "$wflc" submit --again
[ ! -e build/demo/site/state/stop ] && [ -z "$(ls build/demo/site/state/failed)" ] && grep -q sbatch calls
verdict $? 'goes on'
"$wflc" status >output 2>&1
{ ! grep -q 'is to stop' output; }
verdict $? 'and forgets it'

campaign slurm 100 3
"$wflc" status >output 2>&1
{ ! grep -q 'left out' output; }
verdict $? 'nothing is said where there is none'
