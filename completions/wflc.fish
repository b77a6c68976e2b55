# Completion of wflc(1) for fish. What may follow is known by wflc itself: `wflc complete`.

function __wflc_complete
    set -l words (commandline -opc)
    set -l cur (commandline -ct)
    # a name behind "--depfile=" is offered with what stands before it
    set -l before (string match -r -- '^--[^=]*=' "$cur"; or echo '')
    set -l name (string replace -- "$before" '' "$cur")
    for line in ($words[1] complete -- $words[2..-1] "$cur" 2>/dev/null)
        switch $line
            case ':wfl'
                printf '%s\n' $before(__fish_complete_path "$name" | string match -r '.*(?:\.wfl|/)(?:\t.*)?$')
            case ':files'
                printf '%s\n' $before(__fish_complete_path "$name")
            case ':dirs'
                printf '%s\n' $before(__fish_complete_directories "$name")
            case '*'
                printf '%s\n' $line
        end
    end
end

complete -c wflc -f -a '(__wflc_complete)'
