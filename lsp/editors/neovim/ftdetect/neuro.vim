autocmd BufRead,BufNewFile *.neuro setfiletype neuro
