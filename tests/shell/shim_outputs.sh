#!/bin/sh
# wfl-shim: what counts as done, and what becomes of outputs that do not.
. "${top_srcdir:?is set by make check}/tests/shell/shim_lib.sh"
echo 1..18

# bad WHAT FLAW TEXT (a family's lines on stdin): the task fails for its output, and the log says TEXT
bad() {
    { echo "node 1 1e9"; echo "family f 1"; echo "memory 1e6"; cat; } | plan
    run 1 && [ "$(ends)" = "0 1 output $2 F" ] && said "$3"
    result $? "$1"
}

bad "a missing output" missing "output x.txt: is missing" <<'END'
sh true
output x x.txt
END
bad "an empty output" empty "output x.txt: is empty" <<'END'
sh : > {o0}
output x x.txt
END
bad "a size that is wrong" size "has 4 bytes, must have > 4" <<'END'
sh echo abc > {o0}
output x x.txt
check size > 4
END
bad "a command that says no" command "failed its check command (exit 1)" <<'END'
sh echo abc > {o0}
output x x.txt
check size >= 4
check command grep -q abc "$1"
check command grep -q b.d "$1"
END
bad "a truncated gzip file" gzip "failed its check gzip" <<'END'
sh echo abc | gzip | head -c 15 > {o0}
output x x.gz
check gzip
END
bad "a truncated FITS file" fits "failed its check fits" <<'END'
sh printf 'SIMPLE  =                    T' > {o0}
output x x.fits
check fits
END
bad "a checkpoint that is left" checkpoint "checkpoint x.ckpt is left" <<'END'
sh echo abc > {o0}; touch x.ckpt
output x x.txt
checkpoint x.ckpt
END
[ ! -e x.txt ] && [ -z "$(find . -name '.wfl-*')" ]
result $? "nothing stands under the final name, no temporary file is left"

plan <<'END'
node 1 1e9
family f 1
memory 1e6
sh echo abc > {o0}; mkdir -p x.txt/full
output x x.txt
END
run 0 && [ -f x.txt ] && [ -d x.txt.before-1/full ] && said "x.txt was there, and is no output of this campaign"
result $? "what is in the way and nobody's is put aside"
rm -rf x.txt x.txt.before-1

touch parent
bad "a folder that cannot be made" place "cannot be made or written: Not a directory" <<'END'
sh echo never
output x parent/x.txt
END
rm parent

plan <<'END'
node 1 1e9
family f 1
memory 1e6
sh echo truncat > result.txt; exit 1
output - result.txt
END
run 1 && [ ! -e result.txt ] && [ "$(cat result.txt.failed)" = truncat ] && said "renamed to result.txt.failed"
result $? "what a failed attempt wrote does not keep its name"

plan <<'END'
node 1 1e9
family f 1
memory 1e6
sh true
output - old.txt
END
echo old >old.txt
run 1 && said "has not been written" && [ "$(cat old.txt)" = old ] && [ "$(ends)" = "0 1 output stale F" ]
result $? "an output of another time is none, and stays"

bad "an output that is no file" type "output x.txt: neither a regular file nor a folder" <<'END'
sh mkfifo {o0}
output x x.txt
END

plan <<'END'
node 1 1e9
family f 1
memory 1e6
retries 1
sh echo $WFL_ATTEMPT > again.txt; [ $WFL_ATTEMPT = 2 ]
output - again.txt
END
run 0 && [ "$(cat again.txt)" = 2 ] && [ ! -e again.txt.failed ]
result $? "what a failed attempt wrote goes when another one has done the task"

plan <<'END'
node 1 1e9
family f 1
memory 1e6
sh echo new > again.txt; [ -e fixed ]
output - again.txt
END
run 1 && [ -e again.txt.failed ] && : >fixed && run 0 && [ -e again.txt ] && [ ! -e again.txt.failed ]
result $? "and so it does when a later run has"
rm -f fixed

plan <<'END'
node 1 1e9
family f 1
memory 1e6
sh echo $WFL_ATTEMPT > plots/a.txt
optional - plots
END
mkdir -p plots && echo old >plots/a.txt
run 0 && [ -s plots/a.txt ] && [ "$(cat plots/a.txt)" != old ] && [ ! -e plots.before-1 ]
result $? "what is written into an optional folder that was there stays"
rm -r plots

plan <<'END'
node 2 1e9
family f 1
memory 1e6
sh echo abc | gzip > {o0}; mkdir {o1}; echo x > {o1}/part; : > {o3}
output x deep/folder/{i}.gz
check gzip
check size < 1000
output dir parts
optional z z.txt
output e empty.txt
check exists
family g 1
memory 1e6
input deep/folder/0.gz
needs f all
sh zcat deep/folder/{i}.gz; ls parts
END
run 0 && said abc && said part && [ -e empty.txt ] && [ ! -e z.txt ]
result $? "good outputs of all kinds"
rm -r deep
run 0 && [ -s deep/folder/0.gz ] && [ -e parts/part ]
result $? "an output folder replaces the one before"
