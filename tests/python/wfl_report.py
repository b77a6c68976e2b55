# Holds the figures of a report against what the other commands tell:
# report.py PAGE STATUS.json HISTORY.json EXPORT.jsonl [NEEDS]. Prints what differs. NEEDS tells of each
# family, producers first, which ones it needs, and which variables must be the same:
# {"draw": {}, "join": {"draw": ["v"]}}.
import collections
import json
import sys
import xml.etree.ElementTree as tree

HTML = "{http://www.w3.org/1999/xhtml}"
page = tree.parse(sys.argv[1]).getroot()
status = json.load(open(sys.argv[2]))
# attempts by plans before that were not carried over are of no task of this one
history = [h for h in json.load(open(sys.argv[3])) if h["try"] and h["state"] != "-"]
# what was cancelled before it was started, or is to be made again, is no attempt
attempts = [a for a in map(json.loads, open(sys.argv[4])) if a["attempt"]]
named = {e.get("id"): e for e in page.iter() if e.get("id")}
wrong = 0


def same(what, got, wanted, slack=0.0):
    global wrong
    if got != wanted and not (None not in (got, wanted) and abs(got - wanted) <= slack):
        print("%s: the page says %s, not %s" % (what, got, wanted))
        wrong += 1


def cell(e):
    text = "".join(e.itertext()).strip()
    if "number" not in (e.get("class") or ""):
        return text
    return float(e.get("data-v")) if e.get("data-v") else None


def rows(name, part="tbody"):
    table = named[name]
    names = ["".join(e.itertext()) for e in table.find(HTML + "thead").iter(HTML + "th")]
    return [dict(zip(names, map(cell, row))) for row in table.find(HTML + part)]


def tile(name):
    return float(named[name].get("data-v"))


def count(key, of=attempts):
    return collections.Counter(key(a) for a in of)




def good(a):
    return a["reason"] == "ok"


def check_critical(needs):
    """The critical path: by going through all of it."""
    state = {a["task"]: a for a in attempts if good(a)}  # the last good one
    longest = {}
    for family, producers in needs.items():
        mine = [a for a in state.values() if a["family"] == family]
        for a in mine:
            before = [longest[b["task"]] for b in state.values() if b["family"] in producers and all(
                a["variables"][v] == b["variables"][v] for v in producers[b["family"]])]
            longest[a["task"]] = max(before, default=0) + a["wall_s"]
    if "t-critical" not in named:
        return same("the critical path", max(longest.values(), default=0), max(
            (a["wall_s"] for a in state.values()), default=0), 0.001)
    chain, label = rows("t-critical"), {a["label"]: a for a in state.values()}
    links = [label[r["task"]] for r in chain]
    same("work of the critical path", sum(r["worked"] for r in chain), max(longest.values()), 0.002 * len(chain))
    for row, a in zip(chain, links):
        same("work of " + a["label"], row["worked"], a["wall_s"], 0.001)
    for row, a, b in zip(chain[1:], links, links[1:]):
        same(b["label"] + " needs " + a["label"], all(a["variables"][v] == b["variables"][v]
             for v in needs[b["family"]].get(a["family"], [])) and a["family"] in needs[b["family"]], True)
        same("wait of " + b["label"], row["waited"], max(0, b["started"] - a["ended"]), 0.01)
    foot = rows("t-critical", "tfoot")[0]
    same("all waits", foot["waited"], sum(r["waited"] for r in chain), 0.002 * len(chain))
    same("all work", foot["worked"], sum(r["worked"] for r in chain), 0.002 * len(chain))


for got, wanted in zip(rows("t-states"), status["families"]):
    for key in status["tasks"]:
        same(wanted["name"] + " " + key, got[key], wanted[key])
for key, n in status["tasks"].items():
    same("all " + key, rows("t-states", "tfoot")[0][key], n)
    if key in named:
        same("tile " + key, tile(key), n)
same("tasks that failed", tile("failed"), len(status["failed"]))
same("attempts", tile("attempts"), len(history))
same("shims", tile("jobs"), len(status["jobs"]))
if "rate" in named:
    same("rate", tile("rate"), status["tasks_per_hour"], 0.001)

if attempts:
    last = rows("t-progress")[-1]
    same("done at the end", last["done"], status["tasks"]["done"])
    same("failed at the end", last["failed"], status["tasks"]["failed"])
    same("ended well", sum(r["ended well"] for r in rows("t-pace")), sum(map(good, attempts)))
    same("did not", sum(r["did not"] for r in rows("t-pace")), sum(not good(a) for a in attempts))

    ran = [a for a in attempts if a["wall_s"] is not None]
    for row, told in zip(rows("t-families"), status["families"]):
        mine = [a for a in ran if a["family"] == row["family"]]
        same(row["family"] + " attempts", row["attempts"], len([h for h in history
             if h["family"] == row["family"]]))
        same(row["family"] + " well", row["ended well"], sum(map(good, mine)))
        same(row["family"] + " time", row["time, all"], sum(a["wall_s"] for a in mine), 0.01)
        same(row["family"] + " longest", row["longest"],
             max([a["wall_s"] for a in mine], default=0) or None, 0.01)
        same(row["family"] + " memory", row["most memory"],
             max([a["peak_bytes"] for a in mine], default=0) or None)
        same(row["family"] + " above", row["tasks above"],
             told.get("over_memory", {}).get("tasks", 0))
    for got, wanted in zip(rows("t-times"), status["times"]):
        what = "times of " + wanted["family"]
        same(what, (got["family"], got["by"], got["attempts"]),
             (wanted["family"], wanted["by"], wanted["attempts"]))
        same(what, got["median"], wanted.get("ratio", wanted.get("seconds")), 0.0011)
        same(what, got["95 %"], wanted.get("ratio_95", wanted.get("seconds_95")), 0.0011)

    bad = [a for a in attempts if not good(a)]
    if bad:
        reasons = count(lambda a: (a["family"], a["reason"]), bad)
        same("reasons", {(r["family"], r["reason"]): r["attempts"] for r in rows("t-reasons")},
             dict(reasons))
        for reason, n in count(lambda a: a["reason"], bad).items():
            same("over time: " + reason, sum(r[reason] for r in rows("t-failures")), n)
    nodes = {r["node"]: r for r in rows("t-nodes")}
    hosts = count(lambda a: a["host"], [a for a in attempts if a["host"]])  # what was carried over has none
    same("nodes", sorted(nodes), sorted(hosts))
    for host, n in hosts.items():
        same("attempts on " + host, nodes[host]["attempts"], n)
        same("busy " + host, nodes[host]["busy"],
             sum(a["wall_s"] for a in ran if a["host"] == host), 0.01)
    parts = rows("t-account") if "t-account" in named else []
    known = status["node_seconds"]["all"]
    if parts:
        same("time of nodes", sum(r["time"] for r in parts), known, 0.01)
        same("its parts", sum(r["of all"] for r in parts), 1.0, 0.005)
    events = sorted([(a["started"], 1) for a in ran] + [(a["ended"], -1) for a in ran])
    at_a_time = [sum(d for _, d in events[:i + 1]) for i in range(len(events))]
    shown = max(r["tasks at a time"] for r in rows("t-slots"))
    if shown > max(at_a_time) + 0.01 and not status["tasks"]["running"]:
        same("tasks at a time", shown, max(at_a_time))
    last = {a["task"]: a["wall_s"] for a in attempts}
    same("the slowest", rows("t-slowest")[0]["time"] if rows("t-slowest") else None,
         max(last.values()) or None, 0.001)
    if len(sys.argv) > 5:
        check_critical(json.loads(sys.argv[5]))
    if "planes" in named:
        for name in named:
            if name.startswith("t-sensors"):
                same("sensors", sum(r["ended well"] + r["did not end well"] for r in rows(name)) > 0,
                     True)
sys.exit(wrong != 0)
