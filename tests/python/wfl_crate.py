"""Is a folder a Workflow Run RO-Crate, and does it tell what `wflc status --json` tells? Written from the
specifications: RO-Crate 1.1, Process Run Crate and Workflow Run Crate 0.5, Workflow RO-Crate 1.0.

usage: wfl_crate.py CRATE STATUS.json; prints what is wrong, and exits with 1 if anything is."""

import hashlib
import json
import os
import re
import sys
import urllib.parse

SPEC = "https://w3id.org/ro/crate/1.1"
PROFILES = [
    "https://w3id.org/ro/wfrun/process/0.5",
    "https://w3id.org/ro/wfrun/workflow/0.5",
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0",
]
TOOLS = {"SoftwareApplication", "SoftwareSourceCode", "ComputationalWorkflow"}
ACTIONS = {"CreateAction", "ActivateAction", "UpdateAction"}
STATUS = "http://schema.org/%sActionStatus"
# Words of vocabularies, which are no entities of the crate.
WORDS = ("http://schema.org/", "https://w3id.org/ro/terms/workflow-run#")
DATE = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d))?$")

wrong = []


def expect(good, what):
    if not good:
        wrong.append(what)


def listed(value):
    return value if isinstance(value, list) else [] if value is None else [value]


def refs(entity, key):
    return [v["@id"] for v in listed(entity.get(key)) if isinstance(v, dict)]


def types(entity):
    return set(listed(entity.get("@type")))


def check_flat(by_id):
    """Entities are flat, and what they refer to is there."""
    for name, entity in by_id.items():
        expect(types(entity), "%s has no type" % name)
        for key, value in entity.items():
            for v in listed(value):
                if not isinstance(v, dict):
                    continue
                expect(list(v) == ["@id"], "%s: %s is not flat" % (name, key))
                known = v.get("@id") in by_id or str(v.get("@id")).startswith(WORDS)
                expect(known, "%s: %s refers to %s, which is not there" % (name, key, v.get("@id")))


def check_root(by_id):
    head = by_id.get("ro-crate-metadata.json", {})
    expect(types(head) == {"CreativeWork"}, "the descriptor is no CreativeWork")
    expect(refs(head, "about") == ["./"], "the descriptor is not about ./")
    expect(SPEC in refs(head, "conformsTo"), "the descriptor does not say RO-Crate 1.1")
    expect(PROFILES[2] in refs(head, "conformsTo"), "the descriptor does not say Workflow RO-Crate")
    root = by_id.get("./", {})
    expect("Dataset" in types(root), "the root is no Dataset")
    for key in ("name", "description", "license"):
        expect(root.get(key), "the root has no " + key)
    expect(DATE.match(str(root.get("datePublished"))), "datePublished is no date")
    for profile in PROFILES:
        expect(profile in refs(root, "conformsTo"), "the root does not conform to " + profile)
        entity = by_id.get(profile, {})
        expect("CreativeWork" in types(entity) and entity.get("name") and entity.get("version"),
               "%s is not described" % profile)
    return root


def check_workflow(by_id, root):
    names = refs(root, "mainEntity")
    expect(len(names) == 1, "not one mainEntity")
    flow = by_id.get(names[0] if names else "", {})
    expect({"File", "SoftwareSourceCode", "ComputationalWorkflow"} <= types(flow), "mainEntity is no workflow")
    expect(flow.get("name"), "the workflow has no name")
    language = [by_id.get(i, {}) for i in refs(flow, "programmingLanguage")]
    expect(language and "ComputerLanguage" in types(language[0]) and language[0].get("name"),
           "the workflow's language is not told")
    versions = [by_id[e].get("softwareVersion") for e in refs(flow, "softwareRequirements") if e in by_id]
    expect(versions and all(versions), "the version of wflc is not told")
    return names[0] if names else None


def check_files(by_id, root, folder):
    reached, todo = set(), refs(root, "hasPart")
    while todo:
        name = todo.pop()
        if name not in reached:
            reached.add(name)
            todo += refs(by_id.get(name, {}), "hasPart")
    for name, entity in by_id.items():
        if name == "./" or not types(entity) & {"File", "Dataset"}:
            continue
        expect(name in reached, "%s is no part of the crate" % name)
        expect("Dataset" not in types(entity) or name.endswith("/"), "%s has no / at its end" % name)
        if "://" in name:
            path = urllib.parse.unquote(urllib.parse.urlsplit(name).path)
        else:
            path = os.path.join(folder, urllib.parse.unquote(name))
        expect(os.path.exists(path), "%s is not there" % name)
        if "File" in types(entity) and os.path.exists(path):
            with open(path, "rb") as f:
                text = f.read()
            expect(entity.get("contentSize") in (None, str(len(text))), "%s has another size" % name)
            expect(entity.get("sha256") in (None, hashlib.sha256(text).hexdigest()), "%s has another hash" % name)


def check_action(by_id, root, name, action):
    expect(name in refs(root, "mentions"), "%s is not mentioned" % name)
    tools = refs(action, "instrument")
    expect(len(tools) == 1 and types(by_id.get(tools[0], {})) & TOOLS, "%s has no instrument" % name)
    expect(action.get("name"), "%s has no name" % name)
    agents = refs(action, "agent")
    expect(agents and types(by_id.get(agents[0], {})) & {"Person", "Organization"}, "%s has no agent" % name)
    begin, end = action.get("startTime"), action.get("endTime")
    for time in (begin, end):
        expect(time is None or DATE.match(time), "%s: %s is no time" % (name, time))
    expect(not begin or not end or begin <= end, "%s ends before it begins" % name)
    status = refs(action, "actionStatus")
    expect(len(status) == 1, "%s has no status" % name)
    expect("error" not in action or status == [STATUS % "Failed"], "%s has an error, and has not failed" % name)
    expect(end or status == [STATUS % "Active"], "%s has no end" % name)
    for key in ("object", "result"):
        for ref in refs(action, key):
            expect(types(by_id.get(ref, {})) & {"File", "Dataset", "Collection", "PropertyValue", "CreativeWork"},
                   "%s: %s is %s" % (name, key, ref))
    for ref in refs(action, "containerImage"):
        expect(types(by_id.get(ref, {})) == {"ContainerImage"}, "%s: %s is no image" % (name, ref))


def check_figures(by_id, folder, flow, status):
    """What it counts is what status counts."""
    tasks = status["tasks"]
    actions = {k: v for k, v in by_id.items() if types(v) & ACTIONS}
    runs = [v for v in actions.values() if refs(v, "instrument") == [flow]]
    expect(len(runs) == 1, "not one run of the campaign")
    values = {by_id[r]["name"]: by_id[r]["value"] for r in refs(runs[0], "result")
              if types(by_id.get(r, {})) == {"PropertyValue"}} if runs else {}
    expect(values == dict({k: v for k, v in tasks.items() if k != "total"}, tasks=tasks["total"]),
           "the run's figures are %s" % values)
    others = [v for v in actions.values() if v not in runs]
    done = sum(STATUS % "Completed" in refs(v, "actionStatus") for v in others)
    failed = sum(STATUS % "Failed" in refs(v, "actionStatus") for v in others)
    if tasks["total"] > 1000:
        done = sum(by_id[r]["value"] for v in others for r in refs(v, "result") if r.startswith("#done-"))
    else:
        expect(failed == tasks["failed"], "%d actions failed" % failed)
    expect(done == tasks["done"], "%d actions were done" % done)
    states, outputs = {}, 0
    with open(os.path.join(folder, "record/tasks.jsonl"), encoding="utf-8") as f:
        for line in f:
            task = json.loads(line)
            states[task["state"]] = states.get(task["state"], 0) + 1
    for state, n in tasks.items():
        expect(state == "total" or states.get(state, 0) == n, "%d lines of tasks are %s" % (states.get(state, 0), state))
    for name in ("attempts", "outputs"):
        with open(os.path.join(folder, "record/%s.jsonl" % name), encoding="utf-8") as f:
            outputs += sum(1 for line in f if json.loads(line)["task"] < tasks["total"])
    expect(outputs or not tasks["done"], "no attempt is told")


def main():
    folder, status = sys.argv[1], sys.argv[2]
    with open(os.path.join(folder, "ro-crate-metadata.json"), encoding="utf-8") as f:
        crate = json.load(f)
    with open(status, encoding="utf-8") as f:
        status = json.load(f)
    expect(crate["@context"][0] == SPEC + "/context", "the context is not that of RO-Crate 1.1")
    by_id = {e["@id"]: e for e in crate["@graph"]}
    expect(len(by_id) == len(crate["@graph"]), "two entities have one id")
    check_flat(by_id)
    root = check_root(by_id)
    flow = check_workflow(by_id, root)
    check_files(by_id, root, folder)
    for name, entity in by_id.items():
        if types(entity) & ACTIONS:
            check_action(by_id, root, name, entity)
    check_figures(by_id, folder, flow, status)
    for line in wrong[:40]:
        print(line)
    sys.exit(1 if wrong else 0)


main()
