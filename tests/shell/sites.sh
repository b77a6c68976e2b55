#!/bin/sh
# wflc sites: which profiles there are, what is in one, what is wrong with one.
: "${top_builddir:?is set by make check}" "${top_srcdir:?is set by make check}"
wflc=$(cd "$top_builddir" && pwd)/wflc
source=$(cd "$top_srcdir" && pwd)
. "$source/tests/shell/verdict_lib.sh"
unset WFL_PATH WFL_STDLIB XDG_CONFIG_HOME
HOME=$tmp
export HOME


# gives CODE WHAT COMMAND...: the command exits with CODE; its output is in `output`.
gives()
{
    code=$1
    what=$2
    shift 2
    "$@" >output 2>&1
    [ $? = "$code" ]
    verdict $? "$what"
}

has()
{
    grep -qe "$2" output
    verdict $? "$1"
}

echo 1..35
# this is a build tree: the profiles of the source are beside wflc
gives 0 'sites are listed' "$wflc" sites
has 'with scheduler, nodes, cores and memory' '^theta  *cobalt  *4392  *64  *192 GiB  *retired '
has 'with what is detected' '^workstation  *local  *1  *detected  *detected  *active '
for name in cori-knl cori-haswell theta summit perlmutter-cpu perlmutter-gpu polaris aurora \
    frontier frontera workstation test-slurm; do
    grep -q "^$name " output || echo "$name is missing"
done >missing
[ ! -s missing ]
verdict $? 'all that are shipped'
gives 0 'all of them are right' "$wflc" sites check "$source"/stdlib/sites/*.yaml
has 'those that are gone warn' "warning: site 'theta' was retired on 2023-12-31"

gives 0 'a profile is shown' "$wflc" sites show cori-haswell
has 'with values of its own' '^  cores: 32 .* # cori-haswell.yaml:[0-9]'
has 'with values it inherits' '^  queue_via: qos .* # cori-knl.yaml:[0-9]'
has 'with defaults of the scheduler' '^  cancel: .* # default of kind slurm$'
has 'with defaults' '^  gpus: 0 .* # default$'

mkdir -p sites .config/wfl/sites lib
"$wflc" sites show polaris >shown && mv shown sites/polaris.yaml
gives 0 'what is shown is a profile' "$wflc" sites check sites/polaris.yaml
cat >.config/wfl/sites/mine.yaml <<'END'
schema: 1
name: mine
inherits: polaris
nodes: {cores: 5}
END
gives 0 'a profile of the user' "$wflc" sites show mine
has 'inherits from one beside the campaign' '^# sites/polaris.yaml'
sed 's/cores: 5/coers: 5/' .config/wfl/sites/mine.yaml >mine.yaml
gives 1 'one with an error' "$wflc" sites show mine
has 'tells it with its place' '^mine.yaml:4:9: error: .nodes. has no key .coers. '
gives 1 'the list names it' "$wflc" sites
has 'and how to see more' "'mine.yaml' has errors: wflc sites check mine.yaml"
has 'and goes on' '^workstation '
echo 'name: something else' >other.yaml
"$wflc" sites 2>&1 | grep other >output
[ ! -s output ]
verdict $? 'other YAML files here are nobody'\''s business'
gives 0 'standard input' "$wflc" sites check - <sites/polaris.yaml
gives 1 'an unknown site' "$wflc" sites show polarsi
has 'gets a remedy' "did you mean 'polaris'?"
gives 1 'a file that is not there' "$wflc" sites check ./none.yaml
gives 2 'show alone' "$wflc" sites show
gives 2 'sites list' "$wflc" sites list
has 'is told how to list them' "'wflc sites' alone"
gives 2 'a name without show' "$wflc" sites theta
has 'gets a remedy, too' "did you mean 'wflc sites show theta'?"

# an installation, wherever it is
mkdir -p moved/bin moved/share/wflc alone
cp "$wflc" moved/bin/
cp "$wflc" alone/
ln -s "$source/stdlib" moved/share/wflc/stdlib
cd alone || exit 99 # where no other profiles are
HOME=$tmp/alone
gives 0 'wflc finds the library of its installation' ../moved/bin/wflc sites
has 'with its sites' '^theta .*moved/share/wflc/stdlib/sites$'
gives 3 'where there is none, it says so' ./wflc sites
has 'and where it was looked for' "is not there: it was looked for in $tmp/alone/stdlib, $tmp/share/wflc/stdlib and /"
gives 1 'so does a name that it cannot find' ./wflc sites show theta
has 'in the same words' "help: .*it was looked for in $tmp/alone/stdlib"
