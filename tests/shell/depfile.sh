#!/bin/sh
# --depfile: what make makes of it.
set -u

. "${top_srcdir:?is set by make check}/tests/shell/verdict_lib.sh"
PATH=${top_builddir:?}:$PATH
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES
: >output

# older FILE...: than all that is made from it.
older()
{
    touch -t 202001010000 "$@"
}

# newer FILE...: than what is made, but not than what will be.
newer()
{
    [ ! -e $goal ] || touch -t 202101010000 $goal
    touch -t 202201010000 "$@"
}

# makes GOAL [COMMANDS]: make runs the rule.
makes()
{
    timeout 20 make -f Makefile "$1" >output 2>&1 && grep -q '^remade$' output
}

# up_to_date GOAL
up_to_date()
{
    timeout 20 make -f Makefile "$1" >output 2>&1 && ! grep -q '^remade$' output
}

# shellcheck disable=SC2016 # here and below: no variables, but odd names
odd='odd $names'
mkdir -p data/a data/b "$odd"
echo 'name
x' >'data/stars 1#.csv'
cp 'data/stars 1#.csv' "$odd/[x]:%*?~.csv"
: >data/a/x_1.txt
: >data/b/other
cat >'my campaign.wfl' <<'EOF'
campaign mine
table stars from csv "data/stars 1#.csv"
table more from csv 'odd $names/[x]:%*?~.csv'
table files from glob "data/*/x_*.txt"
task t for s in stars, m in more, f in files { run "echo {s.name} {m.name} {f.name}" }
EOF

echo 1..17

wflc check --depfile dep 'my campaign.wfl' >output 2>&1
verdict $? "check --depfile"

cat >wanted <<'EOF'
dep: \
  my\ campaign.wfl \
  data/stars\ 1\#.csv \
  odd\ $$names/\[x]\:%\*\?~.csv \
  data \
  data/a \
  data/b

data/stars\ 1\#.csv:
odd\ $$names/\[x]\:\%\*\?~.csv:
data:
data/a:
data/b:
EOF
diff -u wanted dep >output
verdict $? "it names all that was read, and the folders that were searched"

wflc check --depfile again 'my campaign.wfl' >output 2>&1 && sed 's/^again:/dep:/' again |
    cmp -s - dep
verdict $? "twice the same"

goal=build/mine/local/campaign.wflp
cat >Makefile <<'EOF'
build/mine/local/campaign.wflp: ; wflc build --depfile=mine.d 'my campaign.wfl' && echo remade
list.txt: ; wflc list --depfile list.txt.d 'my campaign.wfl' >$@ && echo remade
dep: ; wflc check --depfile $@ 'my campaign.wfl' && echo remade
.PHONY: all
-include mine.d
EOF
makes $goal && grep -q '^build/mine/local/campaign.wflp: ' mine.d
verdict $? "a build is the target"

everything()
{
    older 'my campaign.wfl' data/*.csv "$odd"/* data/a/x_1.txt data/b/other data data/a data/b
}
everything
up_to_date $goal
verdict $? "make leaves it"

for file in 'my campaign.wfl' 'data/stars 1#.csv' "$odd/[x]:%*?~.csv" data/b; do
    newer "$file"
    makes $goal
    status=$?
    up_to_date $goal || status=1
    verdict $status "make builds again after a change of $file"
done

everything
: >data/b/x_2.txt
newer data/b
makes $goal && wflc list 'my campaign.wfl' 2>output >listed && [ "$(wc -l <listed)" = 2 ]
verdict $? "make builds again when a file more matches"

everything
rm "$odd/[x]:%*?~.csv"
sed -i "s/'odd.*'/\"data\/stars 1#.csv\"/" 'my campaign.wfl'
older 'my campaign.wfl'
makes $goal && up_to_date $goal
verdict $? "make asks wflc about a file that is gone"

# a rule of its own for the dependencies
sed -i 's/^-include.*/include dep/' Makefile
newer data
rm -f dep
makes all
verdict $? "a makefile may include what check wrote"

wflc list --depfile list.d 'my campaign.wfl' >listed 2>output && grep -q '^list.d: ' list.d &&
    [ "$(head -n 1 listed)" = 't[s=x m=x f=data/a/x_1.txt]' ]
verdict $? "list --depfile"

mkdir 'x;y'
cp 'data/stars 1#.csv' 'x;y/z.csv'
printf 'campaign c\ntable s from csv "x;y/z.csv"\ntask t for r in s { run "echo {r.name}" }\n' >c.wfl
wflc check --depfile c.d c.wfl >output 2>&1
[ $? = 3 ] && grep -q "make has no spelling for the name 'x;y/z.csv'" output && [ ! -e c.d ]
verdict $? "a name that make cannot read"

echo 'campaign c' >c.wfl
echo old >c.d
! wflc check --depfile c.d c.wfl >output 2>&1 && [ "$(cat c.d)" = old ]
verdict $? "nothing is written when there are errors"

mkdir -p sites
cp "$top_srcdir/tests/golden/check/cadence.db" .
for site in mine base; do
    printf 'schema: 1\nname: %s\n' $site >sites/$site.yaml
done
echo 'inherits: base' >>sites/mine.yaml
printf 'scheduler: {kind: slurm}\nnodes: {cores: 4, memory_gib: 8}\n' >>sites/base.yaml
cat >sites.wfl <<'EOF'
campaign sites
table v from sqlite "cadence.db" query "SELECT 1 AS id"
task t for r in v { run "echo {r.id}" }
site one profile "mine"
EOF
wflc check --depfile sites.d sites.wfl >output 2>&1 && grep -q '^  cadence.db' sites.d
verdict $? "databases"
grep -q '^  sites/mine.yaml' sites.d && grep -q '^  sites/base.yaml' sites.d
verdict $? "profiles of sites, and what they inherit from"
