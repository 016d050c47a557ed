" Colours for neuro programs.
if exists("b:current_syntax")
  finish
endif

syntax keyword neuroItem node fn const use experiment test train search quantize
syntax keyword neuroDeclaration in out state let
syntax keyword neuroControl on for if then else emit refractory run record assert
syntax keyword neuroWire by via weight delay as
syntax keyword neuroTime spike event clock flow
syntax keyword neuroType real int bool
syntax keyword neuroOperator and or not
syntax keyword neuroTruth true false
syntax match neuroDerivative "\<\h\w*'"
syntax match neuroOperator "->\|:=\|+=\|\~=\|+-\|[-+*/@^=<>!]=\?"
" A number with the unit behind it: 0.32 mV^-1/ms
syntax match neuroNumber "\<\d\+\(\.\d\+\)\?\([eE][-+]\?\d\+\)\?\( \?[a-zA-ZµμΩΩ][a-zA-Z0-9µμΩΩ]*\(\^-\?[0-9.]\+\)\?\([*/][a-zA-ZµμΩΩ][a-zA-Z0-9µμΩΩ]*\(\^-\?[0-9.]\+\)\?\)*\)\?" contains=neuroUnit,neuroNotAUnit
syntax match neuroUnit "[a-zA-ZµμΩΩ][a-zA-Z0-9µμΩΩ]*\(\^-\?[0-9.]\+\)\?\([*/][a-zA-ZµμΩΩ][a-zA-Z0-9µμΩΩ]*\(\^-\?[0-9.]\+\)\?\)*" contained
syntax keyword neuroNotAUnit contained in as by via weight delay then else and or for
syntax region neuroText start=+"+ end=+"+ oneline
syntax match neuroComment "//.*$" contains=neuroTodo
syntax match neuroDocumentation "///.*$" contains=neuroTodo
syntax keyword neuroTodo contained TODO FIXME
syntax region neuroAttribute start="#\[" end="\]" oneline

highlight default link neuroItem Structure
highlight default link neuroDeclaration StorageClass
highlight default link neuroControl Statement
highlight default link neuroWire Keyword
highlight default link neuroTime Type
highlight default link neuroType Type
highlight default link neuroOperator Operator
highlight default link neuroTruth Boolean
highlight default link neuroDerivative Identifier
highlight default link neuroNumber Number
highlight default link neuroUnit Type
highlight default link neuroNotAUnit Keyword
highlight default link neuroText String
highlight default link neuroComment Comment
highlight default link neuroDocumentation SpecialComment
highlight default link neuroTodo Todo
highlight default link neuroAttribute PreProc

let b:current_syntax = "neuro"
