#!/bin/sh
# What ./bootstrap says where it cannot install: without root, and where there is no dpkg. It runs as
# a copy beside a configure that does nothing.
: "${top_srcdir:?is set by make check-install}"
source=$(cd "$top_srcdir" && pwd)
. "$source/tests/shell/verdict_lib.sh"

# gives CODE WHAT: ./bootstrap COMMAND, run before, has ended with CODE.
gives()
{
    [ "$status" = "$1" ]
    verdict $? "$2"
}

has()
{
    grep -qe "$2" output
    verdict $? "$1"
}

has_not()
{
    ! grep -qe "$2" output
    verdict $? "$1"
}

# tools NAME PROGRAM...: a folder of links to all programs but these.
tools()
{
    mkdir "$1"
    for folder in /bin /usr/bin; do
        find $folder/ -maxdepth 1 ! -type d -exec ln -s {} "$tmp/$1/" \; 2>/dev/null
    done
    folder=$1
    shift
    for program; do
        rm -f "$tmp/$folder/$program"
    done
}

# bootstrap TOOLS COMMAND
bootstrap()
{
    (cd sources && PATH=$tmp/$1 ./bootstrap "$2") >output 2>&1
    status=$?
}

echo 1..13
mkdir sources
cp "$source/bootstrap" sources/
cat >sources/configure <<'END'
#!/bin/sh
printf 'all:\n\t@touch wflc wfl-shim\n' >Makefile
END
chmod 755 sources/configure
touch sources/Makefile.in

tools nobody sudo id dpkg-query apt-get
printf '#!/bin/sh\nexit 1\n' >nobody/sudo
printf '#!/bin/sh\necho 1000\n' >nobody/id
printf '#!/bin/sh\necho not-installed\n' >nobody/dpkg-query
chmod 755 nobody/sudo nobody/id nobody/dpkg-query
bootstrap nobody demo
gives 3 'without root, the demo cannot install'
[ "$(grep -c 'packages are missing' output)" = 1 ]
verdict $? 'which is said once'
has 'for what builds' ' libyaml-dev'
has 'and for what the demo needs' ' gnuastro'
has 'with the command for somebody who may' 'apt-get install .* libyaml-dev.* swarp'

tools other dpkg-query apt-get
bootstrap other build
gives 0 'without dpkg it builds'
has 'says that nothing is installed' 'no Debian, so nothing is installed'
has_not 'does not claim that it were' 'installing'
has 'and how wflc is found by its name' "PATH=.*sources/_build"
bootstrap other build
has 'each time' "PATH=.*sources/_build"

rm -f other/pkg-config other/make
rm -rf sources/_build
bootstrap other build
gives 3 'where tools are missing it stops'
has 'and names them' 'missing: make pkg-config'
has 'with the packages that Debian has' 'libsqlite3-dev'
