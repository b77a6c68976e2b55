" How campaigns of wflc are edited; `gq` lays out with wflc(1).
if exists("b:did_ftplugin")
    finish
endif
let b:did_ftplugin = 1

setlocal comments=:# commentstring=#\ %s
setlocal formatoptions-=t formatoptions+=croql
setlocal expandtab shiftwidth=4 softtabstop=4
setlocal suffixesadd=.wfl
setlocal formatprg=wflc\ fmt\ -
setlocal makeprg=wflc\ check\ --color=never\ %:S
setlocal errorformat=%f:%l:%c:\ %trror:\ %m,%f:%l:%c:\ %tarning:\ %m,%f:%l:%c:\ %tote:\ %m,%-G%.%#

let b:undo_ftplugin = "setlocal comments< commentstring< formatoptions< expandtab< shiftwidth<"
    \ . " softtabstop< suffixesadd< formatprg< makeprg< errorformat<"
