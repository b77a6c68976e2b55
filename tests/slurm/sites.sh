#!/bin/sh
# Slurm accepts the script for every queue of every site that has Slurm.
set -u
. "${top_srcdir:?is set by make check-slurm}/tests/slurm/slurm_lib.sh"

with_cluster -n 4 "Include $top_srcdir/tests/slurm/partitions.conf"

# queues: a line for each queue of a shown profile: name, fewest nodes, the walltime for so many in minutes
queues()
{
    awk '
        function flush() { if (name) print name, nodes, wall; name = "" }
        function minutes(t) { gsub(/"/, "", t); split(t, part, ":"); return part[1] * 60 + part[2] }
        /^[a-z]/ { flush(); inside = $1 == "queues:" }
        !inside { next }
        $1 == "-" && $2 == "name:" { flush(); name = $3; wall = 0; tier = 0; next }
        $1 == "min_nodes:" && !tier { nodes = $2 }
        $1 == "max_walltime:" { if (tier != 2) wall = minutes($2); if (tier == 1) tier = 2 }
        $1 == "tiers:" && !/\[\]/ { tier = 1 }'
}

cat >campaign.wfl <<'END'
campaign probe
task t {
    memory 1 GB
    time 1 s
    run "date > {o}"
    output o "out"
}
END
for profile in $("$wflc" sites | awk '$2 == "slurm" { print $1 }'); do
    "$wflc" sites show "$profile" | queues | while read -r queue nodes minutes; do
        site=$(echo "$profile $queue" | tr ' -' __)
        echo "$profile $queue $site" >>sites.txt
        echo "site $site profile \"$profile\" { account \"survey\"; queue \"$queue\"
            nodes $nodes .. $nodes; walltime $minutes min }" >>campaign.wfl
    done
done
echo 1..$(($(wc -l <sites.txt) + 4))

sed 's/.* /--site=/' sites.txt | xargs "$wflc" build campaign.wfl >output 2>&1
verdict $? "every queue of every Slurm site is built for"
while read -r profile queue site; do
    sbatch --test-only "build/probe/$site/job.sh" >output 2>&1 && grep -q 'to start at' output
    verdict $? "$profile, queue $queue"
done <sites.txt

# Slurm would have refused what these sites do not have.
job=build/probe/cori_knl_regular/job.sh
! sbatch --test-only --constraint=nosuch "$job" >output 2>&1 && grep -qi 'feature' output
verdict $? "an unknown constraint is refused"
! sbatch --test-only --licenses=nosuch "$job" >output 2>&1 && grep -qi 'license' output
verdict $? "an unknown licence is refused"
! sbatch --test-only --partition=nosuch "$job" >output 2>&1 && grep -qi 'partition' output
verdict $? "an unknown partition is refused"
