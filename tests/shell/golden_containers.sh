#!/bin/sh
# What a plan says of how a container is started, by every runtime: tests/golden/containers.txt.
# `make update-golden` (UPDATE_GOLDEN=1) writes it anew; read the diff.
set -u

golden=$(cd "${top_srcdir:?}" && pwd)/tests/golden/containers.txt
wflc=$(cd "${top_builddir:?}" && pwd)/wflc
# shellcheck source=tests/shell/verdict_lib.sh
. "$top_srcdir/tests/shell/verdict_lib.sh"
unset WFL_PATH XDG_CONFIG_HOME
export HOME="$tmp"

# profile NAME CONTAINERS
profile()
{
    cat >"$1.yaml" <<END
schema: 1
name: $1
inherits: test-slurm
nodes:
  local_storage: [{path: /local/\$USER, kind: nvme}, {path: /dev/shm, kind: ram, counts_as_memory: true}]
filesystems: [{name: scratch, path: /scratch}]
containers: [{$2}]
END
}

# campaign IMAGE PROFILE
campaign()
{
    cat >c.wfl <<END
campaign boxed
container tools { image "$1"; bind "/scratch/me", "/opt/data:/data"; env LEVEL = 1 }
task t { memory 1 MB; container tools; run "draw > {o}"; output o "o" }
site far profile "$2" { }
END
}

# show NAME IMAGE CONTAINERS: appends what the plan says
show()
{
    profile "$1" "$3"
    campaign "$2" "$1"
    {
        echo "== {$3}"
        "$wflc" check --dump-plan --site far c.wfl 2>&1 | sed -n '/^container/,/^family/p' | sed '/^family/d'
    } >>output
}

echo 1..2

: >output
name=lsst/imsim:2
digest=@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
show shifter-directive $name 'runtime: shifter, via: directive, extra: ["--module=none"]'
show shifter $name 'runtime: shifter, extra: ["--module=none"]'
show singularity docker://$name 'runtime: singularity, image_form: sif, local_copy: ssd, extra: ["--no-home"]'
show apptainer $name$digest 'runtime: apptainer, image_form: sif, local_copy: ram'
show apptainer-folder ./box 'runtime: apptainer'
show apptainer-name $name 'runtime: apptainer, image_form: registry'
show podman-hpc $name 'runtime: podman-hpc, inherit_env: false, extra: ["--gpu"]'
show charliecloud $name 'runtime: charliecloud, image_form: dir'
show charliecloud-name $name 'runtime: charliecloud'
show charliecloud-file /images/box.sqfs 'runtime: charliecloud, image_form: dir, local_copy: none'
show docker $name 'runtime: docker, inherit_env: false'
show clean $name 'runtime: shifter, inherit_env: false'
show clean2 box.sif 'runtime: apptainer, inherit_env: false'
show clean3 ./box 'runtime: charliecloud, inherit_env: false, image_form: dir'
show podman $name$digest 'runtime: podman, inherit_env: false'
show second box.sif 'runtime: podman}, {runtime: apptainer'
show none $name 'runtime: none'
[ -z "${UPDATE_GOLDEN-}" ] || cp output "$golden"
diff -u "$golden" output >difference
status=$?
mv difference output
verdict $status "the words of every runtime"

# What cannot be is told when the plan is made.
: >output
refused()
{
    profile bad "$2"
    campaign "$1" bad
    "$wflc" check --site far c.wfl >>output 2>&1 && return 1
    grep -q "$3" output
}
refused box.sif 'runtime: podman' "task 't' needs container 'tools', and the site has no runtime that runs 'box.sif' (a sif file)" &&
    sed -i 's/^containers.*/containers: []/' bad.yaml &&
    ! "$wflc" check --site far c.wfl >>output 2>&1 && grep -q "profile 'bad' has no containers" output
status=$?
campaign lsst/imsim:2 shifter
sed -i 's,:/data,:/etc/data,' c.wfl
! "$wflc" check --site far c.wfl >>output 2>&1 && grep -q "shifter cannot bind a folder as '/etc/data'" output || status=1
verdict $status "a site without a runtime for the image, and a folder that cannot be bound"
