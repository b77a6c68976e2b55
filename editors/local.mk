# Support for editors; HACKING.md says how a keyword gets here.
wfldatadir = $(pkgdatadir)
nobase_dist_wfldata_DATA = \
	editors/README.md \
	editors/vim/ftdetect/wfl.vim \
	editors/vim/ftplugin/wfl.vim \
	editors/vim/indent/wfl.vim \
	editors/vim/syntax/wfl.vim \
	editors/vscode/language-configuration.json \
	editors/vscode/package.json \
	editors/vscode/syntaxes/wfl.tmLanguage.json
