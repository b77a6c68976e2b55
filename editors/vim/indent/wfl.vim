" Four blanks for each open block; the rest is for `wflc fmt`.
if exists("b:did_indent")
    finish
endif
let b:did_indent = 1

setlocal indentexpr=WflIndent(v:lnum) indentkeys=0},!^F,o,O
let b:undo_indent = "setlocal indentexpr< indentkeys<"

if exists("*WflIndent")
    finish
endif

function WflIndent(lnum)
    if synIDattr(synID(a:lnum, 1, 1), "name") =~# '^wfl\%(String\|Block\|Escape\)'
        return -1
    endif
    let above = prevnonblank(a:lnum - 1)
    if above == 0
        return 0
    endif
    let text = substitute(getline(above), '\s*#[^"'']*$', '', '')
    let deeper = text =~# '{\s*$'
    let closes = getline(a:lnum) =~# '^\s*}'
    return max([0, indent(above) + (deeper - closes) * shiftwidth()])
endfunction
