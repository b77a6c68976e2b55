autocmd BufNewFile,BufRead *.wfl setfiletype wfl
