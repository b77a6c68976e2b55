"""Commands that read, again and again, beside shims that write and are killed: whatever they find, they do not
crash, say nothing that cannot be, and write nothing into the folder.

usage: wfl_readers.py WFLC SHIM READINGS SEED; works in the current folder, and prints TAP."""

import collections
import csv
import hashlib
import io
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as tree

WFLC, SHIM, READINGS, SEED = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
NODES = 3
chance = random.Random(SEED)

CAMPAIGN = """campaign read
set visit = 1 .. 60
set chip = 1 .. 5
task draw for v in visit, c in chip {
    run "[ {v}-{c} != 7-2 ] || exit 3; if [ {v} = 9 ] && [ ! -e again{c} ]; then : > again{c}; exit 4; fi; sleep 0.05; echo {c} > {image}"
    memory 10 MB
    retry 1
    output image "out/{v}/{c}"
}
task pack for v in visit, c in chip {
    run "for f in {bundle.join(o, ' ')}; do sleep 0.01; echo > $f; done"
    memory { v 5 MB; c 5 MB }
    bundle by v
    output o "pack/{v}.{c}"
}
task join for v in visit needs draw { run "cat {draw.image:list} > {o}"; memory 10 MB; output o "out/{v}.txt" }
task all needs join { run "cat {join.o:list} > {o}"; memory 10 MB; output o "all" }
site far profile "far" { }
"""
PROFILE = "schema: 1\nname: far\ninherits: test-slurm\n"

wrong = collections.Counter()


def fail(what):
    wrong[what] += 1
    if wrong[what] <= 3:
        print("# " + what.replace("\n", "\n# ")[:2000], flush=True)


# --- the shims ---


class Shims:
    def __init__(self, folder, build):
        self.folder, self.build, self.running, self.kills, self.job = folder, build, [], 0, 0
        self.log = open(os.path.join(folder, "shims.err"), "ab")

    def fill(self):
        self.running = [p for p in self.running if p.poll() is None]
        while len(self.running) < NODES:
            self.job += 1
            # who looks for leaks at its end waits for ever for its helper, if that is one of the killed
            asan = os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
            env = dict(os.environ, R="0", S="1", ASAN_OPTIONS=asan)
            self.running.append(subprocess.Popen(
                [SHIM, "node", self.build, "--nodes", "1", "--rank-var", "R", "--size-var", "S", "--expiry", "2",
                 "--idle", "5", "--cores", "2", "--memory", "1000000000", "--job", str(self.job), "--node",
                 "nid%d" % (self.job % 4), "--quiet"],
                cwd=self.folder, env=env, stdout=self.log, stderr=self.log))

    def kill_one(self):
        p = chance.choice(self.running)
        children = subprocess.run(["pgrep", "-P", str(p.pid)], capture_output=True, text=True).stdout.split()
        targets = [int(c) for c in children] + ([p.pid] if chance.random() < 0.5 else [])
        for pid in targets:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.kills += 1

    def end(self):
        for p in self.running:
            if p.poll() is None:
                p.send_signal(signal.SIGTERM)
                p.send_signal(signal.SIGTERM)
        for p in self.running:
            p.wait()
        self.running = []
        self.log.close()


# --- what readers say ---


def total_of(counts):
    return sum(n for state, n in counts.items() if state not in ("name", "total", "over_memory"))


class Reader:
    """Knows what was said before, of one campaign."""

    def __init__(self, folder, labels):
        self.folder, self.labels = folder, labels
        self.ntasks, self.done, self.attempts = len(labels), 0, 0

    def run(self, *words, codes=(0,)):
        p = subprocess.run([WFLC, *words], cwd=self.folder, capture_output=True)
        out, err = p.stdout.decode(errors="replace"), p.stderr.decode(errors="replace")
        if p.returncode not in codes:
            fail("wflc %s: exit %d: %s" % (" ".join(words), p.returncode, err[-600:] or out[-600:]))
            return None
        if "internal error" in err or "Sanitizer" in err or "runtime error" in err:
            fail("wflc %s: %s" % (" ".join(words), err[-1500:]))
        return out

    def say_done(self, done, by):
        if done > self.ntasks:
            fail("%s: %d tasks are done, of %d" % (by, done, self.ntasks))
        if done < self.done:
            fail("%s: %d tasks are done, and %d were before" % (by, done, self.done))
        self.done = max(self.done, done)

    def check_counts(self, counts, by):
        if total_of(counts) != counts["total"]:
            fail("%s: states do not add up: %s" % (by, counts))

    def check_node_seconds(self, parts, by):
        whole = parts["all"]
        rest = sum(v for k, v in parts.items() if k != "all")
        if abs(whole - rest) > 0.001 * (len(parts) + whole / 1000):
            fail("%s: parts of the time of nodes add up to %.3f of %.3f" % (by, rest, whole))
        if any(v < 0 for v in parts.values()):
            fail("%s: time that is negative: %s" % (by, parts))

    def status_json(self):
        out = self.run("status", "--json")
        if out is None:
            return
        s = json.loads(out)
        self.check_counts(s["tasks"], "status")
        for family in s["families"]:
            self.check_counts(family, "status of " + family["name"])
        for key, n in s["tasks"].items():
            if n != sum(f[key] for f in s["families"]):
                fail("status: families do not add up: %s" % key)
        if s["tasks"]["total"] != self.ntasks:
            fail("status: %d tasks" % s["tasks"]["total"])
        if len(s["failed"]) != s["tasks"]["failed"]:
            fail("status: %d failed, %d are named" % (s["tasks"]["failed"], len(s["failed"])))
        self.check_node_seconds(s["node_seconds"], "status")
        if (s["seconds_left"] or 0) < 0 or (s["tasks_per_hour"] or 0) < 0:
            fail("status: %s left, %s per hour" % (s["seconds_left"], s["tasks_per_hour"]))
        for node in s["nodes"]:
            if min(node["said_seconds_ago"] or 0, node["sign_seconds_ago"] or 0, node["running"]) < 0:
                fail("status: %s" % node)
        self.say_done(s["tasks"]["done"], "status")

    def status_text(self):
        out = self.run("status", "--nodes") or ""
        parts = [float(x) for x in re.findall(r"^ +([0-9.]+) %  ", out, re.M)]
        if parts and abs(sum(parts) - 100) > 0.06 * len(parts):
            fail("status: parts of the time of nodes are %s" % parts)

    def status_csv(self):
        out = self.run("status", "--csv")
        for row in csv.DictReader(io.StringIO(out or "")):
            self.check_counts({k: int(v) for k, v in row.items() if v.isdigit()}, "status --csv")

    def tasks_json(self):
        out = self.run("tasks", "--json", "--columns", "task,state,try,reason,time")
        if out is None:
            return
        rows = json.loads(out)
        if len({r["task"] for r in rows}) != self.ntasks or len(rows) != self.ntasks:
            fail("tasks: %d lines" % len(rows))
        self.say_done(sum(r["state"] == "done" for r in rows), "tasks")
        for r in rows:
            if r["state"] == "done" and r["reason"] != "ok":
                fail("tasks: %s" % r)
            if (r["time"] or 0) < 0:
                fail("tasks: %s" % r)

    def tasks_count(self):
        out = self.run("tasks", "--csv", "--count-by", "family,state")
        rows = list(csv.DictReader(io.StringIO(out or "")))
        if out is not None and sum(int(r["tasks"]) for r in rows) != self.ntasks:
            fail("tasks --count-by: %s" % out)

    def why(self):
        self.run("why", chance.choice(self.labels))

    def log(self):
        self.run("log", chance.choice(self.labels), codes=(0, 1))

    def history(self):
        out = self.run("history", "--json")
        if out is None:
            return
        rows = json.loads(out)
        good = collections.Counter(r["task"] for r in rows if r["reason"] == "ok")
        if good and max(good.values()) > 1:
            fail("history: %s was done twice" % good.most_common(1))
        if len(rows) < self.attempts:
            fail("history: %d attempts, and %d before" % (len(rows), self.attempts))
        self.attempts = max(self.attempts, len(rows))
        for r in rows:
            if (r["time"] or 0) < 0:
                fail("history: %s" % r)

    def jobs(self):
        out = self.run("jobs", "--json")
        for j in json.loads(out or "[]"):
            self.check_node_seconds(dict(j["node_seconds"], all=j["node_time"]), "jobs of " + j["job"])
            if min(j["done"], j["failed"], j["lost"], j["running"], j["left"] or 0) < 0 or j["done"] > self.ntasks:
                fail("jobs: %s" % j)

    def verify(self):
        out = self.run("verify")
        if out is not None and ("lost" in out or "not there" in out):
            fail("verify: " + out)

    def export_json(self):
        out = self.run("export", "--json")
        ends = collections.Counter()
        for line in (out or "").splitlines():
            a = json.loads(line)
            ends[a["task"]] += a["reason"] == "ok"
            if a["started"] > a["ended"]:
                fail("export: %s" % a)
        if ends and max(ends.values()) > 1:
            fail("export: done twice: %s" % ends.most_common(1))

    def export_csv(self):
        out = self.run("export", "--csv")
        for row in csv.DictReader(io.StringIO(out or "")):
            if None in row or None in row.values() or float(row["started"]) > float(row["ended"]):
                fail("export --csv: %s" % row)

    def export_db(self):
        import sqlite3
        file = os.path.join(self.folder, "read.db")
        if self.run("export", "--to", file) is None:
            return
        db = sqlite3.connect(file)
        (n,) = db.execute("SELECT count(*) FROM task").fetchone()
        (twice,) = db.execute("SELECT count(*) FROM (SELECT task FROM attempt WHERE reason = 'ok' GROUP BY task"
                              " HAVING count(*) > 1)").fetchone()
        (same,) = db.execute("SELECT count(*) FROM (SELECT task, attempt, holder, ended FROM attempt"
                             " GROUP BY 1, 2, 3, 4 HAVING count(*) > 1)").fetchone()
        (done,) = db.execute("SELECT count(*) FROM task WHERE state = 'done'").fetchone()
        (early,) = db.execute("SELECT count(*) FROM task WHERE state = 'done' AND task NOT IN"
                              " (SELECT task FROM attempt WHERE reason = 'ok')").fetchone()
        db.close()
        if n != self.ntasks or twice or same or early:
            fail("export: %d tasks, %d done twice, %d attempts twice, %d done without one" % (n, twice, same, early))
        self.say_done(done, "export")

    def export_crate(self):
        folder = os.path.join(self.folder, "crate")
        if self.run("export", "--crate", folder) is None:
            return
        with open(os.path.join(folder, "ro-crate-metadata.json"), encoding="utf-8") as f:
            graph = json.load(f)["@graph"]
        ids = {e["@id"]: e for e in graph}
        for e in graph:
            for value in e.values():
                for v in value if isinstance(value, list) else [value]:
                    if isinstance(v, dict) and v["@id"] not in ids and "schema.org" not in v["@id"]:
                        fail("export --crate: no %s" % v["@id"])
        values = {e["name"]: e["value"] for e in graph if e["@type"] == "PropertyValue"}
        if sum(n for k, n in values.items() if k != "tasks") != values["tasks"]:
            fail("export --crate: %s" % values)
        self.say_done(values["done"], "export --crate")
        with open(os.path.join(folder, "record/tasks.jsonl"), encoding="utf-8") as f:
            done = sum(json.loads(line)["state"] == "done" for line in f)
        if done != values["done"]:
            fail("export --crate: %d lines are done, not %d" % (done, values["done"]))

    def report(self):
        out = self.run("report", "-o", "-")
        if out is None:
            return
        page = tree.fromstring(out[out.index("<html"):])
        tiles = {e.get("id"): float(e.get("data-v")) for e in page.iter() if e.tag.endswith("}dd") and e.get("data-v")}
        others = ("total", "attempts", "jobs", "rate", "left")
        if sum(n for name, n in tiles.items() if name not in others) != tiles["total"]:
            fail("report: %s" % tiles)
        self.say_done(int(tiles["done"]), "report")

    def calibrate(self):
        self.run("calibrate", "--json")

    def status_exit(self):
        self.run("status", "--exit-code", codes=range(0, 8))


READERS = [Reader.status_json, Reader.tasks_json, Reader.history, Reader.jobs, Reader.why, Reader.log,
           Reader.export_json, Reader.export_csv, Reader.export_db, Reader.export_crate, Reader.report, Reader.verify,
           Reader.calibrate, Reader.status_text, Reader.status_csv, Reader.tasks_count, Reader.status_exit]


def read(each, reader):
    try:
        each(reader)
    except Exception as e: # whatever a reader said made no sense
        fail("%s: cannot be read: %r" % (each.__name__, e))


# --- nothing is written ---


def picture(folder):
    """Of every file its name, times and contents."""
    seen = {}
    for path, dirs, files in os.walk(folder):
        for name in dirs + files:
            full = os.path.join(path, name)
            st = os.lstat(full)
            data = b""
            if os.path.isfile(full) and not os.path.islink(full):
                with open(full, "rb") as f:
                    data = f.read()
            seen[full] = (st.st_mode, st.st_mtime_ns, st.st_size, hashlib.sha256(data).hexdigest())
    return seen


def copy_of(folder, to):
    """As somebody else would copy it while jobs write: files come and go."""
    subprocess.run(["cp", "-Rp", os.path.join(folder, "build"), to], stderr=subprocess.DEVNULL)
    shutil.copy(os.path.join(folder, "read.wfl"), os.path.dirname(to))
    subprocess.run(["chmod", "-R", "a-w", to], check=True)


def read_copy(reader, number):
    """Every command on a copy elsewhere that cannot be written."""
    elsewhere = os.path.abspath("copy%d" % number)
    os.mkdir(elsewhere)
    build = os.path.join(elsewhere, "build")
    copy_of(reader.folder, build)
    before = picture(build)
    other = Reader(elsewhere, reader.labels)
    for each in READERS:
        if each is not Reader.verify: # outputs are not here
            read(each, other)
    other.run("verify", codes=(0, 1, 3))
    after = picture(build)
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            fail("written in a copy: %s" % name)
    subprocess.run(["chmod", "-R", "u+w", build], check=True)
    shutil.rmtree(elsewhere)


# --- all of it ---


def campaign(number):
    folder = os.path.abspath("run%d" % number)
    os.mkdir(folder)
    for name, text in (("read.wfl", CAMPAIGN), ("far.yaml", PROFILE)):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
            f.write(text)
    subprocess.run([WFLC, "build", "--site", "far", "read.wfl"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    out = subprocess.run([WFLC, "tasks", "--csv", "--columns", "task"], cwd=folder, check=True, capture_output=True, text=True)
    return folder, [row["task"] for row in csv.DictReader(io.StringIO(out.stdout))]


def main():
    readings, number, kills, copies = 0, 0, 0, 0
    os.environ.pop("WFL_PATH", None)
    while readings < READINGS:
        folder, labels = campaign(number)
        reader = Reader(folder, labels)
        shims = Shims(folder, "build/read/far")
        order = []
        started = time.monotonic()
        while readings < READINGS:
            shims.fill()
            order = order or chance.sample(READERS, len(READERS))
            read(order.pop(), reader)
            readings += 1
            if chance.random() < 0.15:
                shims.kill_one()
            if readings % max(20, READINGS // 4) == 10:
                read_copy(reader, copies)
                copies += 1
            if os.path.exists(os.path.join(folder, "all")) or reader.done >= reader.ntasks - 8:
                break
        shims.end()
        kills += shims.kills
        reader.status_json()
        print("# campaign %d: %d of %d done, %.0f s" % (number, reader.done, reader.ntasks, time.monotonic() - started), flush=True)
        if not wrong:
            shutil.rmtree(folder)
        number += 1
    print("# %d readings, %d copies, %d deaths, seed %d" % (readings, copies, kills, SEED))
    for what, n in wrong.most_common(20):
        print("# %d times: %s" % (n, what.split("\n")[0][:300]))
    print("1..1\n%sok 1 - readers beside writers" % ("not " if wrong else ""))
    sys.exit(1 if wrong else 0)


main()
