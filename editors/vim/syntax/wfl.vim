" Campaigns of wflc, see wfl(5). The words are those of src/lexer/words.h; a test compares them.
if exists("b:current_syntax")
    finish
endif
syntax case match
syntax sync fromstart

" words
syntax keyword wflReserved and or not in if then else div mod for where needs via
syntax keyword wflBoolean true false
syntax keyword wflSmall from distinct profile check by before when minus step stop unless wait of

" statements: words that are names anywhere else
syntax match wflDeclaration "\%(^\|[;{]\)\s*\zs\%(campaign\|use\|uses\|param\|let\|set\|table\|visits\|region\|sensors\|camera\|memory\|container\|task\|site\|shell\|sync\|umask\|error\|warning\|when\|gate\)\>"
syntax match wflProperty "\%(^\|[;{]\)\s*\zs\%(cores\|gpus\|nodes\|time\|limit\|run\|input\|output\|checkpoint\|remaining\|retry\|env\|bundle\|feed\|place\|affinity\|priority\|order\|learn\|signal\|after\|bind\|image\)\>"

" values
syntax match wflNumber "\<\d\+\%(\.\d\+\)\?\%([eE][-+]\?\d\+\)\?" nextgroup=wflUnit skipwhite
syntax match wflUnit "\%(\%(and\|or\|not\|in\|if\|then\|else\|div\|mod\|for\|where\|needs\|via\|true\|false\|from\|distinct\|profile\|check\|by\|before\|when\|minus\|step\|stop\|unless\|wait\|of\|run\)\>\)\@!\h\w*" contained
syntax match wflField "\.\@1<!\.\h\w*"

" strings, and the code inserted into them
syntax cluster wflExpression contains=wflReserved,wflBoolean,wflSmall,wflNumber,wflField,wflString,wflBlock,wflRaw,wflComment,wflGroup
syntax region wflGroup start="[([]" end="[])]" contained transparent contains=@wflExpression
syntax region wflInsertion matchgroup=wflBrace start="{" end="}" contained contains=@wflExpression,wflFormat
syntax match wflFormat ":[^}"]\+" contained
syntax match wflEscape "{{\|}}" contained
syntax match wflEscape '\\[\\"nt]' contained
syntax match wflBlockEscape "{{\|}}" contained
syntax region wflString start=+"+ skip=+\\[\\"]+ end=+"+ contains=wflEscape,wflInsertion
syntax region wflBlock start=+"""+ end=+"""+ contains=wflBlockEscape,wflInsertion
syntax match wflRaw "'[^']*'"
syntax match wflComment "#.*" contains=wflTodo,@Spell
syntax keyword wflTodo TODO FIXME XXX contained

highlight default link wflReserved Keyword
highlight default link wflSmall Keyword
highlight default link wflDeclaration Statement
highlight default link wflProperty Identifier
highlight default link wflBoolean Boolean
highlight default link wflNumber Number
highlight default link wflUnit Type
highlight default link wflString String
highlight default link wflBlock String
highlight default link wflRaw String
highlight default link wflEscape SpecialChar
highlight default link wflBlockEscape SpecialChar
highlight default link wflBrace Delimiter
highlight default link wflFormat Special
highlight default link wflComment Comment
highlight default link wflTodo Todo

let b:current_syntax = "wfl"
