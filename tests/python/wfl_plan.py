"""The plan of a campaign, from what wfl-plan(5) tells."""
import struct

NONE = 2**32 - 1
FAR = 2**64 - 1


class Bad(Exception):
    """What is read is not what the manual says."""


def need(ok, what):
    if not ok:
        raise Bad(what)


def u32(b, at=0):
    return struct.unpack_from('<I', b, at)[0]


def u64(b, at=0):
    return struct.unpack_from('<Q', b, at)[0]


def shown(b):
    """Bytes on one line, whatever they are."""
    return '"' + ''.join(chr(c) if 32 <= c < 127 and c not in b'"\\' else '\\x%02x' % c for c in b) + '"'


# --- the checksum (Hash) ---

def fold(a, b):
    p = a * b
    return (p >> 64) ^ (p & FAR)


def h(data, seed):
    k0, k1, k2 = 0x243f6a8885a308d3, 0x13198a2e03707345, 0xa4093822299f31d1
    x = seed ^ k0
    n = len(data)
    for i in range(0, n + 1, 16):  # the last one may be all zeros
        block = data[i:i + 16].ljust(16, b'\0')
        x = fold(u64(block) ^ k1, u64(block, 8) ^ x)
    return fold(x ^ k2, n ^ k0)


# --- the plan ---

class Record:
    """A record of a section, with names for its fields. Kinds: I u32, Q u64, q i64, d real, B u8; C a
    code (offset, size), G a group (first, count), x pad."""

    def __init__(self, fields, b):
        at = 0
        for name, kind in fields:
            if kind == 'C' or kind == 'G':
                setattr(self, name, struct.unpack_from('<II', b, at))
                at += 8
            elif isinstance(kind, int):
                setattr(self, name, struct.unpack_from('<%dI' % kind, b, at))
                at += 4 * kind
            else:
                at += -at % struct.calcsize(kind)
                setattr(self, name, struct.unpack_from('<' + kind, b, at)[0])
                at += struct.calcsize(kind)
        need(at == len(b), 'a record is %d bytes, not %d' % (at, len(b)))


def fields(text):
    out = []
    for word in text.split():
        name, kind = word.split(':')
        out.append((name, int(kind) if kind.isdigit() else kind))
    return out


TABLE = fields('nrows:I columns:G label:I')
COLUMN = fields('type:B p1:B p2:B p3:B p4:B p5:B p6:B p7:B data:Q first:q step:q')
FAMILY = fields('name:I tasks:G vars:G instances:I rows:Q memory:C shared:C cores:C gpus:C time:C limit:C '
                'priority:C constant:I nodes:I place:I bundle:I container:I retries:I retry_memory:d '
                'unless:8 oom:8 signal:I signal_s:I stop_after:I shell:I sync:I flags:I args:G envs:G '
                'inputs:G outputs:G checkpoints:G needs:G feed:C learn:C remaining:C remaining_shell:I pad:I')
ARG = fields('code:C list:I pad:I')
ENV = fields('name:I pad:I value:C')
FILE = fields('name:I optional:I path:C checks:G')
CHECK = fields('kind:I op:I code:C')
NEED = fields('producer:I ngroups:I nmembers:I kind:I group_of:Q start:Q members:Q')
SHARD = fields('runs:G ntasks:I')
PLACE = fields('name:I line:I column:I')


class Plan:
    def __init__(self, path):
        with open(path, 'rb') as f:
            b = self.b = f.read()
        need(b[:8] == b'WFLPLAN\0', 'not a plan')
        version, nsections, size, hashed, self.identity = struct.unpack_from('<IIQQQ', b, 8)
        need(version == 8, 'version %d' % version)
        need(nsections == 23 and size == len(b), 'cut, or longer')
        need(h(b[32:], h(b[:24], 0)) == hashed, 'damaged')
        (self.campaign, self.site, self.ntasks, self.cores, self.memory, self.gpus, self.njobs, self.job_nodes,
         self.walltime, self.umask, *self.allowed) = struct.unpack_from('<IIIIQIIIIIIIII', b, 40)
        need(self.allowed[0] <= self.allowed[1] and self.allowed[2] <= self.allowed[3], 'ranges of jobs are wrong')
        at = [struct.unpack_from('<QQ', b, 104 + 16 * i) for i in range(23)]
        part = self.part = [b[o:o + n] for o, n in at]
        what = struct.pack('<QQ', self.campaign, self.ntasks)
        need(h(b[472:at[20][0]], h(what, 0)) == self.identity, 'its identity is wrong')
        self.offsets = [u32(part[0], i) for i in range(0, len(part[0]), 4)]
        self.tables = self.records(2, 16, TABLE)
        self.columns = self.records(3, 32, COLUMN)
        self.vars = [u32(part[4], i) for i in range(0, len(part[4]), 4)]
        self.families = self.records(5, 288, FAMILY)
        self.args = self.records(6, 16, ARG)
        self.envs = self.records(7, 16, ENV)
        self.files = self.records(8, 24, FILE)
        self.checks = self.records(9, 16, CHECK)
        self.needs = self.records(10, 40, NEED)
        self.code = part[11]
        self.shards = self.records(16, 12, SHARD)
        self.runs = [struct.unpack_from('<II', part[17], i) for i in range(0, len(part[17]), 8)]
        self.data = part[19]
        places = self.records(20, 12, PLACE)
        n = [1, len(self.tables), len(self.columns), len(self.vars), len(self.families), len(self.files)]
        need(sum(n) <= len(places), 'places are missing') # behind them, files that are used
        self.hooks = [struct.unpack_from('<dIIIIIIII', part[22], i) for i in range(0, len(part[22]), 40)]
        self.var_place = places[sum(n[:3]):sum(n[:4])]

    def records(self, section, size, layout):
        b = self.part[section]
        need(len(b) % size == 0, 'section %d' % section)
        return [Record(layout, b[i:i + size]) for i in range(0, len(b), size)]

    def string(self, i):
        return self.part[1][self.offsets[i]:self.offsets[i + 1] - 1]

    def place_name(self, p):
        return self.part[21][p.name:self.part[21].index(b'\0', p.name)]

    def family_of(self, task):
        for number, f in enumerate(self.families):
            if f.tasks[0] <= task < f.tasks[0] + f.tasks[1]:
                return number
        raise Bad('no family has task %d' % task)

    def shard_of(self, task):
        for number, s in enumerate(self.shards):
            for first, n in self.runs[s.runs[0]:s.runs[0] + s.runs[1]]:
                if first <= task < first + n:
                    return number
        need(not self.shards, 'no shard has task %d' % task)
        return 0

    def nrows(self, f, v):
        return self.tables[self.vars[f.vars[0] + v]].nrows

    def rows(self, f, i):
        """Of task number i of family f."""
        n = f.vars[1]
        if f.instances == 1:
            return list(struct.unpack_from('<%dI' % n, self.data, f.rows + 4 * n * i))
        out = []
        for v in reversed(range(n)):
            out.insert(0, i % self.nrows(f, v))
            i //= self.nrows(f, v)
        return out

    def cell(self, c, row):
        c = self.columns[c]
        if c.data == FAR:
            return c.first + row * c.step
        if c.type == 0:
            return struct.unpack_from('<q', self.data, c.data + 8 * row)[0]
        if c.type == 1:
            return struct.unpack_from('<d', self.data, c.data + 8 * row)[0]
        if c.type == 2:
            return self.string(u32(self.data, c.data + 4 * row))
        return self.data[c.data + row] != 0

    def array(self, offset, i):
        return i if offset == FAR else u32(self.data, offset + 4 * i)

    def members(self, f, number, task):
        """Tasks that `task` of family f needs by its need `number`, in the order in which they are told."""
        n = self.needs[f.needs[0] + number]
        producer = self.families[n.producer]
        first = producer.tasks[0]
        if n.kind == 0:
            g = self.array(n.group_of, task - f.tasks[0])
            if g == NONE:
                return []
            return [first + self.array(n.members, k)
                    for k in range(self.array(n.start, g), self.array(n.start, g + 1))]
        pairs = [struct.unpack_from('<II', self.data, n.members + 8 * k) for k in range(n.nmembers)]
        mine = self.rows(f, task - f.tasks[0])
        agree = {p: mine[c] for c, p in pairs}
        out = [first]
        for v in range(producer.vars[1]):  # the last variable is the fastest
            n = self.nrows(producer, v)
            out = [first + (i - first) * n + row for i in out
                   for row in ([agree[v]] if v in agree else range(n))]
        return out

    def label(self, task):
        f = self.families[self.family_of(task)]
        out = self.string(f.name)
        rows = self.rows(f, task - f.tasks[0])
        told = []
        for v, row in enumerate(rows):
            name = self.place_name(self.var_place[f.vars[0] + v])
            if not name:
                break
            t = self.tables[self.vars[f.vars[0] + v]]
            cells = [label_text(self.cell(t.columns[0] + c, row)) for c in range(t.label)]
            told.append(name + b'=' + (b','.join(cells) if cells else b'#%d' % (row + 1)))
        return out + (b'[' + b' '.join(told) + b']' if rows else b'')


def default_text(v):
    if isinstance(v, bool):
        return b'true' if v else b'false'
    if isinstance(v, int):
        return b'%d' % v
    if isinstance(v, float):
        for digits in (15, 16, 17):
            text = '%.*g' % (digits, v)
            if float(text) == v:
                break
        return text.encode()
    return v


def label_text(v):
    return ('%.15g' % v).encode() if isinstance(v, float) else default_text(v)
