#!/bin/sh
# Images that are files: folders that are mounted on in them, copies on nodes that several shims share,
# and runtimes that start nothing. Debian's ch-run mounts no files; a small program plays one that does.
. "${top_srcdir:?is set by make check}/tests/shell/container_lib.sh"

for program in ch-run ch-convert mksquashfs unsquashfs; do
    command -v $program >/dev/null || skip "$program is not installed"
done
need_image
ch_run=$(command -v ch-run)
ch_convert=$(command -v ch-convert)
"$ch_run" "$image" -- true >said 2>&1 || skip "ch-run does not start here: $(tail -n 1 said)"
mkdir bin node
PATH=$work/bin:$PATH
export PATH work image ch_run ch_convert
cat >bin/ch-run <<'END2'
#!/bin/sh
echo "$*" >>"$work/calls"
if [ -e "$work/broken" ]; then
    echo "ch-run[$$]: error: can't initialize user namespaces: No space left on device (ch_core.c:1 28)" >&2
    exit 1
fi
for word; do
    case $word in *.sqfs) file=$word && break ;; esac
done
list=$(mktemp) && unsquashfs -l -d '' "$file" >"$list" 2>/dev/null || { echo "ch-run[$$]: error: no squashfs: $file" >&2 && exit 1; }
n=$#
while [ "$n" -gt 0 ]; do
    word=$1
    shift
    n=$((n - 1))
    case $word in
    --bind=*)
        if ! grep -qx -e "${word##*:}" "$list"; then
            echo "ch-run[$$]: error: can't mkdir: /var/tmp/newroot${word##*:}: Read-only file system (ch_misc.c:409 30)" >&2
            rm "$list"
            exit 1
        fi
        mkdir -p "$work/root${word##*:}" # ch-run makes none in a folder, either
        ;;
    "$file") word=$work/root ;;
    esac
    set -- "$@" "$word"
done
rm "$list"
exec "$ch_run" "$@"
END2
# the registry's images
cat >bin/ch-image <<'END2'
#!/bin/sh
[ "$1" = list ] && echo box:1
END2
cat >bin/ch-convert <<'END2'
#!/bin/sh
[ "$2" = ch-image ] || exec "$ch_convert" "$@"
cp -R "$work/root" "$6"
END2
chmod +x bin/*
cp -R "$image" root && rm -rf root/usr/share/doc root/usr/share/man root/usr/share/locale
mkdir root/ch && : >root/ch/environment # as ch-image makes it
cp -R root pristine

cat >here.yaml <<END2
schema: 1
name: here
inherits: workstation
nodes:
  local_storage: [{path: "$work/node", kind: ssd}]
containers: [{runtime: charliecloud, image_form: squashfs, local_copy: ssd}]
END2
# campaign NAME IMAGE (its tasks on stdin): in NAME.wfl, built
campaign() {
    {
        printf 'campaign %s\ncontainer box { image "%s" }\n' "$1" "$2"
        cat
        echo 'site local profile "here" { }'
    } >"$1.wfl"
    rm -rf "build/$1" out
    "$wflc" build "$1.wfl" >said 2>&1
}
# job NAME WANT [OPTION...]: runs what was built
job() {
    name=$1 want=$2
    shift 2
    "build/$name/local/job.sh" "$@" >said 2>&1
    got=$?
    [ $got -eq "$want" ] || echo "# exit $got, wanted $want"
    [ $got -eq "$want" ]
}
# ends NAME: how attempts ended
ends() {
    "$record" "build/$1/local" | sed -n 's/^[0-9]* end //p'
}
nothing_left() {
    [ -z "$(find node -mindepth 1)" ]
}
wait_said() {
    grep -qF -e "$1" said
}

echo 1..26

# folders that are mounted on
mksquashfs pristine bare.sqfs -quiet -noI -noD -noF -noX >said 2>&1
campaign bare ./bare.sqfs <<'END2'
task t for i in 1 .. 3 { memory 10 MB; container box; retry 0; run "ls /etc/inside >{o}"; output o "out/{i}" }
END2
job bare 3 && said "container box: ch-run does not start it on this node (exit 1)" && said "Read-only file system"
result $? "a file without the working folder is told before the first task"
said "an image that is a file has to have the folders that are mounted: $work"
result $? "with what it has to have"
[ -z "$(ends bare)" ] && "$wflc" status build/bare/local >said 2>&1 && grep -q '^TOTAL  *3  *\.  *\.  *3 ' said
result $? "and no task is charged"
campaign named box:1 <<'END2'
task t for i in 1 .. 3 { memory 10 MB; container box; run "ls /etc/inside >{o}"; output o "out/{i}" }
END2
build/named/local/prepare.sh >said 2>&1
result $? "prepare.sh makes a file of an image that has not got it either"
job named 0 && [ "$(find out -type f | wc -l)" = 3 ]
result $? "which works, as the folders to mount on are made before"
nothing_left
result $? "nothing is left on the node"

# copies
cp build/named/local/images/*.sqfs good.sqfs
key=$(sha256sum <good.sqfs | cut -d ' ' -f 1)
copy=$work/node/wfl-$(id -u)/$key.sqfs
for name in one two; do
    campaign $name ./good.sqfs <<END2
task t { memory 10 MB; container box; run "[ $name = two ] || : >began; until [ $name = two ] || [ -e go ]; do sleep 0.05; done; ls /etc/inside >{o}"; output o "out-$name" }
END2
done
build/one/local/job.sh >said-one 2>&1 &
one=$!
wait_for test -e began
job two 0 && [ -e out-two ] && [ ! -e out-one ]
result $? "a second shim uses the copy that the first one has"
[ -e "$copy" ]
result $? "which stays for that one"
: >go
wait $one && [ -e out-one ]
result $? "until it has ended, too"
nothing_left
result $? "then nothing is left of it"
rm -rf go began out-*

mkdir -p "${copy%/*}" && chmod 700 "${copy%/*}"
again() { campaign two ./good.sqfs <<'END2'
task t { memory 10 MB; container box; run "ls /etc/inside >{o}"; output o "out-two" }
END2
}
again && head -c 5000 good.sqfs >"$copy" && head -c 9000 good.sqfs >"$copy.part"
job two 0 && [ -e out-two ] && nothing_left
result $? "a copy that was cut off is made again"
mkdir -p "${copy%/*}" && chmod 700 "${copy%/*}" && echo old >"${copy%/*}/0ld.sqfs" && : >"${copy%/*}/0ld.sqfs.lock"
rm -f out-two && again && job two 0 && nothing_left
result $? "what a killed shim left of another image goes"

# another one copies, for ever
mkdir -p "${copy%/*}" && chmod 700 "${copy%/*}"
exec 9>"$copy.lock" && flock 9
rm -f out-two && again
: >said
build/two/local/wfl-shim run build/two/local >said 2>&1 9>&- &
pid=$!
wait_for wait_said 'waiting for another shim to copy'
kill -TERM $pid
wait $pid
[ $? -eq 4 ] && [ ! -e out-two ] && [ -z "$(ends two)" ]
result $? "who waits for another one's copy heeds TERM"
build/two/local/wfl-shim run build/two/local --time 3 >said 2>&1 9>&-
[ $? -eq 4 ] && [ -z "$(ends two)" ]
result $? "and the time of the job"
exec 9>&-
mv good.sqfs kept.sqfs && mkfifo good.sqfs
: >said
build/two/local/wfl-shim run build/two/local >said 2>&1 &
pid=$!
copies() { [ -e "$copy.part" ]; }
wait_for copies
kill -TERM $pid
wait $pid
[ $? -eq 4 ] && [ ! -e "$copy.part" ]
result $? "so does who copies itself"
rm good.sqfs && mv kept.sqfs good.sqfs
nothing_left || rm -r node/*

# no room, no folder
echo file >no-folder
build/two/local/wfl-shim run build/two/local --local "$work/no-folder" >said 2>&1 && [ -e out-two ] &&
    said "cannot be copied to $work/no-folder/wfl-$(id -u): Not a directory; it is used where it is"
result $? "where no copy can be made, the image is used where it is"
rm -f out-two && again &&
    build/two/local/wfl-shim run build/two/local --local "$work/new/and/deeper" >said 2>&1 && [ -e out-two ] &&
    ! said 'used where it is' && [ ! -e new ]
result $? "folders that the copy needs are made, and go with it"
rm -f out-two && again && cp good.sqfs kept.sqfs && echo more >>good.sqfs
build/two/local/wfl-shim run build/two/local >said 2>&1
[ $? -eq 3 ] && said '; bring that file back, or build the campaign again' && nothing_left
result $? "a given image that changed is told without a prepare.sh that is not there, and leaves nothing"
mv kept.sqfs good.sqfs
mkdir full && if mount -t tmpfs -o size=64k tmpfs full 2>/dev/null; then
    rm -f out-two
    again && build/two/local/wfl-shim run build/two/local --local "$work/full" >said 2>&1 && [ -e out-two ] &&
        said 'No space left on device; it is used where it is'
    result $? "also where the disk is full"
    [ -z "$(find full -mindepth 1)" ]
    result $? "and nothing is left there"
    umount full
else
    count=$((count + 2))
    echo "ok $((count - 1)) # SKIP no file system can be mounted"
    echo "ok $count # SKIP no file system can be mounted"
fi

# a runtime that breaks while tasks run
rm -f out-two calls
campaign two ./good.sqfs <<'END2'
task t for i in 1 .. 4 { memory 10 MB; container box; retry 0; run "[ {i} != 2 ] || : >broken; echo {i} >{o}"; output o "out/{i}" }
END2
job two 4 --cores 1 && said "container box: ch-run does not start it on this node (exit 1): ch-run[" &&
    said 'user namespaces'
result $? "a runtime that breaks while tasks run is told"
[ "$(ends two | grep -c ' node ')" = 1 ] && [ "$(ends two | grep -c F)" = 2 ]
result $? "the task that it did not start is not charged"
rm broken
job two 0 && [ "$(find out -type f | wc -l)" = 4 ]
result $? "and all goes on when it works"
rm -rf out && campaign two ./good.sqfs <<'END2'
task t for i in 1 .. 2 { memory 10 MB; container box; retry 1; run "echo 'ch-run[1]: error: no' >&2; exit 1"; output o "out/{i}" }
END2
job two 1 && [ "$(ends two | grep -c ' exit 1 ')" = 4 ] &&
    "$record" -l build/two/local | grep -q 'but starts others'
result $? "a task that only says so is charged"
: >broken
job two 3 && [ "$(ends two | grep -c ' exit 1 ')" = 4 ]
result $? "and with a runtime that starts nothing no task begins"
nothing_left
result $? "nothing is left on the node"
