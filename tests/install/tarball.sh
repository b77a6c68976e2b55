#!/bin/sh
# What README.md says of installing, from the tarball that `make dist` has made in the build tree,
# by a user who is nobody and has no bison: then moved, with parts missing, alone in an empty root.
: "${top_builddir:?is set by make check-install}" "${top_srcdir:?is set by make check-install}"
build=$(cd "$top_builddir" && pwd)
source=$(cd "$top_srcdir" && pwd)
. "$source/tests/shell/verdict_lib.sh"
unset WFL_PATH WFL_STDLIB WFL_SHIM XDG_CONFIG_HOME MAKELEVEL MAKEFLAGS MFLAGS

# gives CODE WHAT COMMAND...: the command exits with CODE; its output is in `output`.
gives()
{
    code=$1
    what=$2
    shift 2
    "$@" >output 2>&1 </dev/null
    [ $? = "$code" ]
    verdict $? "$what"
}

has()
{
    grep -qe "$2" output
    verdict $? "$1"
}

as_user()
{
    if [ "$(id -u)" = 0 ]; then
        setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
    else
        "$@"
    fi
}

echo 1..32
tarball=$(cd "$build" && echo wflc-*.tar.gz)
mkdir home none
cp "$build/$tarball" home/
chmod 755 "$tmp"
[ "$(id -u)" != 0 ] || chown -R 65534:65534 home

tar tzf "home/$tarball" | sed 's,^[^/]*/,,' | sort >packed
if git -C "$source" ls-files >tracked 2>/dev/null; then
    grep -vE '(^|/)\.(gitignore|clang-format|editorconfig)$' tracked | LC_ALL=C sort >wanted
    LC_ALL=C sort packed | LC_ALL=C comm -23 wanted - >output
    [ ! -s output ]
    verdict $? 'the tarball holds all that the repository has'
else
    n=$((n + 1))
    echo "ok $n - the tarball holds all that the repository has # SKIP no checkout"
fi
cp packed output
grep -qx src/parser/grammar.c packed && grep -qx src/parser/grammar.h packed &&
    grep -qx src/lexer/scan.c packed
verdict $? 'and the parser that bison made'

# --- the commands of README.md, letter by letter ---

awk '/^## / { on = $2 == "Install" } on && /^    / { print substr($0, 5); some = 1; next } some { exit }' \
    "$source/README.md" >commands
cp commands output
[ "$(grep -c . commands)" -le 3 ] && grep -q "^tar .*$tarball" commands && grep -q 'wflc run' commands
verdict $? 'README.md installs, and runs a campaign, in three commands'

# not there for them: what only those who work on wflc have
for tool in bison flex autoconf autoheader automake aclocal; do
    printf '#!/bin/sh\necho %s >>%s/called\nexit 1\n' $tool "$tmp" >none/$tool
    chmod 755 none/$tool
done
: >called
chmod 666 called
# quicker, and static: the file that runs everywhere
printf 'enable_static=yes\nCFLAGS=-O0\n' >config.site
(
    cd home && as_user env HOME="$tmp/home" PATH="$tmp/none:$PATH" CONFIG_SITE="$tmp/config.site" \
        MAKEFLAGS=-j2 XDG_CACHE_HOME= sh -e "$tmp/commands" >../installed.log 2>&1 </dev/null
)
status=$?
tail -n 40 installed.log >output
[ $status = 0 ]
verdict $? 'these do what they say'
has 'to the last task of the campaign' '105 of 105 done'
cp installed.log output
[ ! -s called ]
verdict $? 'without bison, flex and the autotools'
has 'and it is told how wflc is found by its name' "home/.local/bin is not in PATH"

top=home/${tarball%.tar.gz}
find home/.local -mindepth 1 -maxdepth 2 | LC_ALL=C sort | sed 's,^home/.local/,,' >output
LC_ALL=C sort >wanted <<'END'
bin
bin/wfl-shim
bin/wflc
share
share/bash-completion
share/fish
share/man
share/wflc
share/zsh
END
cmp -s wanted output
verdict $? 'programs are in bin, data in one folder of share'

# --- moved ---

mv home/.local moved
moved=$tmp/moved/bin/wflc
gives 0 'moved, it lists sites' "$moved" sites
has 'those that come with it' '^theta .*moved/share/wflc/stdlib/sites$'
cat >survey.wfl <<'END'
campaign survey
use lsst
set raft = 1 .. 2
task point for r in raft, s in lsst where s.raft == "R22" {
    memory 50 MB;  time 1 min
    run    "echo {s.name} > {o}"
    output o "out/{r}/{s.name}"
}
site cluster profile "test-slurm" { }
END
gives 0 'finds the cameras' "$moved" check survey.wfl
gives 0 'and wfl-shim' "$moved" run "$top/examples/brightest/brightest.wfl" -o again
has 'which does the tasks' '105 of 105 done'
mkdir links
ln -s ../moved/bin/wflc links/wflc
gives 0 'so does a link to it' links/wflc check survey.wfl

# --- what is missing is told ---

mv moved/share/wflc away
gives 3 'without its library, sites fails' "$moved" sites
has 'and tells where it looked' "library of wflc .* looked for in $tmp/moved/bin/stdlib, $tmp/moved/share/wflc/stdlib"
gives 1 'use fails' "$moved" check survey.wfl
has 'and tells the same' "help: the library of wflc .*$tmp/moved/share/wflc/stdlib"
printf 'campaign c\nset i = 1 .. 2\ntask t for i in i { run "true" }\nsite s profile "theta" { }\n' >site.wfl
gives 1 'so does a profile' "$moved" check site.wfl
has 'and tells it, too' "help: the library of wflc .*$tmp/moved/share/wflc/stdlib"
gives 0 'WFL_STDLIB says where it is' env WFL_STDLIB="$tmp/away/stdlib" "$moved" check survey.wfl
gives 3 'unless it is not' env WFL_STDLIB="$tmp/gone" "$moved" sites
has 'which is told' "WFL_STDLIB names the folder $tmp/gone"
mv away moved/share/wflc
mv moved/bin/wfl-shim shim
gives 3 'without wfl-shim, run fails' "$moved" run survey.wfl
has 'and tells where it should be' "'$tmp/moved/bin/wfl-shim'"
mv shim moved/bin/wfl-shim

# --- static: it runs where there is nothing else ---

cp survey.wfl "$top/examples/brightest/brightest.wfl" moved/
gives 1 'wflc needs no library of the system' sh -c "readelf -lW moved/bin/wflc | grep INTERP"
if [ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null; then
    mkdir moved/proc
    # shellcheck disable=SC2016 # for the inner shell
    gives 0 'in a root with nothing else it checks, plans and builds' unshare -m sh -c '
        mount -t proc proc moved/proc || mount --bind /proc moved/proc &&
        chroot moved /bin/wflc check /survey.wfl && chroot moved /bin/wflc plan /survey.wfl --site cluster &&
        chroot moved /bin/wflc build /survey.wfl --site cluster -o /built'
else
    n=$((n + 1))
    echo "ok $n - in a root with nothing else it checks, plans and builds # SKIP only root may do that"
fi
"$moved" build survey.wfl --site cluster -o static >output 2>&1 &&
    "$build/wflc" build survey.wfl --site cluster -o usual >>output 2>&1 &&
    cmp static/survey/cluster/campaign.wflp usual/survey/cluster/campaign.wflp >>output 2>&1
verdict $? 'it makes the same plan as the usual one'

# --- packagers: DESTDIR, another prefix than that of configure, with a blank in its name ---

gives 0 'make install takes DESTDIR and a prefix with a blank' \
    make -C "$build" install DESTDIR="$tmp/dest" prefix='/opt/my tools'
gives 0 'and what it installs works there' "$tmp/dest/opt/my tools/bin/wflc" check survey.wfl
find dest -type f -path '*wfl-shim.1' >output
[ -s output ] && [ -x "$tmp/dest/opt/my tools/bin/wfl-shim" ]
verdict $? 'wfl-shim is a command, as its manual page is of section 1'
make -C "$build" uninstall DESTDIR="$tmp/dest" prefix='/opt/my tools' >/dev/null 2>&1
find dest -type f >output
[ ! -s output ]
verdict $? 'make uninstall leaves nothing'
