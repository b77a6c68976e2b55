#!/bin/sh
# wflc build for several sites, and which of them other commands mean.
set -u

. "${top_srcdir:?is set by make check}/tests/shell/verdict_lib.sh"
PATH=${top_builddir:?}:$PATH
: >output

# built SITE...: these folders are there, and no others
built()
{
    [ "$(ls build/many 2>/dev/null)" = "$(printf '%s\n' "$@")" ]
}

# says TEXT: the output does
says()
{
    grep -qF -e "$1" output
}

cat >many.wfl <<'END'
campaign many
param n = 3
param out = "plain"
task draw for v in 1 .. n {
    time   1 min
    run    "echo {v} > {o}"
    output o "{out}/{v}"
}
site a profile "test-slurm"
site b profile "test-slurm" { param n = 5;  param out = "b" }
site c profile "workstation"
END

wflc build many.wfl >output 2>&1 && built a b c
verdict $? "build writes a folder for each site"
says 'build/many/a; 1 job of ' && says 'start with build/many/c/job.sh'
verdict $? "and says what to do with it"
says '5 tasks, ready in build/many/b' && says '3 tasks, ready in build/many/a'
verdict $? "each with the parameters of its site"

rm -rf build
wflc build --site c --site b many.wfl >output 2>&1 && built b c
verdict $? "--site picks some"
wflc build --site local many.wfl >output 2>&1 && built b c local
verdict $? "--site local is this machine"
wflc build --site d many.wfl >output 2>&1
[ $? = 1 ] && says 'the campaign has no such site' && says "--site d" && built b c local
verdict $? "an unknown site is an error"

wflc queue many.wfl >output 2>&1
[ $? = 2 ] && says "'build/many' was built for several sites: b, c, local" && says '--site b'
verdict $? "who works with a scheduler asks of which of several sites"
told=
for what in many.wfl many build/many ''; do
    # shellcheck disable=SC2086 # the last one is no argument
    wflc status $what >output 2>&1
    # shellcheck disable=SC2086
    if says 'campaign many on b' && says 'campaign many on c' && says 'campaign many on local' &&
        [ "$(wflc status --json $what | grep -c '"campaign": "many"')" = 3 ]; then
        told="$told$what+"
    fi
done
[ "$told" = "many.wfl+many+build/many++" ]
verdict $? "status tells of each of several sites"
wflc status --site b many.wfl >output 2>&1 && says 'campaign many on b' &&
    wflc status --site b many >output 2>&1 && says 'campaign many on b' &&
    wflc status --site b build/many >output 2>&1 && says 'campaign many on b' &&
    wflc status --site b >output 2>&1 && says 'campaign many on b' &&
    wflc status build/many/b >output 2>&1 && says 'campaign many on b'
verdict $? "and is told by --site, or by the folder"
mkdir -p build/other && cp -r build/many/b build/other/b
wflc status >output 2>&1
[ $? = 2 ] && says 'there are several campaigns' && ! says 'campaign many on'
verdict $? "status of several campaigns shows none"
rm -r build/other
wflc status --site a many.wfl >output 2>&1
[ $? = 3 ] && says "was not built in 'build' for site 'a' yet: wflc build many.wfl"
verdict $? "a site that was not built"

wflc sites check build/many/b/site.yaml >output 2>&1
verdict $? "site.yaml is a profile"

job=build/many/b/job.sh
cp -p $job before
wflc build --site b many.wfl >output 2>&1 && [ -z "$(find $job -newer before)" ] && cmp -s $job before
verdict $? "what is the same already is not written again"

rm -rf build
wflc build --depfile=many.d many.wfl >output 2>&1 &&
    [ "$(sed -n 1p many.d)" = \
        "build/many/a/campaign.wflp build/many/b/campaign.wflp build/many/c/campaign.wflp: \\" ]
verdict $? "--depfile names the plans of all sites"

wflc build - <many.wfl >output 2>&1
[ $? = 2 ] && says 'put it into a file'
verdict $? "a campaign on standard input is read once"
wflc build --site b - <many.wfl >output 2>&1 && [ -e build/many/b/job.sh ]
verdict $? "which is enough for one site"

wflc build --site c many.wfl >output 2>&1 && build/many/c/job.sh --cores 1 >output 2>&1 &&
    wflc status build/many/c >output 2>&1 && says 'campaign many on c' && says 'all tasks are done'
verdict $? "a site without a batch system is run by its job.sh"

# --- what is wrong is said at the site, and nothing is written ---

rm -rf build
cat >boxed.wfl <<'END'
campaign boxed
task draw for v in 1 .. 3 {
    time   1 min
    image  "tools:1"
    run    "draw {v} {o}"
    output o "{v}"
}
site a profile "test-slurm"
site b profile "bare"
END
cat >bare.yaml <<'END'
schema: 1
name: bare
scheduler: {kind: pbs}
nodes: {cores: 4, memory_gib: 8}
END
wflc build boxed.wfl >output 2>&1
[ $? = 1 ] && says "task 'draw' needs container 'draw', and the site has no runtime that runs" &&
    says "profile 'bare' has no containers" && [ ! -e build ]
verdict $? "a container on a site without a runtime"
echo 'containers: [{runtime: none}]' >>bare.yaml
wflc build boxed.wfl >output 2>&1 && [ -e build/boxed/b/job.sh ]
verdict $? "but not if the profile says to do without"

echo 'containers: [{runtime: apptainer, image_form: sif}]' >image.yaml
sed '/containers:/d' bare.yaml | sed 's/name: bare/name: image/' | cat - image.yaml >tmp && mv tmp image.yaml
sed 's/"bare"/"image"/; s/campaign boxed/campaign fetched/' boxed.wfl >fetched.wfl
wflc build fetched.wfl >output 2>&1 &&
    says 'make its images ready with build/fetched/b/prepare.sh; 1 job' &&
    [ -x build/fetched/b/prepare.sh ] && grep -q '^  prepare.sh ' build/fetched/b/README
verdict $? "an image that has to be fetched first"

sed '/containers:/d; s/name: bare/name: mixed/' bare.yaml >mixed.yaml
cat >>mixed.yaml <<'END'
containers:
  - {runtime: charliecloud, image_form: squashfs, setup: [module load other]}
  - {runtime: podman-hpc, setup: [module load unused]}
  - {runtime: apptainer, image_form: sif, setup: [module load sif]}
END
cat >mixed.wfl <<'END'
campaign mixed
container small { image "./small.sif" }
container large { image "registry.example/large:1" }
task a for v in 1 .. 3 { run "a {v} > {o}"; output o "a/{v}"; time 1 min; container small }
task b for v in 1 .. 3 { run "b {v} > {o}"; output o "b/{v}"; time 1 min; container large }
site m profile "mixed"
END
wflc build mixed.wfl >output 2>&1 && grep -q '^module load sif' build/mixed/m/job.sh &&
    grep -q '^module load other' build/mixed/m/job.sh && ! grep -q unused build/mixed/m/job.sh
verdict $? "all runtimes that tasks need are made available, and no others"

sed 's/image.*//; s/campaign boxed/campaign odd/' boxed.wfl >odd.wfl
echo 'filesystems: [{name: a, path: /a, token: "a b"}]' >>bare.yaml
sed -i 's/kind: pbs/kind: cobalt/' bare.yaml
mkdir 'two words'
cd 'two words' && cp ../odd.wfl ../bare.yaml . && sed -i '/filesystems/d' bare.yaml || exit 99
wflc build odd.wfl >../output 2>&1
[ $? = 1 ] && cd .. && says 'Cobalt takes no blanks in the value of --outputprefix' &&
    says 'build elsewhere with -o DIR' && says 'odd.wfl:9:6: error' && [ ! -e 'two words/build' ]
verdict $? "what a scheduler cannot express"

cat >account.wfl <<'END'
campaign account
task t for v in 1 .. 3 { run "echo {v} > {o}"; output o "{v}"; time 1 min }
site k profile "frontier"
END
wflc build account.wfl >output 2>&1
[ $? = 1 ] && says "jobs on 'frontier' must name an account" && says 'account "..."'
verdict $? "a site that wants an account"
sed -i 's/"frontier"/"summit" { account "x" }/' account.wfl
wflc build account.wfl >output 2>&1 && [ "$(grep -c 'was retired on' output)" = 1 ] &&
    [ -x build/account/k/submit.sh ]
verdict $? "a retired site: a warning, once"

# costs are evaluated once for all sites: those of few kinds are kept, and those of too many are not
cat >kinds.wfl <<'END'
campaign kinds
set a = 1 .. 300
task few for i in a, k in a {
    time   1 min * (1 + i mod 7)
    memory 500 MB + 100 MB * (k mod 5)
    run    "true {i} {k}"
    output "few/{i}/{k}"
}
task many for i in a, k in a {
    time   1 min * (1 + k mod 7)
    memory 500 MB + 1 kB * (i * 300 + k)
    run    "true {i} {k}"
    output "many/{i}/{k}"
}
site left  profile "test-slurm"
site right profile "frontera" { account "x" }
END
wflc build kinds.wfl >output 2>&1 && wflc build -o alone --site left kinds.wfl >>output 2>&1 &&
    wflc build -o alone --site right kinds.wfl >>output 2>&1 &&
    cmp build/kinds/left/campaign.wflp alone/kinds/left/campaign.wflp >>output 2>&1 &&
    cmp build/kinds/right/campaign.wflp alone/kinds/right/campaign.wflp >>output 2>&1 &&
    [ "$(wc -c <build/kinds/left/campaign.wflp)" -gt 1000 ]
verdict $? "a plan does not depend on what else is built"

cat >at_hand.wfl <<'END'
campaign at_hand
task t for v in 1 .. 3 { run "echo {v} > {o}"; output o "hand/{v}" }
site local profile "workstation"
END
wflc build at_hand.wfl >output 2>&1 && wflc run -q -o ran at_hand.wfl >>output 2>&1 &&
    [ -e build/at_hand/local/site.yaml ] &&
    diff -r -x state -I '^made=' build/at_hand/local ran/at_hand/local >>output 2>&1
verdict $? "run makes of the machine at hand what build makes of it"

cat >boxed.yaml <<'END'
schema: 1
name: boxed
inherits: workstation
nodes: {detected: false, cores: 1, threads_per_core: 1, memory_gib: 3}
END
sed 's/"workstation"/"boxed"/' at_hand.wfl >boxed.wfl
# its cores, memory and GPUs, at these places of the file (wfl-plan(5)); what is to be asked is 0, 0 and all bits
room()
{
    od -An -tx4 -j 52 -N 16 "$1/at_hand/local/campaign.wflp"
}
wflc build -q -o fixed --site local boxed.wfl >output 2>&1 && wflc run -q -o asked boxed.wfl >>output 2>&1
room fixed >>output
[ "$(room fixed | cut -c 1-9)" = ' 00000001' ] && [ "$(room asked)" = ' 00000000 00000000 00000000 ffffffff' ]
verdict $? "run uses all of this machine, whatever a profile says of its nodes"

sed 's/"workstation"/"test-slurm"/' at_hand.wfl >batch.wfl
wflc build -o both --site local batch.wfl >output 2>&1 && [ -e both/at_hand/local/submit.sh ] &&
    wflc run -q -o both batch.wfl >>output 2>&1 && [ ! -e both/at_hand/local/submit.sh ] &&
    [ ! -e both/at_hand/local/site.yaml ] && [ -e both/at_hand/local/job.sh ]
verdict $? "what a build for a batch system had is not left in a folder that is for none"

wflc build -q --dump-plan -o dumped --site cori_knl "$top_srcdir/tests/golden/build/boxed.wfl" >output 2>&1
grep -q '^  start shifter ' output && grep -q 'site cori_knl' output
verdict $? "--dump-plan of build shows the plan that it makes"

echo "1..$n"
