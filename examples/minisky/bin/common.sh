# What all scripts here share: a directory for temporary files, which goes when the script ends, and
# a way to run chatty programs. Sourced, not run.
# shellcheck shell=sh

export LC_ALL=C
tmp=$(mktemp -d "${TMPDIR:-/tmp}/minisky.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# quietly COMMAND...: what it says is kept in $tmp/said and shown when it fails.
quietly() {
    "$@" </dev/null >"$tmp/said" 2>&1 && return
    cat "$tmp/said" >&2
    echo "${0##*/}: $1 failed" >&2
    return 1
}
