" Prints what vim's syntax file makes of the files in $WFL_FILES, as token_classes does, to the
" files $WFL_OUT.1, $WFL_OUT.2, ...
let s:class = {
    \ "": ".", "wflGroup": ".", "wflField": ".", "wflInsertion": ".",
    \ "wflComment": "#", "wflTodo": "#",
    \ "wflString": '"', "wflBlock": '"', "wflRaw": '"', "wflEscape": '"', "wflBlockEscape": '"',
    \ "wflNumber": "0", "wflUnit": "u", "wflFormat": "f", "wflBrace": "i",
    \ "wflReserved": "k", "wflBoolean": "k", "wflSmall": "k", "wflDeclaration": "k",
    \ "wflProperty": "k"}
filetype plugin indent on
syntax on
let s:n = 0
for s:file in split($WFL_FILES, "\n")
    execute "edit" fnameescape(s:file)
    let s:n += 1
    let s:out = []
    for s:line in range(1, line("$"))
        let s:text = ""
        for s:col in range(1, len(getline(s:line)))
            let s:text .= get(s:class, synIDattr(synID(s:line, s:col, 1), "name"), "?")
        endfor
        call add(s:out, s:text)
    endfor
    call writefile(s:out, $WFL_OUT . "." . s:n)
endfor
call writefile([&filetype, &commentstring, &shiftwidth, &formatprg, &indentexpr], $WFL_OUT . ".set")
quitall!
