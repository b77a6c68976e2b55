#!/bin/sh
# What configure lacks, and older and other C libraries than this machine's: nothing that came after glibc 2.28 is called, and
# all of it compiles with musl; a wfl-shim of musl does a campaign.
: "${top_builddir:?is set by make check-install}" "${top_srcdir:?is set by make check-install}"
build=$(cd "$top_builddir" && pwd)
source=$(cd "$top_srcdir" && pwd)
. "$source/tests/shell/verdict_lib.sh"
unset WFL_SHIM MAKELEVEL MAKEFLAGS MFLAGS

echo 1..9

# What libc and libm have, with the oldest version of each name. stat and its like were inline
# functions before 2.33: their names are new, they are not.
for lib in c m; do
    readelf --dyn-syms -W "$(${CC:-gcc} -print-file-name=lib$lib.so.6)"
done | awk '$8 ~ /@/ && $7 != "UND" {
        name = version = $8
        sub(/@.*/, "", name)
        sub(/.*@(GLIBC_)?/, "", version)
        split(version, v, ".")
        number = v[1] * 1000 + v[2]
        if (!(name in first) || number < first[name])
            first[name] = number
    }
    END { for (name in first) if (first[name] > 2028) print name }' |
    grep -vxE 'f?stat(64)?|lstat(64)?|fstatat(64)?|mknod(at)?|__isoc23_.*' | sort >newer
cp newer output
grep -qx close_range newer && grep -qx sigabbrev_np newer
verdict $? 'it is known what glibc got after 2.28'
nm -u "$build"/libwflrt.a "$build"/libwflc.a "$build"/src/*/*.o 2>/dev/null |
    awk 'NF == 2 { print $2 }' | sort -u >called
cp called output
grep -qx memfd_create called
verdict $? 'and what is called'
comm -12 newer called >output
[ ! -s output ]
verdict $? 'which is none of it'

mkdir without
! (cd without && PKG_CONFIG_LIBDIR=$tmp "$source/configure" -q) >output 2>&1 &&
    grep -q 'missing.*: zlib (zlib1g-dev, zlib-devel), sqlite3 (libsqlite3-dev, .*libyaml-dev.*libncurses-dev' output
verdict $? 'configure names all missing libraries at once, and their packages'
! (cd without && PKG_CONFIG=false "$source/configure" -q) >output 2>&1 && grep -q 'pkg-config is missing' output
verdict $? 'and pkg-config, if it is that'

if ! command -v musl-gcc >/dev/null; then
    for what in 'configure takes a prefix with a blank' 'musl compiles all' 'musl makes wfl-shim' \
        'it does a campaign'; do
        n=$((n + 1))
        echo "ok $n - $what # SKIP there is no musl-gcc"
    done
    exit
fi

mkdir inc build
for header in zlib.h zconf.h sqlite3.h yaml.h curses.h ncurses_dll.h unctrl.h term.h; do
    ln -s "$(find /usr/include -maxdepth 2 -name $header | head -n 1)" inc/
done
(cd build && "$source/configure" -q --prefix="$tmp/a b" CC=gcc CFLAGS=-O1 &&
    make -s src/util/libwflrt_a-stdlib.o src/cli/manual.c src/parser/grammar.h) >output 2>&1 &&
    grep -q "$tmp/a b/share/wflc/stdlib" build/src/util/libwflrt_a-stdlib.o
verdict $? 'configure takes a prefix with a blank'
# everything but what flex makes, which is as good as its own headers
find "$source/src" -name '*.c' | sort | xargs -P 2 -n 16 musl-gcc -std=gnu11 -fsyntax-only -Wall -Wextra \
    -Werror -isystem inc -Ibuild -Ibuild/src -I"$source/src" -DPKGDATADIR='"/usr/share/wflc"' >output 2>&1
verdict $? 'musl compiles all of wflc'
make -s -j2 -C build wfl-shim CC=musl-gcc >output 2>&1
verdict $? 'and makes wfl-shim'
WFL_SHIM=$tmp/build/wfl-shim "$build/wflc" run "$source/examples/brightest/brightest.wfl" >output 2>&1 &&
    grep -q '105 of 105 done' output
verdict $? 'which does a campaign'
