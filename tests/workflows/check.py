#!/usr/bin/env -S python3 -B
"""What is wrong with workflows and actions, a line each, without running them: check.py VERSION ROOT PATH...

A PATH below ROOT is a workflow's, or an action's directory. Beside what the loading refuses: an expression that cannot
be parsed or refers to what is not declared; a `uses` that is not there, is not of VERSION, or is given what it does not
take; an expression in a shell step, where what users choose or set would become code; what shellcheck says of the shell
steps; a workflow without permissions, a job without a timeout.
"""
import subprocess
import sys
from pathlib import Path

import expressions
from definitions import Source, describe, load_action, load_workflow
from expressions import Refused
from stand_ins import STAND_INS

OWN = "OWNER/clear-app-cache/"  # the owner puts a name there
IN_ACTIONS = {"github", "inputs", "job", "runner", "env", "steps"}
IN_WORKFLOWS = IN_ACTIONS | {"vars", "secrets", "needs"}


class File:
    """One file's mistakes, and what its expressions may refer to: CONTEXT: names, or None where any name may be."""

    def __init__(self, path, contexts, **names):
        self.path, self.names, self.mistakes = path, {name: None for name in contexts} | names, []

    def wrong(self, where, sentence):
        self.mistakes.append(f"{self.path}: {where}: {sentence}")

    def expressions(self, where, value, **names):
        """Checks all in a YAML value; `if` is an expression as it is."""
        if isinstance(value, dict):
            for key, part in value.items():
                text = f"${{{{ {part} }}}}" if key == "if" and "${{" not in str(part) else part
                self.expressions(f"{where}.{key}", text, **names)
        elif isinstance(value, list):
            for part in value:
                self.expressions(where, part, **names)
        elif isinstance(value, str):
            for match in expressions.EXPRESSION.finditer(value):
                self.references(where, match[1], self.names | names)

    def references(self, where, text, names):
        try:
            trees = list(expressions.parts(expressions.parse(text)))
        except Refused as error:
            self.wrong(where, error)
            return
        for kind, path, *_ in trees:
            if kind == "call" and path not in expressions.STATUS_FUNCTIONS:
                self.wrong(where, f"the function {path} is not known here")
            if kind != "name":
                continue
            context, *keys = path
            if context not in names:
                self.wrong(where, f"{context} is not available here")
            elif names[context] is not None and (not keys or keys[0] not in names[context]):
                self.wrong(where, f"{'.'.join(path)} is not declared")
            elif context in ("steps", "jobs", "needs") and keys[1:2] == ["outputs"]:
                outputs = names[context][keys[0]]
                if outputs is not None and keys[2] not in outputs:
                    self.wrong(where, f"{'.'.join(path)} is not declared")

    def steps(self, where, steps, shell):
        """What each step gives, by its id. None: what it writes, which is not read here."""
        given = {step["id"]: self.step_outputs(step) for step in steps if "id" in step}
        for step in steps:
            place = f"{where}, step {describe(step)}"
            self.expressions(place, step, steps=given)
            if "run" in step:
                self.shell(place, step["run"], step.get("shell", shell))
            else:
                self.use(place, step["uses"], step.get("with", {}))
        return given

    def shell(self, where, script, shell):
        if "${{" in script:
            self.wrong(where, "an expression in a shell step: give it by env")
        found = subprocess.run(["shellcheck", "-s", shell, "-f", "gcc", "-"], input=script, text=True,
                               capture_output=True, check=False)
        for line in found.stdout.splitlines() + found.stderr.splitlines():
            self.wrong(where, line)

    def use(self, where, uses, given):
        if uses in STAND_INS:
            return None  # knows its inputs itself
        try:
            target = load_used(uses)
        except Refused as error:
            self.wrong(where, error)
            return None
        trigger = ["workflow_call"] if hasattr(target, "jobs") else []
        for name in given:
            if name not in target.declared("inputs", *trigger):
                self.wrong(where, f"{uses} has no input {name}")
        return target

    def step_outputs(self, step):
        if "uses" not in step or step["uses"] in STAND_INS:
            return None
        try:
            return load_used(step["uses"]).declared("outputs")
        except Refused:
            return None  # said elsewhere


def load_used(uses):
    """The own action or workflow, from this checkout."""
    path, _, ref = uses.partition("@")
    if path.startswith(OWN):
        if ref != f"v{version}":
            raise Refused(f"{uses} is not version v{version}")
        path = path[len(OWN):]
    elif path.startswith("./"):
        path = path[2:].removeprefix(".clear-app-cache/")
    else:
        raise Refused(f"{uses} is not known here")
    if path.endswith(".yml"):
        return load_workflow(Source(root), path)
    return load_action(Source(root / path))


def check_workflow(path):
    workflow = load_workflow(Source(root), path)
    names = {"inputs": workflow.declared("inputs")}
    if "workflow_call" in workflow.triggers:
        names["secrets"] = workflow.declared("secrets")
    file = File(path, IN_WORKFLOWS, **names)
    if "permissions" not in workflow.data:
        file.wrong("the workflow", "no permissions: the repository's default may be all")
    file.expressions("the workflow", {key: workflow.data.get(key) for key in ("concurrency", "env")})
    outputs = {}
    for name, job in workflow.jobs.items():
        needs = {need: outputs[need] for need in listed(job.get("needs")) if need in outputs}
        head = {key: value for key, value in job.items() if key not in ("steps", "outputs")}
        file.expressions(f"job {name}", head, needs=needs)
        if "uses" in job:
            target = file.use(f"job {name}", job["uses"], job.get("with", {}))
            outputs[name] = target and target.declared("outputs")
            continue
        if "timeout-minutes" not in job:
            file.wrong(f"job {name}", "no timeout-minutes")
        given = file.steps(f"job {name}", job["steps"], "sh" if "container" in job else "bash")
        file.expressions(f"job {name}, outputs", job.get("outputs"), steps=given)
        outputs[name] = job.get("outputs", {})
    declared = workflow.declared("outputs")
    file.names["jobs"] = outputs
    file.expressions("the outputs", declared)
    return file.mistakes


def check_action(path):
    action = load_action(Source(root / path))
    file = File(path, IN_ACTIONS, inputs=action.declared("inputs"))
    given = file.steps("the action", action.steps, "")
    file.expressions("the outputs", action.declared("outputs"), steps=given)
    if action.declared("inputs").get("version", {}).get("default", version) != version:
        file.wrong("input version", f"the default is not {version}")
    return file.mistakes


def listed(value):
    return value if isinstance(value, list) else [value] if value else []


version, root = sys.argv[1], Path(sys.argv[2])
found = []
for argument in sys.argv[3:]:
    try:
        found += check_workflow(argument) if argument.endswith(".yml") else check_action(argument)
    except Refused as error:
        found.append(str(error))
print("\n".join(found), end="\n" if found else "")
sys.exit(bool(found))
