"""What codes of a plan give, from what wfl-plan(5) tells."""
import math
import re
import struct
from fractions import Fraction

from wfl_plan import default_text, need, u32


class Failed(Exception):
    """A code that gives no value."""


def is_number(v):
    return isinstance(v, (int, float)) and not isinstance(v, bool)


def want(ok):
    if not ok:
        raise Failed


def checked(v):
    want(not isinstance(v, float) or math.isfinite(v))
    want(not isinstance(v, int) or isinstance(v, bool) or -2**63 <= v < 2**63)
    return v


def start_of(b, at):
    """Where character number `at` begins."""
    n = 0
    for i, c in enumerate(b):
        if c & 0xc0 != 0x80:
            if n == at:
                return i
            n += 1
    return len(b)


def characters(b):
    return sum(c & 0xc0 != 0x80 for c in b)


def fmt(v, flags, width, precision, verb):
    verb = chr(verb) if verb else ''
    zeros = flags & 1
    if isinstance(v, bytes):
        text = v if precision == 255 else v[:start_of(v, precision)]
        zeros = False
    elif isinstance(v, bool):
        text, zeros = default_text(v), False
    elif verb in ('', 'd') and precision == 255 and (isinstance(v, int) or not verb):
        text = default_text(v)
    elif verb == 'x':
        want(isinstance(v, int))
        text = b'%x' % v
    else:
        want(verb != 'd')
        text = ('%.*' + (verb if verb in 'eg' and verb else 'f')) % (6 if precision == 255 else precision, v)
        text = text.encode()
    fill = max(0, width - characters(text))
    sign = b'-' if zeros and text[:1] == b'-' else b''
    text = text[len(sign):]
    if flags & 2:
        return sign + text + b' ' * fill
    return sign + (b'0' if zeros else b' ') * fill + text


BARE = frozenset(b'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:,+@%^')


def quote(b, where):
    inner = b.replace(b"'", b"'\\''")
    if where == 4:
        if b[:1] != b'-':
            return b
        return b'(-9223372036854775807-1)' if b == b'-9223372036854775808' else b'(' + b + b')'
    if where == 2:
        return inner
    if where == 1:
        control = any(c < 32 and c not in b'\t\n' or c == 127 for c in b)
        special = any(c in b'\\"$`' for c in b)
        if control or (special and any(c >= 128 for c in b)):
            return b'"\'' + inner + b'\'"'
        return b''.join(b'\\' + bytes([c]) if c in b'\\"$`' else bytes([c]) for c in b)
    if where == 0 and b and all(c in BARE for c in b):
        return b
    return b"'" + inner + b"'"


def order(a, b):
    numbers = is_number(a) and is_number(b)
    want(numbers or type(a) is type(b))
    return (a > b) - (a < b)


def matches(s, pattern):
    parts = pattern.split(b'*')
    if len(parts) == 1:
        return s == pattern
    if not s.startswith(parts[0]) or len(s) < len(parts[0]) + len(parts[-1]) or not s.endswith(parts[-1]):
        return False
    at, end = len(parts[0]), len(s) - len(parts[-1])
    for part in parts[1:-1]:
        at = s.find(part, at, end)
        if at < 0:
            return False
        at += len(part)
    return True


def binary(op, a, b):
    if op in (7, 8, 9):
        want(is_number(a) and is_number(b))
        if isinstance(a, float) or isinstance(b, float):
            a, b = float(a), float(b)
        return checked(a + b if op == 7 else a - b if op == 8 else a * b)
    if op == 10:
        want(is_number(a) and is_number(b) and b != 0)
        return checked(float(a) / float(b))
    if op in (11, 12):
        want(is_number(a) and is_number(b) and isinstance(a, int) and isinstance(b, int) and b != 0)
        return checked(a // b if op == 11 else a % b)
    if op == 19:
        want(isinstance(a, bytes) and isinstance(b, bytes))
        return matches(a, b)
    o = order(a, b)
    if op == 24:
        return b if o > 0 else a
    if op == 25:
        return b if o < 0 else a
    return [o == 0, o != 0, o < 0, o <= 0, o > 0, o >= 0][op - 13]


def unary(op, b):
    if op == 6:
        want(isinstance(b, bool))
        return not b
    want(is_number(b))
    if op == 5:
        return checked(-b)
    if op == 29:
        return checked(abs(b))
    if op == 30:
        want(b >= 0)
        return math.sqrt(b)
    if op == 31:
        return checked(float(b))
    if isinstance(b, int):
        return b
    exact = Fraction(b)
    if op == 26:
        return checked(round(exact))  # of two the even one
    return checked(math.floor(exact) if op == 27 else math.ceil(exact))


class Task:
    """A task, and how it is run: the process's tag for temporary names, the folder, and its bundle."""

    def __init__(self, plan, number, tag=None, folder=None, bundle=None):
        self.plan, self.number, self.tag, self.folder = plan, number, tag, folder
        self.family_number = plan.family_of(number)
        self.family = plan.families[self.family_number]
        self.rows = plan.rows(self.family, number - self.family.tasks[0])
        self.bundle, self.width = bundle or [number], len(bundle) + 7 if bundle else 1

    def run(self, code, rows=None):
        """The value of a code (offset, size), or None, if there is none."""
        offset, size = code
        if not size:
            return None
        rows = rows if rows is not None else self.rows
        c, stack, pc = self.plan.code[offset:offset + size], [], 0
        while pc < size:
            op = c[pc]
            pc += 1
            n = OPERANDS.get(op, 0)
            p = c[pc:pc + n]
            pc += n
            if op == 20:
                pc += u32(p)
            elif op in (21, 22, 23):
                want(isinstance(stack[-1], bool))
                if stack[-1] == (op == 23):
                    pc += u32(p)
                    if op == 21:
                        stack.pop()
                else:
                    stack.pop()
            else:
                self.step(op, p, stack, rows)
        need(len(stack) == 1, 'a code leaves %d values' % len(stack))
        return stack[0]

    def step(self, op, p, stack, rows):
        plan = self.plan
        if op == 0:
            stack.append(struct.unpack('<q', p)[0])
        elif op == 1:
            stack.append(struct.unpack('<d', p)[0])
        elif op == 2:
            stack.append(plan.string(u32(p)))
        elif op == 3:
            stack.append(p[0] == 1)
        elif op == 4:
            stack.append(plan.cell(u32(p, 2), rows[p[0] | p[1] << 8]))
        elif op in (5, 6) or 26 <= op <= 31:
            stack.append(unary(op, stack.pop()))
        elif op == 35:
            stack.append(fmt(stack.pop(), *p))
        elif op == 36:
            n = p[0] | p[1] << 8
            joined = stack[len(stack) - n:]
            del stack[len(stack) - n:]
            want(all(isinstance(s, bytes) for s in joined))
            stack.append(b''.join(joined))
        elif op in (32, 33, 34, 37, 47):
            b = stack.pop()
            want(isinstance(b, bytes))
            stack.append(b.lower() if op == 32 else b.upper() if op == 33 else characters(b) if op == 34
                         else quote(b, p[0]) if op == 37 else self.whole(b))
        elif op == 38:
            stack.append(self.output(p[0] | p[1] << 8, self.tag))
        elif op == 39:
            stack.append(len(plan.members(self.family, p[0] | p[1] << 8, self.number)))
        elif op == 40:
            stack.append(self.need_out(p[0] | p[1] << 8, p[2] | p[3] << 8, p[4]))
        elif op == 41:
            stack.append(len(self.bundle))
        elif op == 51:
            stack.append(self.width)
        elif op == 42:
            between = stack.pop()
            want(isinstance(between, bytes))
            texts = [Task(plan, t, self.tag, self.folder).run((u32(p), u32(p, 4))) for t in self.bundle]
            want(all(isinstance(t, bytes) for t in texts))
            stack.append(between.join(texts))
        elif op in (43, 44):
            b, a, c = stack.pop(), stack.pop(), stack.pop()
            want(isinstance(c, bytes))
            stack.append(self.replaced(c, a, b) if op == 43 else self.sliced(c, a, b))
        elif op in (48, 49):
            b = stack.pop()
            want(isinstance(b, bytes))
            whole = re.fullmatch(br'[+-]?[0-9]+', b)
            want(whole or (op == 49 and re.fullmatch(br'[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?', b)))
            stack.append(checked(int(b) if op == 48 else float(b)))
        elif op == 50:
            raise Failed
        elif op == 46:
            stack.append(self.fold(p[0] | p[1] << 8, p[2], (u32(p, 3), u32(p, 7)), rows))
        else:
            b, a = stack.pop(), stack.pop()
            stack.append(binary(op, a, b))

    @staticmethod
    def replaced(c, a, b):
        want(isinstance(a, bytes) and isinstance(b, bytes) and a)
        return c.replace(a, b)

    @staticmethod
    def sliced(c, a, b):
        want(is_number(a) and is_number(b) and isinstance(a, int) and isinstance(b, int))
        n = characters(c)
        a, b = [max(0, x + n) if x < 0 else min(x, n) for x in (a, b)]
        return c[start_of(c, a):start_of(c, b)]

    def whole(self, b):
        if self.folder is None or not b or b[:1] == b'/':
            return b
        return self.folder + b'/' + b

    def path(self, f, tag):
        f = self.plan.files[f]
        path = self.run(f.path)
        want(isinstance(path, bytes) and path and b'\0' not in path)
        if not tag or not f.name:
            return path
        slash = path.rfind(b'/') + 1
        return path[:slash] + b'.wfl-%s-%d.' % (tag, self.number) + path[slash:]

    def output(self, o, tag):
        return self.path(self.family.outputs[0] + o, tag)

    def need_out(self, n, o, mode):
        tasks = self.plan.members(self.family, n, self.number)
        paths = [Task(self.plan, t).output(o, None) for t in tasks]
        if mode & 4:
            paths = [self.whole(p) for p in paths]
        mode &= 3
        if mode == 0:
            want(len(paths) == 1)
            return paths[0]
        if mode == 1:
            return b' '.join(quote(p, 0) for p in paths)
        return b''.join(p + (b'\0' if mode == 2 else b'\n') for p in paths)

    def fold(self, n, how, code, rows):
        tasks = self.plan.members(self.family, n, self.number)
        producer = self.plan.families[self.plan.needs[self.family.needs[0] + n].producer]
        want(tasks or how == 7)
        values = [self.run(code, rows + self.plan.rows(producer, t - producer.tasks[0])) for t in tasks]
        all_of_them = 0 if how == 7 else values.pop(0)
        want(is_number(all_of_them))
        for v in values:
            want(is_number(v))
            all_of_them = binary(how, all_of_them, v)
        return all_of_them

    def command(self):
        """The words that are run, without a container's."""
        f = self.family
        words = []
        for a in self.plan.args[f.args[0]:f.args[0] + f.args[1]]:
            text = self.run(a.code)
            want(isinstance(text, bytes))
            words += text.split(b'\0')[:-1] if a.list else [text]
        shells = [[], [b'/bin/sh'], [b'/bin/sh', b'-e'], [b'/bin/bash', b'-o', b'pipefail'],
                  [b'/bin/bash', b'-e', b'-o', b'pipefail']]
        if f.shell:
            words = shells[f.shell] + [b'-c'] + words
        return words


OPERANDS = {0: 8, 1: 8, 2: 4, 3: 1, 4: 6, 20: 4, 21: 4, 22: 4, 23: 4, 35: 4, 36: 2, 37: 1, 38: 2, 39: 2, 40: 5,
            42: 8, 45: 9, 46: 11, 50: 4}
