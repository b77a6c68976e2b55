#!/usr/bin/env python3
"""Reads a plan and its record, in another language than those who write them, from wfl-plan(5) and
wfl-journal(5) alone: what these do not tell, this program does not know. For tests.

    wfl_read.py plan MOST FILE...    of each family the first MOST tasks, and the last: what they cost,
                                     run, read, write, and need
    wfl_read.py tasks | outputs FILE what `wflc list` and `wflc list --outputs` print
    wfl_read.py records DIR          each record of the campaign's folder DIR, as it stands in the files
    wfl_read.py states DIR           of each task: what the record says of it, and of its last end
    wfl_read.py agrees DIR           what `wflc status --json` says on standard input is the same, or the
                                     differences are printed
"""
import json
import os
import struct
import sys

sys.dont_write_bytecode = True  # the sources may be somebody else's
from wfl_code import Failed, Task, is_number  # noqa: E402
from wfl_plan import Bad, Plan, shown, u32  # noqa: E402
from wfl_record import END, OUTPUT, REASONS, journals, states, texts  # noqa: E402


def tried(what):
    try:
        return what()
    except Failed:
        return None


def number(v):
    return '-' if v is None else '%.15g' % v if is_number(v) else 'bad'


def print_words(what, words):
    print('  %s %s' % (what, 'fails' if words is None else ' '.join(map(shown, words))))


KINDS = ['exists', 'non-empty', 'size', 'fits', 'gzip', 'command']


def print_file(t, what, i, f):
    path = tried(lambda: t.path(i, None))
    print('  %s %s%s %s' % (what, shown(t.plan.string(f.name)), ' optional' if f.optional else '',
                           'fails' if path is None else shown(path)))
    for c in t.plan.checks[f.checks[0]:f.checks[0] + f.checks[1]]:
        v = tried(lambda: t.run(c.code))
        text = shown(v) if isinstance(v, bytes) else number(v)
        print('    %s %d %s' % (KINDS[c.kind], c.op, text))


def bundle_of(t):
    """Some tasks that may be given to one process with this one."""
    f = t.family
    out = []
    for i in range(t.number, f.tasks[0] + f.tasks[1]):
        rows = t.plan.rows(f, i - f.tasks[0])
        if all(rows[v] == t.rows[v] for v in range(len(rows)) if f.bundle >> v & 1):
            out.append(i)
        if len(out) == 3:
            break
    return out


def print_task(plan, number_):
    t = Task(plan, number_, b'e7', b'/some where')
    f = t.family
    print('task %d %s, shard %d, rows %s' % (number_, shown(plan.label(number_)), plan.shard_of(number_), t.rows))
    costs = [f.memory, f.shared, f.cores, f.gpus, f.time, f.limit, f.priority]
    print('  costs ' + ' '.join(number(tried(lambda c=c: t.run(c))) for c in costs))
    print_words('run', tried(t.command))
    if f.bundle:
        tasks = bundle_of(t)
        print_words('together %s' % tasks, tried(Task(plan, number_, t.tag, t.folder, tasks).command))
    if f.feed[1]:
        v = tried(lambda: t.run(f.feed))
        print_words('feed', None if v is None else [v])
    if f.learn[1]:
        v = tried(lambda: t.run(f.learn))
        print_words('learn', None if v is None else [v])
    if f.remaining[1] and f.remaining_shell:
        v = tried(lambda: t.run(f.remaining))
        print_words('remaining, by shell %d' % f.remaining_shell, None if v is None else [v])
    elif f.remaining[1]:
        print('  remaining ' + number(tried(lambda: t.run(f.remaining))))
    for e in plan.envs[f.envs[0]:f.envs[0] + f.envs[1]]:
        v = tried(lambda: t.run(e.value))
        print_words('env ' + plan.string(e.name).decode(), None if v is None else [v])
    for what, (first, n) in (('input', f.inputs), ('output', f.outputs), ('checkpoint', f.checkpoints)):
        for i in range(first, first + n):
            print_file(t, what, i, plan.files[i])
    for n in range(f.needs[1]):
        print('  needs %s' % plan.members(f, n, number_))


def print_plan(plan, most):
    print('campaign %s, site %s, %d tasks, identity %016x' % (shown(plan.string(plan.campaign)), shown(
        plan.part[21][plan.site:plan.part[21].index(b'\0', plan.site)]), plan.ntasks, plan.identity))
    for f in plan.families:
        first, n = f.tasks
        print('family %s: retries %d, shell %d, bundle %x, nodes %d, sync %d, signal %d %d, stop %d' % (
            shown(plan.string(f.name)), f.retries, f.shell, f.bundle, f.nodes, f.sync, f.signal, f.signal_s,
            f.stop_after))
        codes = [[c for c in range(256) if bits[c // 32] >> c % 32 & 1] for bits in (f.unless, f.oom)]
        print('  not tried again %s, out of memory %s times %.15g' % (codes[0], codes[1], f.retry_memory))
        for i in range(n):
            if i < most or i == n - 1:
                print_task(plan, first + i)


def one_line(b):
    return bytes(ord('?') if c < 32 or c == 127 else c for c in b) + b'\n'


def print_list(plan, outputs):
    out = sys.stdout.buffer
    for number_ in range(plan.ntasks):
        if not outputs:
            out.write(one_line(plan.label(number_)))
            continue
        t = Task(plan, number_)
        for o in range(t.family.outputs[1]):
            out.write(one_line(t.output(o, None)))


def print_records(folder, plan):
    for j in journals(folder, plan):
        print('shard %d epoch %d of %s at %d: fence %d, afresh %d, again %d' % (
            j.shard, j.epoch, shown(j.holder), j.began, j.fence, j.afresh, j.again))
        for _, r in j.records:
            kind, reason, code, flags, task, attempt, node, when = struct.unpack_from('<BBBBIHHq', r, 4)
            if kind == OUTPUT:
                files = [struct.unpack_from('<Qq', r, 16 + 16 * i) for i in range(r[5])]
                print('output task %d attempt %d from %d: %s' % (task, attempt, node, ' '.join(
                    '%d,%d,%d' % (r[6] >> 2 * i & 3, size, mtime) for i, (size, mtime) in enumerate(files))))
                continue
            rest = struct.unpack_from('<8IQ', r, 24)
            name = [None, None, 'start', 'end', 'close', None, 'sync', 'told', 'over'][kind]
            print('%s task %d attempt %d node %d at %d: %s %d %d: %s' % (
                name, task, attempt, node, when, REASONS[reason], code, flags, ' '.join(map(str, rest))))
            if kind == END and rest[7]:
                print('  ' + shown(texts(folder, j.holder, r)))


def print_states(folder, plan):
    seen, last = states(folder, plan)
    for t in range(plan.ntasks):
        text = ''
        if last[t]:
            r, j = last[t]
            text = ' %s %d attempt %d node %d by %s' % (
                REASONS[r[5]], r[6], *struct.unpack_from('<HH', r, 12), j.holder.decode() or '-')
        print('%s %s%s' % (shown(plan.label(t)), seen[t], text))


def differences(folder, plan, status):
    """From what `wflc status --json` says."""
    seen, last = states(folder, plan)
    for f, said in zip(plan.families, status['families']):
        mine = {'name': plan.string(f.name).decode(), 'total': f.tasks[1]}
        for state in ('done', 'running', 'ready', 'waiting', 'late', 'gated', 'interrupted', 'failed', 'blocked'):
            mine[state] = seen[f.tasks[0]:f.tasks[0] + f.tasks[1]].count(state)
        if mine != said:
            yield '%s\n%s' % (mine, said)
    failed = [t for t in range(plan.ntasks) if seen[t] == 'failed']
    if failed != [f['task'] for f in status['failed']]:
        yield 'failed: %s' % failed
    for said in status['failed']:
        r, j = last[said['task']]
        attempt, node, ended = struct.unpack_from('<HHq', r, 12)
        f = plan.families[plan.family_of(said['task'])]
        mine = {'label': plan.label(said['task']).decode(), 'reason': REASONS[r[5]], 'code': r[6], 'attempt': attempt,
                'attempts': f.retries + 1, 'host': j.holder.decode().split('.')[0], 'node': node,
                'wall_seconds': u32(r, 24) / 1000, 'peak_bytes': u32(r, 36) * 1024}
        for key, value in mine.items():
            if said[key] != value:
                yield 'task %d: %s is %s, not %s' % (said['task'], key, value, said[key])


def main(argv):
    what = argv[1]
    if what == 'plan':
        for name in argv[3:]:
            print_plan(Plan(name), int(argv[2]))
        return 0
    if what in ('tasks', 'outputs'):
        print_list(Plan(argv[2]), what == 'outputs')
        return 0
    plan = Plan(os.path.join(argv[2], 'campaign.wflp'))
    if what == 'agrees':
        found = list(differences(argv[2], plan, json.load(sys.stdin)))
        print('\n'.join(found))
        return 1 if found else 0
    {'records': print_records, 'states': print_states}[what](argv[2], plan)
    return 0


if __name__ == '__main__':
    try:
        sys.exit(main(sys.argv))
    except Bad as e:
        sys.exit('wfl_read.py: %s' % e)
