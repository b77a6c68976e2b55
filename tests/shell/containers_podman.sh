#!/bin/sh
# Tasks in containers that live on without their client: Podman, for real, with a storage of its own.
. "${top_srcdir:?is set by make check}/tests/shell/container_lib.sh"

command -v podman >/dev/null || skip "podman is not installed"
need_image
printf '[storage]\ndriver = "overlay"\ngraphroot = "%s/store"\nrunroot = "%s/run"\n' "$work" "$work" >storage.conf
export CONTAINERS_STORAGE_CONF="$work/storage.conf"
podman info >said 2>&1 || sed -i s/overlay/vfs/ storage.conf
# an image whose entry point must not be run
tar -C "$image" -c . | podman import -q --change 'ENTRYPOINT ["/bin/false"]' \
    --change 'ENV MADE=image' --change 'ENV GREETING=image' - localhost/wfl-test:1 >said 2>&1 ||
    skip "podman imports no image: $(tail -n 1 said)"

# what a machine like this one may need to start a container at all
for extra in '' '"--ulimit=nofile=1024:1024", "--ulimit=nproc=1024:1024", "--runtime=/usr/sbin/runc"'; do
    # shellcheck disable=SC2046 # words
    podman run --rm --init --network=host --entrypoint= $(echo "$extra" | tr -d '",') \
        localhost/wfl-test:1 true >said 2>&1 && works=1 && break
done
[ -n "${works-}" ] || skip "podman starts no container: $(tail -n 1 said)"
echo 1..10

cat >here.yaml <<END
schema: 1
name: here
inherits: workstation
containers: [{runtime: podman, inherit_env: false, extra: [$extra]}]
END

campaign() {
    {
        cat
        echo 'site local profile "here" { }'
    } >c.wfl
}

# none: no container is left
none() {
    [ -z "$(podman ps -aq)" ]
}

campaign <<'END'
campaign boxed
container box { image "localhost/wfl-test:1"; env GREETING = "a,b c" }
memory m { task 10 MB }
task t for v in 1 .. 3 {
    memory m; container box
    run "cat /etc/inside >{o} && env >>{o} && pwd >>{o}"
    output o "out/{v}"  check command '[ ! -e /etc/inside ]'
}
task w needs t { memory 10 MB; container box; run ["cp", "/etc/inside", "{o}"]; output o "out/w" check exists }
END
OUTER=1 run 0 && [ -e out/w ]
result $? "shell commands and argument lists run inside, and not by the entry point"
grep -qx 'GREETING=a,b c' out/1 && grep -qx MADE=image out/1 && grep -qx WFL_FAMILY=t out/1 &&
    ! grep -q OUTER out/1 && grep -qx "$work" out/1
result $? "with the image's variables, and before them the task's, in the working folder"
none
result $? "nothing is left of the containers"

campaign <<'END'
campaign boxed
task l { memory 10 MB; image "localhost/wfl-test:1"; limit 5 s; run "trap '' TERM; echo > ready; while :; do sleep 1; done" }
END
run 1 && said 'ran past its limit' && [ -e ready ]
result $? "what takes too long is stopped, also if it takes no notice of TERM"
none
result $? "and its container with it"

campaign <<'END'
campaign boxed
task k { memory 10 MB; image "localhost/wfl-test:1"; retry 1; run "[ -e again ] && echo > {o} && exit; echo > again; sleep 600"; output o "out/k" }
END
rm -f again
rm -rf build out
"$wflc" run c.wfl >said 2>&1 &
wait_for test -e again
kill -9 "$(pgrep -f "podman run .*$work")"
wait $! && [ -e out/k ]
result $? "a client that is killed takes its container along"
none
result $? "before the task is tried again"

campaign <<'END'
campaign boxed
task k { memory 10 MB; image "localhost/wfl-test:1"; run "echo > ready; sleep 600; echo > {o}"; output o "out/k" }
END
rm -rf build out ready
"$wflc" run c.wfl >said 2>&1 &
wait_for test -e ready
shim=$(pgrep -o -f "$work/build/boxed/local/wfl-shim run")
kill -9 $! && kill -9 "$shim"
wait $! 2>/dev/null
sed -i 's/sleep 600/true/' c.wfl
again=1 run 0 && [ -e out/k ]
result $? "what a killed shim left running is ended by the next one"
wait_for none
result $? "as well"

campaign <<'END'
campaign boxed
task n { memory 10 MB; image "localhost/wfl-nonesuch:1"; run "true" }
END
run 3 && said 'podman does not start it on this node (exit 125)' && [ -z "$("$record" build/boxed/local)" ] &&
    said 'if the image localhost/wfl-nonesuch:1 is not on this node'
result $? "an image that is not there is told as that"
podman rmi -af >/dev/null 2>&1
