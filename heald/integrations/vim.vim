" Vim: heald integration vim > ~/.vim/compiler/heald.vim, then :compiler heald and :make
" The quickfix list has the places of each failure, the bug's name above them.
if exists("current_compiler") | finish | endif
let current_compiler = "heald"
setlocal makeprg=heald\ check\ %
setlocal errorformat=%-G%f:\ %s\ executions%.%#
setlocal errorformat+=%\\s%\\+%\\w%\\+%\\s%\\+main%\\s%\\+%f:%l%\\s%#%m
setlocal errorformat+=%\\s%\\+%\\w%\\+%\\s%\\+thread\ %\\d%\\+%\\s%\\+%f:%l%\\s%#%m
setlocal errorformat+=%-G%.%#
