"""The record of a campaign, from what wfl-journal(5) tells."""
import os
import struct
import zlib

from wfl_plan import need, u32, u64

REASONS = ['ok', 'exit', 'signal', 'oom', 'limit', 'walltime', 'output', 'input', 'node', 'lost', 'cancelled', 'gone']
HEAD, START, END, CLOSE, OUTPUT, SYNC, TOLD, OVER, CANCEL, LATE = range(1, 11)


def journal_names(folder):
    out = []
    for name in os.listdir(folder) if os.path.isdir(folder) else []:
        shard, dot, epoch = name.partition('.e')
        if dot and shard.isdigit() and epoch.isdigit() and len(shard) >= 4 and len(epoch) >= 4:
            out.append((int(shard), int(epoch), name))
    return sorted(out)


class Again:
    """Which failures are void."""

    def __init__(self, state, plan):
        self.marks = {}
        try:
            with open(os.path.join(state, 'again'), 'rb') as f:
                b = f.read()
        except FileNotFoundError:
            return
        body, end, crc = b.rpartition(b'end ')
        first = body.split(b'\n')[0].split()
        if (not end or int(crc, 16) != zlib.crc32(body) or first[:2] != [b'wfl-again', b'1'] or
                int(first[3], 16) != plan.identity):
            return
        for line in body.split(b'\n')[1:-1]:
            shard, epoch, size = map(int, line.split())
            self.marks[shard] = (epoch, size)

    def void(self, shard, epoch, at):
        mark = self.marks.get(shard)
        return mark is not None and (epoch < mark[0] or (epoch == mark[0] and at < mark[1]))


class Journal:
    """The head, and the records that count, with where each begins."""

    def __init__(self, path, shard, epoch, plan):
        with open(path, 'rb') as f:
            b = f.read()
        self.shard, self.epoch, self.records, self.ours = shard, epoch, [], False
        for at in range(0, len(b) - 63, 64):
            r = b[at:at + 64]
            kind = r[4]
            if (u32(r) != zlib.crc32(r[4:]) or (kind == HEAD) != (at == 0) or not 1 <= kind <= 10 or
                    (kind == OUTPUT and not 1 <= r[5] <= 3) or (kind not in (HEAD, OUTPUT) and r[5] > 11)):
                break
            if kind != HEAD:
                self.records.append((at, r))
                continue
            plan_identity, s, e, self.began, self.fence = struct.unpack_from('<QIIqQ', r, 8)
            self.version, self.afresh, self.again = r[5:8]
            self.holder = r[40:64].split(b'\0')[0]
            self.ours = (plan_identity, s, e) == (plan.identity, shard, epoch)
            if not self.ours:
                return
            need(self.version == 3, '%s: version %d' % (path, self.version))


def journals(folder, plan):
    """In their order; what others added behind the fence of the next epoch is gone."""
    state = os.path.join(folder, 'state')
    where = os.path.join(state, 'journal')
    found = [Journal(os.path.join(where, name), s, e, plan) for s, e, name in journal_names(where)]
    for j, later in zip(found, found[1:]):
        if later.shard == j.shard and later.ours and later.fence:
            j.records = [(at, r) for at, r in j.records if at < later.fence]
    return [j for j in found if j.ours]


def texts(folder, holder, r):
    """What the log has for an end."""
    length, offset = u32(r, 52), u64(r, 56)
    if not length:
        return b''
    with open(os.path.join(folder, 'state', 'logs', holder.decode() + '.log'), 'rb') as f:
        f.seek(offset)
        head = f.read(32)
        text = f.read(length)
    magic, task, attempt, node, n, crc, zero, ended = struct.unpack('<4sIHHIIIq', head)
    need(magic == b'WFLG' and task == u32(r, 8) and attempt == struct.unpack_from('<H', r, 12)[0], 'a frame')
    need(n == length and zlib.crc32(text) == crc and zero == 0 and node == struct.unpack_from('<H', r, 14)[0]
         and ended == struct.unpack_from('<q', r, 16)[0], 'a frame does not fit its record')
    return text


def alive(folder, holder):
    """As far as its lease tells on this machine."""
    path = os.path.join(folder, 'state', 'leases', holder.decode())
    if not holder:
        return False
    try:
        with open(path) as f:
            host, process, boot, seconds, start = f.read().split()[:5]
        with open('/proc/sys/kernel/random/boot_id') as f:
            here = f.read().strip() == boot and host == os.uname().nodename
        if not here:
            return os.stat(path).st_mtime + int(seconds) > os.stat('/proc/self').st_mtime
        with open('/proc/%s/stat' % process) as f:
            return f.read().rpartition(')')[2].split()[19] == start
    except (FileNotFoundError, ProcessLookupError):
        return False


def states(folder, plan):
    """Of each task: its state, and its last end."""
    seen = ['nothing'] * plan.ntasks
    where = [None] * plan.ntasks
    last = [None] * plan.ntasks
    again = Again(os.path.join(folder, 'state'), plan)
    live = {}  # of each shard: somebody has it

    def all_of(shard, state, other):
        for t in range(plan.ntasks):
            if seen[t] == state and where[t] == shard:
                seen[t] = other

    for j in journals(folder, plan):
        all_of(j.shard, 'running', 'interrupted')  # who began this epoch has seen to that
        if j.afresh:
            all_of(j.shard, 'failed', 'afresh')
        live[j.shard] = alive(folder, j.holder)
        for at, r in j.records:
            kind, reason, flags, task = r[4], r[5], r[7], u32(r, 8)
            if kind == CLOSE:
                all_of(j.shard, 'running', 'interrupted')
                live[j.shard] = False
            if kind not in (START, END, LATE) or task >= plan.ntasks:
                continue
            if kind == LATE:
                if r[6] or seen[task] == 'late':
                    seen[task] = 'late' if r[6] else 'nothing'
                continue
            where[task] = j.shard
            if kind == START:
                seen[task] = 'running'
                continue
            last[task] = (r, j)
            final = flags & 1 and not again.void(j.shard, j.epoch, at)
            seen[task] = 'done' if reason == 0 else 'failed' if final else 'nothing'
    for shard, lives in live.items():
        if lives:
            all_of(shard, 'interrupted', 'nothing')
            all_of(shard, 'afresh', 'nothing')
        else:
            all_of(shard, 'running', 'interrupted')
            all_of(shard, 'afresh', 'failed')
    for t in range(plan.ntasks):
        if seen[t] in ('nothing', 'interrupted', 'late'):
            f = plan.families[plan.family_of(t)]
            needed = [seen[m] for n in range(f.needs[1]) for m in plan.members(f, n, t)]
            if 'failed' in needed or 'blocked' in needed:
                seen[t] = 'blocked'
            elif any(s != 'done' for s in needed):
                seen[t] = 'waiting'  # also if it ran: its producers' ends were lost with the shim
            elif seen[t] == 'nothing':
                seen[t] = 'ready'
    return seen, last
