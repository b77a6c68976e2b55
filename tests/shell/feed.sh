#!/bin/sh
# Campaigns whose processes are fed: the example, xargs, and values that make no line.
example=${top_srcdir:?is set by make check}/examples/fed
wflc=${top_builddir:?}/wflc
case $example in /*) ;; *) example=$(pwd)/$example ;; esac
case $wflc in /*) ;; *) wflc=$(pwd)/$wflc ;; esac
. "$top_srcdir/tests/shell/verdict_lib.sh"
echo 1..6

if command -v python3 >/dev/null; then
    "$wflc" run "$example/fed.wfl" >output 2>&1 && [ "$(find fed-out -name '*.pgm' | wc -l)" -eq 27 ]
    verdict $? "the example draws all sensors"
    head -n 3 fed-out/398415/R22_S12.pgm >output
    [ "$(sed -n 2p output)" = "# R22_S12" ] && [ "$(sed -n 3p output)" = "32 32" ] &&
        [ "$(find fed-out -type f | wc -l)" -eq 27 ] && [ ! -e "$example/__pycache__" ]
    verdict $? "under their names, and nothing else"
    printf 'R22_S00\t0\t0\t./a.pgm\nnothing\nR22_S01\t32\t0\t./b.pgm\n' |
        python3 "$example/feed.py" 2 "$example/screens.py" 1 >output 2>&1
    [ $? -eq 1 ] && [ -s a.pgm ] && [ -s b.pgm ] && grep -q 'at the line: nothing' output
    verdict $? "feed.py tells of a line that failed, and goes on"
else
    for i in 1 2 3; do echo "ok $i # SKIP python3 is not installed"; done
    n=3
fi

cat >xargs.wfl <<'END2'
campaign lines
set visit = [1, 2]
set sensor = ["a", "b'c d", "e\\f", "g"]
task draw for v in visit, s in sensor {
    bundle by v
    feed   "{s}|{image}"
    run    "xargs -d '\n' -n 1 -P {bundle.width} sh {here}/draw.sh {v}"
    memory 1 MB
    output image "out/{v}.{s}"
}
END2
cat >draw.sh <<'END2'
printf '%s %s\n' "$1" "${2%|*}" >"${2#*|}"
END2
"$wflc" run xargs.wfl >output 2>&1 && cat out/* | sort | tr '\n' , >output &&
    [ "$(cat output)" = "1 a,1 b'c d,1 e\\f,1 g,2 a,2 b'c d,2 e\\f,2 g," ]
verdict $? "lines are plain text: nothing in them is quoted"

cat >breaks.wfl <<'END2'
campaign breaks
set sensor = ["a", "bxb", "c"]
task draw for v in [1], s in sensor {
    bundle by v
    feed   "{replace(s, "x", "\n")}"
    run    "while read -r s; do echo > out2/$s; done"
    memory 1 MB
    retry  0
    output "out2/{s}"
}
END2
"$wflc" run breaks.wfl >output 2>&1
[ $? -eq 1 ] && [ -e out2/a ] && [ -e out2/c ] && [ ! -e out2/b ] && grep -q 'it holds a line break' output
verdict $? "a value with a line break fails its own task"
"$wflc" status --json build/breaks/local >output 2>&1 && grep -q '"done": *2' output
verdict $? "and no other"
