# Where the shells look for them.
bashcompletiondir = $(datadir)/bash-completion/completions
zshcompletiondir = $(datadir)/zsh/site-functions
fishcompletiondir = $(datadir)/fish/vendor_completions.d
dist_zshcompletion_DATA = completions/_wflc
dist_fishcompletion_DATA = completions/wflc.fish
EXTRA_DIST += completions/wflc.bash

# bash-completion looks for a file of the program's name.
install-data-local:
	$(MKDIR_P) '$(DESTDIR)$(bashcompletiondir)'
	$(INSTALL_DATA) '$(srcdir)/completions/wflc.bash' '$(DESTDIR)$(bashcompletiondir)/wflc'
uninstall-local:
	rm -f '$(DESTDIR)$(bashcompletiondir)/wflc'
