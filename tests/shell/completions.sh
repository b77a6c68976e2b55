#!/bin/sh
# Completion in each shell that is here: all of them offer the same, as `wflc complete` says it.
set -u

. "${top_srcdir:?is set by make check}/tests/shell/verdict_lib.sh"
PATH=${top_builddir:?}:$PATH
completions=$top_srcdir/completions
HOME=$(pwd -P)
XDG_CONFIG_HOME=$HOME/config XDG_DATA_HOME=$HOME/data XDG_CACHE_HOME=$HOME/cache
export PATH HOME XDG_CONFIG_HOME XDG_DATA_HOME XDG_CACHE_HOME completions

mkdir sub
cat >demo.wfl <<'END'
campaign demo
param scratch = "/x"
site cori profile "cori-knl" { account "m" }
task draw { run "draw" }
END
: >sub/x.wfl
: >other.txt
: >demo.txt
: >output

# What is typed (the cursor is at its end), and what is offered, one of many after "+".
cat >cases <<'EOF'
wflc che|check
wflc |+graph
wflc check --dump-m|--dump-model
wflc check --outp|
wflc list --outp|--outputs
wflc build --outp|--output
wflc check -W unus|unused
wflc check -W no-ra|no-raw
wflc check -E no-r|
wflc check -Wno-ra|-Wno-raw
wflc build --color alw|always
wflc control exc|exclude
wflc to|top
wflc top dem|demo.wfl
wflc control |+pause
wflc control dem|demo.wfl
wflc control pause dem|demo.wfl
wflc build --color=nev|never
wflc help gra|graph
wflc explain unused|unused
wflc explain checkp|checkpoint
wflc check dem|demo.wfl
wflc check de|demo.wfl
wflc check -q --max-errors 3 dem|demo.wfl
wflc check demo.wfl dem|
wflc build -o su|sub
wflc check --depfile oth|other.txt
wflc check --depfile=oth|other.txt
wflc sk|sky
wflc sky --vis|--visit
wflc sky -o oth|other.txt
wflc sites sh|show
wflc sites show polar|polaris
wflc plan demo.wfl --site co|cori
wflc plan demo.wfl --site=loc|local
wflc sky demo.wfl --family dr|draw
wflc build demo.wfl -D scr|scratch=
wflc complet|
EOF

in_bash()
{
    bash --norc --noprofile -c '
        source "$completions/wflc.bash" || exit
        line=$1
        read -ra COMP_WORDS <<<"${line//=/ = }"
        [[ $line == *" " ]] && COMP_WORDS+=("")
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        _wflc wflc
        for word in "${COMPREPLY[@]}"; do
            printf "%s\n" "$word"
        done' bash "$1"
}

in_fish()
{
    # shellcheck disable=SC2016 # fish expands it
    fish --no-config -c '
        source "$completions/wflc.fish"; or exit
        complete -C "$argv[1]"' -- "$1" | sed 's/	.*//'
}

# A terminal of its own, in which zsh is used as people do; what it would offer goes into a file.
in_zsh()
{
    rm -f offered finished
    cat >keys.zsh <<'EOF'
zmodload zsh/zpty zsh/zselect || exit 77
zpty inner zsh -f -i || exit 77
zpty -w inner 'source setup.zsh'
for ((i = 0; i < 1000; i++)); do
    [[ -e ready ]] && break
    zselect -t 1
done
zpty -w -n inner "$1"$'\t'
for ((i = 0; i < 1000; i++)); do
    [[ -e finished ]] && break
    zselect -t 1
done
zpty -d inner
EOF
    cat >setup.zsh <<'EOF'
fpath=($completions $fpath)
autoload -U compinit
compinit -u -D
zstyle ':completion:*' file-sort name
compadd() {
    local -a hits
    if [[ ${@[1,(i)(-|--)]} != *-(O|A|D)\ * ]]; then
        builtin compadd -A hits "$@"
        print -rl -- $hits >>offered
    fi
    builtin compadd "$@"
}
complete-and-tell() { zle complete-word; : >finished }
zle -N complete-and-tell
bindkey '^I' complete-and-tell
: >ready
EOF
    rm -f ready
    zsh -f keys.zsh "$1" >/dev/null 2>&1 </dev/null || return
    [ -e finished ] || return
    [ ! -e offered ] || grep . offered | sort -u
}

ncases=$(wc -l <cases)
echo "1..$((3 * ncases))"
for shell in bash zsh fish; do
    if ! command -v "$shell" >/dev/null; then
        i=0
        while [ $((i += 1)) -le "$ncases" ]; do
            n=$((n + 1))
            echo "ok $n # SKIP no $shell here"
        done
        continue
    fi
    while IFS='|' read -r typed wanted; do
        # with or without what stands before the "=", and the slash of a folder
        in_$shell "$typed" 2>output | sed 's/^--[a-z]*=//; s|/$||' >offers
        case $wanted in
        +*) grep -qxF -e "${wanted#+}" offers ;;
        '') [ ! -s offers ] ;;
        *) [ "$(cat offers)" = "$wanted" ] ;;
        esac
        status=$?
        sed 's/^/offered: /' offers >>output
        verdict $status "$shell: '$typed' gives '$wanted'"
    done <cases
done
