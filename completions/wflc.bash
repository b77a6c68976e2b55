# Completion of wflc(1) for bash. What may follow is known by wflc itself: `wflc complete`.
# shellcheck shell=bash

_wflc()
{
    local cur='' glued='' line words=() i
    # bash takes "--color=never" and "-D x=y" apart at the "="
    for ((i = 1; i <= COMP_CWORD; i++)); do
        if [[ ${#words[@]} -gt 0 && (${COMP_WORDS[i]} == '=' || $glued) ]]; then
            words[${#words[@]} - 1]+=${COMP_WORDS[i]}
            [[ $glued ]] && glued='' || glued=1
        else
            words+=("${COMP_WORDS[i]}")
        fi
    done
    cur=${COMP_WORDS[COMP_CWORD]}
    [[ $cur == '=' ]] && cur=''
    COMPREPLY=()
    while IFS= read -r line; do
        case $line in
        :wfl)
            compopt -o filenames 2>/dev/null
            while IFS= read -r line; do
                [[ $line == *.wfl || -d $line ]] && COMPREPLY+=("$line")
            done < <(compgen -f -- "$cur")
            ;;
        :files)
            compopt -o filenames 2>/dev/null
            while IFS= read -r line; do
                COMPREPLY+=("$line")
            done < <(compgen -f -- "$cur")
            ;;
        :dirs)
            compopt -o filenames 2>/dev/null
            while IFS= read -r line; do
                COMPREPLY+=("$line")
            done < <(compgen -d -- "$cur")
            ;;
        *)
            line=${line%%$'\t'*}
            # what stands before the "=" is not replaced
            [[ $line == --*=* ]] && line=${line#*=}
            COMPREPLY+=("$line")
            ;;
        esac
    done < <("$1" complete -- "${words[@]}" 2>/dev/null)
}

complete -F _wflc wflc
