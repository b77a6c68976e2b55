#!/bin/sh
# Tasks in containers, with Charliecloud, for real: an image of Debian packages, as whoever runs the
# tests and as another ordinary user.
. "${top_srcdir:?is set by make check}/tests/shell/container_lib.sh"

command -v ch-run >/dev/null || skip "ch-run (package charliecloud) is not installed"
need_image
ch-run "$image" -- true >said 2>&1 || skip "ch-run does not start here: $(tail -n 1 said)"
echo 1..29

# the image, read by all tests, and one campaign after the other in c.wfl
campaign() {
    {
        printf 'campaign boxed\ncontainer box { image "%s"\n' "$image"
        cat
    } >c.wfl
}

campaign <<'END'
    env GREETING = "hello, $HOME"
    env PATH = "/usr/bin:/bin"
}
task t {
    memory 10 MB; container box
    run "cat /etc/inside >{o} && env >>{o} && pwd >>{o} && ls /etc >{l}"
    output o "out/o"
    output l "out/l"  check command '[ ! -e /etc/inside ]'
    env OWN = "a,b c"
}
END
TMPDIR=/nowhere LD_LIBRARY_PATH=/nowhere PMI_RANK=3 SLURM_PROCID=0 SLURM_JOB_ID=7 run 0
result $? "a shell command runs inside; its checks are made outside"
# shellcheck disable=SC2016 # as it stands
grep -qx 'GREETING=hello, $HOME' out/o && grep -qx 'OWN=a,b c' out/o &&
    grep -qx 'PATH=/usr/bin:/bin' out/o && grep -qx WFL_FAMILY=t out/o && grep -q ^WFL_STATE= out/o
result $? "with the variables of container and task as they are, and those of the shim"
! grep -Eq '^(TMPDIR|LD_LIBRARY_PATH|PMI_RANK|SLURM_PROCID)=' out/o && grep -qx SLURM_JOB_ID=7 out/o
result $? "without what names things of the host, and what launchers say to MPI"
grep -qx "$work" out/o
result $? "in the working folder"

campaign <<'END'
}
task fed for v in [1], s in 1 .. 9 {
    memory { v 10 MB; sensor 10 MB }; container box
    bundle by v; feed "{s} {o}"
    run    "echo >> starts; while read -r s o; do ls /etc/inside > $o & done; wait"
    output o "out/fed.{s}"
}
END
run 0 && [ "$(grep -l /etc/inside out/fed.* | wc -l)" -eq 9 ] && [ "$(wc -l <starts)" -eq 1 ]
result $? "one that is fed reads its lines inside"

campaign <<'END'
}
task words { memory 10 MB; container box; run ["cp", "/etc/inside", "{o}"]; output o "out/words" check exists }
task long for i in 1 .. 1 {
    memory 10 MB; container box
    run ": {pad} && echo $((i = 3)) > {o}"
    output o "out/long"
}
task list needs words { memory 10 MB; container box; run "cp {words.o:file} {o}"; output o "out/list" }
END
pad=$(head -c 120000 /dev/zero | tr '\0' x)
sed "s/{pad}/$pad/" c.wfl >c2 && mv c2 c.wfl
run 0 && [ -e out/words ] && [ "$(cat out/long)" = 3 ] && [ "$(cat out/list)" = out/words ]
result $? "argument lists, scripts that are too long for an argument, and files of paths"
[ -z "$(find build -name 'spool*')" ]
result $? "which leave nothing"

campaign <<'END'
}
memory m { task 10 MB }
task b for v in 1 .. 2, s in 1 .. 4 {
    memory m; container box; bundle by v, whole
    run "echo $$ {v} >> log; printf '%s\n' {bundle.join(o, "\n")} | while read -r f; do cat /etc/inside > $f; done"
    output o "out/{v}/{s}" check exists
}
END
run 0 --cores 4 && [ "$(find out -type f | wc -l)" = 8 ] && [ "$(wc -l <log)" = 2 ]
result $? "a bundle is one process in one container"

campaign <<'END'
}
task r {
    memory 10 MB; container box; retry 2
    run "echo $WFL_ATTEMPT >> log; [ $WFL_ATTEMPT = 3 ] && cat /etc/inside && echo > {o}"
    output o "out/r"
}
END
run 0 && [ "$(tr '\n' , <log)" = 1,2,3, ]
result $? "what fails is tried again"

campaign <<'END'
}
task l { memory 10 MB; container box; limit 1 s; run "trap '' TERM; cat /etc/inside; sleep 600 & echo $! > pid; wait" }
END
run 1 && said 'ran past its limit'
result $? "what takes too long is stopped"
! grep -qs . "/proc/$(cat pid)/cmdline"
result $? "with all that it started"

campaign <<'END'
}
task n { memory 10 MB; container box; run ["nonesuch"] }
END
run 1 && said 'ch-run did not start this command in the container' && said nonesuch
result $? "a program that is not in the image is told as that"
campaign <<'END'
}
task n { memory 10 MB; container box; run "nonesuch" }
END
run 1 && said 'the command, or a program that it names, is not in the image'
result $? "also by its shell"
campaign <<'END'
}
task n {
    memory 10 MB; container box
    run """
        nonesuch
        echo > {o}
    """
    output o "out/block"
}
task d { memory 10 MB; container box; run "cd /etc; cat inside > {o}"; output o "out/cd" check exists }
END
run 1 && [ ! -e out/block ] && [ -e out/cd ]
result $? "blocks end at the first command that fails, and cd leads to no other files, inside as outside"
campaign <<'END'
}
task n { memory 10 MB; container box; shell bash; run "true" }
END
run 1 && said "if the image has no /bin/bash, say 'shell sh'"
result $? "an image without bash is told as that"
campaign <<'END'
}
task n { memory 10 MB; container box; run "echo > /etc/mine" }
END
run 1 && said 'Read-only' && [ ! -e "$image/etc/mine" ]
result $? "images stay as they are"

campaign <<'END'
    bind "/var/tmp/wfl-nonesuch"
}
task n { memory 10 MB; container box; run "true" }
END
run 3 && said 'the folder /var/tmp/wfl-nonesuch, which is to be bound, cannot be found on this node'
result $? "a folder that is not there cannot be bound"
mkdir data && echo 42 >data/file
campaign <<END
    bind "$work/data:/data/in"
}
task n { memory 10 MB; container box; run "cp /data/in/file {o}"; output o "out/n" }
END
run 0 && [ "$(cat out/n)" = 42 ]
result $? "one that is there is seen where the campaign says"

cat >c.wfl <<'END'
campaign boxed
task n { memory 10 MB; image "./nonesuch"; run "true" }
END
run 1 && said "the image './nonesuch' cannot be read"
result $? "an image that is not there is told when the campaign is built"
mkdir empty && sed -i s/nonesuch/empty/ c.wfl && run 1 && rmdir empty/* empty/etc 2>/dev/null
rm -rf empty
build/boxed/local/job.sh >said 2>&1
[ $? -eq 3 ] && said "the image $work/./empty cannot be read"
result $? "and when it goes later"

campaign <<'END'
}
task n { memory 10 MB; container box; run "test -e /etc/inside"; retry 0 }
END
run 1 --no-containers && said 'n runs without its container box'
result $? "without containers if that is asked for"

campaign <<'END'
}
task k { memory 10 MB; container box; run "echo $$ > ready; sleep 602; test -e /etc/inside && echo > {o}"; output o "out/k" }
END
rm -rf build ready
"$wflc" run c.wfl >said 2>&1 &
wait_for test -s ready
left=$(cat ready)
shim=$(pgrep -o -f "$work/build/boxed/local/wfl-shim run")
kill -9 $! && kill -9 "$shim"
wait $! 2>/dev/null
sed -i 's/sleep 602/true/' c.wfl
again=1 run 0 && [ -e out/k ] && ! grep -qs . "/proc/$left/cmdline"
result $? "what a killed shim left running is ended by the next one"

# a file as an image: Debian's ch-run mounts none, so that only the copy can be looked at (see containers_files.sh)
cat >here.yaml <<END
schema: 1
name: here
inherits: workstation
nodes:
  local_storage: [{path: "$work/node", kind: ssd}]
containers: [{runtime: charliecloud, image_form: squashfs, local_copy: ssd}]
END
mkdir node && echo image >file.sqfs
cat >c.wfl <<'END'
campaign boxed
task n { memory 10 MB; image "file.sqfs"; run "true" }
site local profile "here" { }
END
run 3 && said "$(sha256sum <file.sqfs | cut -d ' ' -f 1).sqfs"
result $? "each node starts its own copy of an image file"
[ -z "$(find node -mindepth 1)" ]
result $? "which goes with the last shim"
echo other >file.sqfs
mkdir other
build/boxed/local/wfl-shim run build/boxed/local --local "$work/other" >said 2>&1
[ $? -eq 3 ] && said 'is not what the plan was made for' && [ "$(cat file.sqfs)" = other ]
result $? "and has to be what it was when the campaign was built"

# the other end of the first one's wait is the consumer of the first sensor: with two cores they are one process
campaign <<'END'
}
set v = 1 .. 1
set s = 1 .. 2
task draw for v in v, s in s {
    memory 10 MB; container box; bundle by v; limit 20 s
    run "printf '%s\\n' {bundle.join(o, "\n")} | (n=0; while read -r f; do n=$((n+1)); echo $n >$f;
         [ $n = {bundle.size} ] || until [ -e used/$n ]; do sleep 0.02; done; done)"
    output o "out/{s}"
}
task use for v in v, s in s needs draw { memory 10 MB; run "cat {draw.o} >{u}"; output u "used/{s}" }
END
rm -rf used
run 0 && [ "$(cat used/1)" = 1 ] && [ -e used/2 ]
result $? "sensors of a visit are done while their container works on others"

# What runs inside is measured like everything else: of what several processes share each has a part.
cp "$top_builddir/tests/shell/grow" grow
campaign <<'END'
}
task used { memory 40 MB; container box; run "./grow 120 0 3 2500 && echo >{o}"; output o "out/used" check exists }
END
run 0 && "$record" -p build/boxed/local | awk '$2 == "end" { exit !($NF > 120000 && $NF < 170000) }' &&
    "$wflc" status | grep -q '^1 task of used used more memory than is stated'
result $? "memory is measured inside"

# as another user, whose batch job has no USER
if [ "$(id -u)" = 0 ] && setpriv --reuid 65534 --regid 65534 --clear-groups env USER=nobody \
    ch-run "$image" -- true >said 2>&1; then
    mkdir user && chown 65534:65534 user && chmod 755 "$work" && cd user || exit 99
    campaign <<'END'
}
task u for i in 1 .. 3 { memory 10 MB; container box; run "cat /etc/inside && env > {o} && id -u >> {o}"; output o "out/{i}" }
END
    chmod 644 c.wfl
    mkdir -p "$image$work/user"
    setpriv --reuid 65534 --regid 65534 --clear-groups env -u USER -u LOGNAME HOME=/ \
        "$wflc" run c.wfl >said 2>&1 && [ "$(find out -type f -uid 65534 | wc -l)" = 3 ]
    result $? "an ordinary user may do so, too"
    grep -qx USER=nobody out/1 && tail -n 1 out/1 | grep -qx 65534
    result $? "and is known by name"
    rm -rf "$image$work"
else
    echo "ok 27 # SKIP there is no other user to be"
    echo "ok 28 # SKIP there is no other user to be"
fi
