#!/usr/bin/env python3
"""Makes a Python program one that can be fed: it loads once, and forks for each line that it reads.

usage: feed.py WIDTH PROGRAM.py [ARGUMENT...]

PROGRAM.py has two functions: load(ARGUMENT...) is called once, and what it gives is shared by all; work(loaded, line)
is called for each line, in a process of its own, at most WIDTH of them side by side. What load gives is not copied:
the processes share its memory for as long as they do not change it.
"""
import importlib.util
import os
import sys
import traceback


def child(program, loaded, line):
    """Never returns: whatever happens, this process does not go on as if it were its parent."""
    code = 1
    try:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)  # the lines are not for it
        program.work(loaded, line)
        code = 0
    except BaseException:  # its output is not complete, by which wfl-shim sees that it failed
        print('feed.py: at the line: %s' % line, file=sys.stderr)
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def main():
    sys.dont_write_bytecode = True  # many of these may start at a time
    width, path = max(1, int(sys.argv[1])), sys.argv[2]
    spec = importlib.util.spec_from_file_location('program', path)
    program = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(program)
    loaded = program.load(*sys.argv[3:])
    running = failed = 0
    for line in iter(sys.stdin.readline, ''):  # not faster than lines come
        if running == width:
            failed |= os.wait()[1]
            running -= 1
        sys.stdout.flush()  # or each child would say it again
        if os.fork() == 0:
            child(program, loaded, line.rstrip('\n'))
        running += 1
    for _ in range(running):
        failed |= os.wait()[1]
    sys.exit(1 if failed else 0)


if __name__ == '__main__':
    main()
