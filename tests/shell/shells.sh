#!/bin/sh
# Which shell runs a command, when it ends, and that no value becomes code: with the real compiler and shim.
. "${top_srcdir:?is set by make check}/tests/shell/verdict_lib.sh"
wflc=$(cd "${top_builddir:?is set by make check}" && pwd)/wflc
shim=${wflc%wflc}wfl-shim
echo 1..23

# campaign (text on stdin): a fresh c.wfl
campaign()
{
    rm -rf build out c.wfl
    { echo "campaign c"; cat; } >c.wfl
}

# run CODE: runs it, checks the exit code
run()
{
    "$wflc" run --cores 4 c.wfl >output 2>&1
    got=$?
    [ $got -eq "$1" ]
}

said()
{
    grep -qF -e "$1" output
}

campaign <<'END'
table v from csv "v.csv"
task a for r in v { run "echo {r.id}>{o}"; output o "out/a{r.id}" }
task b for r in v { run "echo {r.id} {r.name} \"{r.name}\" '{r.name}'>{o}"; output o "out/b{r.id}" }
task c needs b { run "cat {b.o:list}>{o}"; output o "out/c" }
END
cat >v.csv <<'END'
id,name
1,$(touch PWN)
2,"; touch PWN; echo '"
3,"""; touch PWN; #"
4,`touch PWN`
END
run 0 && [ "$(cat out/a1)" = 1 ] && [ "$(cat out/a2)" = 2 ]
verdict $? "a number before > is no file descriptor"
# shellcheck disable=SC2016 # as it stands
[ "$(cat out/b1)" = '1 $(touch PWN) $(touch PWN) $(touch PWN)' ] &&
    [ "$(cat out/b3)" = '3 "; touch PWN; # "; touch PWN; # "; touch PWN; #' ] && [ ! -e PWN ]
verdict $? "values are words, whatever they hold"
[ "$(wc -l <out/c)" = 4 ]
verdict $? "and so is a list of paths before >"

campaign <<'END'
task a { run "(echo half; exit 3) | gzip > {o}"; output o "out/a" check gzip }
END
run 0 && said '[pipe]' && [ -e out/a ]
verdict $? "sh: a pipe has the status of its last command, and there is a warning"
for where in file task; do
    campaign <<END
$([ $where = task ] || echo shell bash)
task a { run "(echo half; exit 3) | gzip > {o}"; output o "out/a" check gzip; $([ $where = file ] || echo shell bash) }
END
    run 1 && said 'exit 3' && ! said '[pipe]' && [ ! -e out/a ]
    verdict $? "bash, said in the $where: a pipe fails if any of its commands does"
done
campaign <<'END'
shell bash
task a { run "set +o pipefail; (echo half; exit 3) | gzip > {o}"; output o "out/a" check gzip }
END
run 0
verdict $? "and there is a way out"
campaign <<'END'
shell bash
task a { shell sh; run "echo ${{BASH_VERSION:-none}} > {o}; (exit 3) | cat"; output o "out/a" }
task b { run "echo ${{BASH_VERSION:-none}} > {o}"; output o "out/b" }
END
run 0 && ! grep -q none out/b
verdict $? "a task may say otherwise than its file"

for shell in sh bash; do
    campaign <<END
shell $shell
task a {
    run """
        ./does-not-exist
        date > {o}
    """
    output o "out/a"
}
END
    run 1 && said 'exit 127' && [ ! -e out/a ]
    verdict $? "$shell: a block ends at the first command that fails"
    campaign <<END
shell $shell
task a {
    run """
        ./does-not-exist || true
        if ./does-not-exist; then exit 9; fi
        date > {o}
    """
    output o "out/a"
}
task b {
    run """
        set +e
        ./does-not-exist
        date > {o}
    """
    output o "out/b"
}
task c { run "./does-not-exist\ndate > {o}"; output o "out/c" }
END
    run 0 && [ -s out/a ] && [ -s out/b ] && [ -s out/c ]
    verdict $? "$shell: unless it is told not to, or is no block"
    campaign <<END
shell $shell
task a {
    run "echo good > {o}"
    output o "out/a"  check command """
        grep -q bad "\$1"
        grep -q good "\$1"
    """
}
END
    run 1 && said 'failed its check command'
    verdict $? "$shell: the block of a check, too"
    campaign <<END
shell $shell
task a {
    run """
        : $(head -c 120000 /dev/zero | tr '\0' x)
        false
        date > {o}
    """
    output o "out/a"
}
END
    run 1 && [ ! -e out/a ]
    verdict $? "$shell: and one that is too long for an argument"
done
campaign <<'END'
shell bash
task a {
    run """
        false | cat
        date > {o}
    """
    output o "out/a"
}
END
run 1 && [ ! -e out/a ]
verdict $? "bash: a block ends at a pipe that fails"
campaign <<'END'
shell bash
task a { run "echo good > {o}"; output o "out/a"  check command "false | cat" }
END
run 1 && said 'failed its check command'
verdict $? "bash: and so does a check"

printf 'in\n' >in.txt
campaign <<'END'
task a for i in 1 .. 3 {
    input data "in.txt"
    env OUT = second
    run """
        mkdir -p {raw}; cd {raw}
        cat {data} > {first}; cp "{first}" "$OUT"
    """
    output first "out/a{i}"; output second "out/b{i}"
}
let raw = "raw"
task b needs a {
    run "(cd raw && cat {a.first:list} '{d}' > {o})"
    input d "in.txt"
    output o "out/c"  check command "cd / && grep -q in \"$1\""
}
task c needs a { run ["env", "-C", "raw", "sh", "-c", 'cat "$2" "$3" "$4" >"$1"', "sh", o, "{a.first:list}"]; output o "out/d" }
END
run 0 && [ "$(cat out/a3 out/b3)" = "in
in" ] && [ "$(wc -l <out/c)" = 4 ] && [ "$(wc -l <out/d)" = 3 ] && [ -z "$(ls raw)" ]
verdict $? "after cd, paths of outputs, inputs and needs mean what they meant before"
"$wflc" run c.wfl >output 2>&1 && ! grep -q "$tmp" build/c/local/campaign.wflp
verdict $? "and the plan knows no folder"

# a root without any shell
campaign <<'END'
shell bash
task a { run "echo > {o}"; output o "out/a" }
END
"$wflc" build c.wfl >output 2>&1
mkdir -p root/proc root/dev root/tmp && : >root/dev/null && cp "$shim" root/ && cp -r build/c/local root/c
if unshare -r chroot root /wfl-shim --version >/dev/null 2>&1; then
    unshare -r chroot root /wfl-shim run /c >output 2>&1
    [ $? -eq 1 ] && grep -rqF "/bin/bash: cannot be started: No such file or directory; the campaign says 'shell bash'" root/c
    verdict $? "without bash on the node it is said what to do"
else
    verdict 0 "without bash on the node it is said what to do # SKIP no user namespaces here"
fi

# refused LINE: what the compiler says of a command
refused()
{
    campaign <<END
table v from csv "v.csv"
task a for r in v { run """
    $1
    """
    output "out/{r.id}" }
END
    "$wflc" check c.wfl >output 2>&1
    [ $? -eq 1 ] && said '[template]' && said 'help: ' || echo "# taken: $1"
}
# shellcheck disable=SC2016 # as it stands
{
    refused 'echo ${r.name}'
    refused 'echo $(( {r.name} + 1 ))'
    refused 'echo "$(( {r.name} + 1 ))"'
    refused 'echo `echo "{r.name}"`'
    refused 'echo "${{z-"{r.name}"}}"'
    refused 'echo \{r.name}'
    refused 'echo "\{r.name}"'
    refused "echo \$'it\\\\'s {r.name}'"
    refused '\$({r.name})'
} >taken
cat taken
[ ! -s taken ]
verdict $? "what cannot be quoted is refused, with the remedy"
"$wflc" explain pipe >output && said 'loses the status' && "$wflc" explain shell >output && said /bin/bash
verdict $? "the manual explains it"
