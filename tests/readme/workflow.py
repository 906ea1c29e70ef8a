#!/usr/bin/env python3
"""Reads the workflow on standard input, says what is wrong with it, and writes the shell steps to
DIRECTORY/JOB.STEP, for a step without an id by its name: workflow.py DIRECTORY TIMEOUT_MINUTES

TIMEOUT_MINUTES is the tool's own: the jobs need a longer one.
"""
import re
import sys
from pathlib import Path

import yaml

directory, timeout = Path(sys.argv[1]), int(sys.argv[2])
text = sys.stdin.read()
workflow = yaml.safe_load(text)
wrong = []


def expect(condition, sentence):
    if not condition:
        wrong.append(sentence)


expect(workflow["name"] == "Clear Application Caches", "the name")
target = workflow[True]["workflow_dispatch"]["inputs"]["target"]  # YAML 1.1 takes `on` for true
expect(target["type"] == "choice", "target is no choice")
expect(sorted(target["options"]) == ["all", "backend", "frontend"], "the choices of target")
expect(target["default"] == "all", "the default of target")
for job_name, job in workflow["jobs"].items():
    expect(job.get("timeout-minutes", 0) > timeout, f"{job_name}: timeout-minutes is not above the tool's {timeout}")
    ids = [step["id"] for step in job["steps"] if "id" in step]
    expect(ids == ["clear"], f"{job_name}: the step with the id clear")
    for step in job["steps"]:
        if "run" not in step:
            continue
        # What users choose or set must not become shell code.
        expect("${{" not in step["run"], f"{job_name}: an expression in a shell step")
        (directory / f"{job_name}.{step.get('id', step['name'])}").write_text(step["run"])
for used in re.findall(r"steps\.clear\.outputs\.([\w-]+)", text):
    expect(used in ("verdict", "reclaimed-bytes", "removed-images"), f"the output {used}")
if wrong:
    sys.exit("\n".join(wrong))
