# What the tests of plans that change while jobs work share: to be sourced after shim_lib.sh and node_lib.sh.
# shellcheck shell=sh disable=SC2154,SC2034 # $work, $pids and others are of these
wflc=$top_builddir/wflc
export WFL_STDLIB="$work/none"
unset WFL_PATH XDG_CONFIG_HOME
mkdir sites
cat >sites/small.yaml <<'END_SITE'
schema: 1
name: small
scheduler: {kind: slurm, poll_s: 1}
nodes: {count: 100, cores: 4, memory_gib: 8}
launch: {start_seconds: 60}
time: {finish_by_s: 60}
queues:
  - {name: main, max_nodes: 100, max_walltime: "24:00:00"}
END_SITE

# campaign: its text on stdin; the first plan is built, for nodes in c
campaign() {
    cd "$work" || exit 99
    rm -rf build out c ./go* ./began* ./*.txt
    mkdir out
    cat >camp.wfl
    : >err
    pids=
    "$wflc" build -q --site s "$@" camp.wfl || exit 99
    ln -s build/camp/s c
}

# build WANT [OPTION...]: once more; what it says is in built
build() {
    want=$1
    shift
    "$wflc" build --site s "$@" camp.wfl >built 2>&1
    got=$?
    [ $got -eq "$want" ] || { sed 's/^/# /' built && echo "# build: exit $got, wanted $want" && return 1; }
}

# lines N FILE: it has so many
lines() {
    [ -e "$2" ] && [ "$(wc -l <"$2")" -eq "$1" ]
}

# tells TEXT: the last build said it
tells() {
    grep -qE -e "$1" built || { sed 's/^/# /' built && return 1; }
}

# once N: tasks 1 .. N have run, each once
once() {
    sort -n ran.txt >sorted
    seq "$1" | cmp -s - sorted || { sort -n ran.txt | uniq -c | tr -s ' \n' ' ' | sed 's/^/# /' && echo && return 1; }
}

# all_done: as status tells
all_done() {
    "$wflc" status --exit-code c >status.txt 2>&1 || { sed 's/^/# /' status.txt && return 1; }
}

# kill_node PID: the keeper of a node, and its shims
kill_node() {
    # shellcheck disable=SC2046 # a list
    kill -9 "$1" $(pgrep -P "$1")
}
