#!/usr/bin/env python3
"""Judges the runs of load_test.sh by the builds beside them: load_verdicts.py DIRECTORY

A run that said clean is wrong if a later build has a step of an earlier one: that was there when the run began, and
nobody can have brought it back. Residue is wrong if no build was there that can have left it. Prints what is wrong, and
fails if something is; writes a summary to DIRECTORY/summary.
"""

import collections
import json
import pathlib
import sys

Build = collections.namedtuple("Build", "service start end image steps")
Run = collections.namedtuple("Run", "words start end status report")
RESIDUE = {"image": {"cache-from", "still-tagged", "retagged", "newer-deleted"},
           "build-cache": {"running-build", "survived-pruning", "reusable", "cache-mount", "kept-cache-mount"}}
directory = pathlib.Path(sys.argv[1])
wrong = []


def read_builds():
    for file in directory.glob("builds.*"):
        for line in file.read_text().splitlines():
            service, start, end, image, *steps = line.split()
            if len(steps) != 5:
                wrong.append(f"a build without its steps: {line}")
            yield Build(service, float(start), float(end), image, set(steps))


def read_runs():
    for file in directory.glob("runs.*"):
        for line in file.read_text().splitlines():
            words, start, end, status, report = line.split("\t", 4)
            yield Run(words, float(start), float(end), int(status), report)


def overlap(one, other):
    return one.start < other.end and other.start < one.end


def has_verdict(run):
    return "--dry-run" not in run.words and "--prune-only" not in run.words


def judge_report(run):
    """Returns the report, and says where it and the exit status disagree."""
    if not run.report.startswith("{"):
        if has_verdict(run) and run.status in (0, 3):
            expected = "clean: " if run.status == 0 else "residue: "
            if not run.report.startswith(expected):
                wrong.append(f"{run}: the text does not say {expected}")
        return None
    report = json.loads(run.report)
    if report["exit_status"] != run.status:
        wrong.append(f"{run}: the report has another exit status")
    if has_verdict(run) and run.status in (0, 3):
        if report["verdict"] != ("clean" if run.status == 0 else "residue"):
            wrong.append(f"{run}: status {run.status}, but {report['verdict']}")
        if bool(report["residue"]) != (run.status == 3):
            wrong.append(f"{run}: residue and verdict disagree")
    if (report["error"] is None) != (run.status in (0, 3)):
        wrong.append(f"{run}: status {run.status}, error {report['error']}")
    return report


def judge_status(run, report):
    if run.status in ((0, 3) if has_verdict(run) else (0,)):
        return
    # Where builds run all the time, waiting for their end takes too long: the only reason that there is.
    is_timeout = report["error"]["kind"] == "timeout" if report else ": error: the timeout of" in run.report
    if run.status == 1 and "--timeout" in run.words and is_timeout:
        return
    wrong.append(f"{run}: status {run.status}")


def judge_residue(run, residue, builds, runs):
    kind, reason = residue["kind"], residue["reason"]
    if reason not in RESIDUE.get(kind, ()):
        wrong.append(f"{run.words}: no reason for {residue}")
    beside = [build for build in builds if overlap(build, run)]
    before = [build for build in builds if build.start < run.end]
    if kind == "image":
        candidates = before if reason == "cache-from" else beside
        if residue["id"] not in {build.image for build in candidates}:
            wrong.append(f"{run.words} at {run.end}: nobody has built {residue}")
    # The engine also counts as in use what another prune is deleting.
    elif not (before if "--verify-only" in run.words else
              beside or [other for other in runs if other is not run and overlap(other, run)]):
        wrong.append(f"{run.words} at {run.end}: nobody can have left {residue}")


def judge_clean(run, builds, first_end):
    for build in builds:
        if build.start < run.end or not run.words.startswith(("all", build.service)):
            continue
        old = [step for step in build.steps if first_end[step] < run.start]
        if old:
            wrong.append(f"{run.words} said clean at {run.end}, but {build} reused {old}")


builds = list(read_builds())
runs = list(read_runs())
first_end = {}
for build in builds:
    for step in build.steps:
        first_end[step] = min(build.end, first_end.get(step, build.end))
statuses = collections.Counter()
found = collections.Counter()
for run in runs:
    statuses[run.words, run.status] += 1
    report = judge_report(run)
    judge_status(run, report)
    if report:
        found.update(action["error"]["message"] for action in report["actions"] if action.get("error"))
        found.update(f"{residue['kind']}: {residue['reason']}" for residue in report["residue"])
        for residue in report["residue"]:
            judge_residue(run, residue, builds, runs)
    if run.status == 0 and has_verdict(run):
        judge_clean(run, builds, first_end)
clean = [run for run in runs if run.status == 0 and has_verdict(run)]
# What nobody could have reused proves nothing.
proved = sum(any(b.end < run.start for b in builds) and any(b.start > run.end for b in builds) for run in clean)
reused = len([1 for build in builds for step in build.steps if first_end[step] < build.end])
if not proved:
    wrong.append("no run between two builds said clean")
summary = [f"# {len(builds)} builds, {reused} of {5 * len(builds)} steps were another build's; {len(runs)} runs, {proved} said clean"
           " between two builds"]
summary += [f"# {count:6} {words}: {status}" for (words, status), count in sorted(statuses.items())]
summary += [f"# {count:6} {text}" for text, count in sorted(found.items())]
(directory / "summary").write_text("\n".join(summary) + "\n")
print("\n".join(wrong[:40]))
sys.exit(bool(wrong))
