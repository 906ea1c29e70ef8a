"""Files of workflows and actions, read into the shape that GitHub's documentation gives them. A key that is not listed
here is refused: neither the checks nor the runner may pass over something that changes what GitHub does.
"""
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from expressions import Refused, to_text

TRIGGERS = {
    "push": {"branches", "tags"},
    "pull_request": {"branches"},
    "schedule": set(),
    "workflow_dispatch": {"inputs"},
    "workflow_call": {"inputs", "secrets", "outputs"},
}
WORKFLOW = {"name", "on", "permissions", "concurrency", "env", "jobs"}
ANY_JOB = {"name", "needs", "if", "permissions", "concurrency"}
JOB = ANY_JOB | {"runs-on", "container", "timeout-minutes", "env", "outputs", "steps"}
CALL = ANY_JOB | {"uses", "with", "secrets"}
STEP = {"id", "name", "if", "env", "continue-on-error"}
RUN = STEP | {"run", "shell", "working-directory"}
USE = STEP | {"uses", "with"}
INPUT = {"description", "type", "options", "default", "required"}


class Loader(yaml.SafeLoader):
    """Refuses a key that is given twice, of which the first would be lost."""


def mapping(loader, node):
    keys = [key.value for key, _ in node.value]
    for key in keys:
        if keys.count(key) > 1:
            raise Refused(f"line {node.start_mark.line + 1}: {key} is given twice")
    return loader.construct_mapping(node, deep=True)


Loader.add_constructor("tag:yaml.org,2002:map", mapping)


@dataclass
class Source:
    """Where a file is from. Without a repository: from the workspace of a job."""
    directory: Path
    repository: str = ""
    ref: str = ""


@dataclass
class Workflow:
    data: dict
    source: Source
    path: str  # in its repository

    @property
    def name(self):
        return self.data.get("name", self.path)

    @property
    def triggers(self):
        return self.data["on"]

    @property
    def jobs(self):
        return self.data["jobs"]

    def declared(self, kind, trigger=None):
        """The inputs, secrets or outputs of one trigger, or of both."""
        found = {}
        for name in [trigger] if trigger else ["workflow_dispatch", "workflow_call"]:
            found.update((self.triggers.get(name) or {}).get(kind) or {})
        return {name: value or {} for name, value in found.items()}


@dataclass
class Action:
    data: dict
    source: Source
    steps: list = field(default_factory=list)

    def declared(self, kind):
        return self.data.get(kind) or {}


def only(keys, data, where):
    for key in data:
        if key not in keys:
            raise Refused(f"{where}: the key {key} is not known here")


def read(path):
    try:
        data = yaml.load(path.read_text(), Loader)
    except (OSError, yaml.YAMLError) as error:
        raise Refused(f"{path}: {error}") from error
    if not isinstance(data, dict):
        raise Refused(f"{path} is not a mapping")
    return data


def load_workflow(source, path):
    data = read(source.directory / path)
    data["on"] = data.pop(True, None) or data.get("on")  # YAML 1.1 takes `on` for true
    only(WORKFLOW, data, path)
    if not isinstance(data["on"], dict):
        raise Refused(f"{path}: `on` is not a mapping of triggers")
    only(TRIGGERS, data["on"], f"{path}: on")
    for trigger, details in data["on"].items():
        if isinstance(details, dict):
            only(TRIGGERS[trigger], details, f"{path}: on.{trigger}")
            for name, value in (details.get("inputs") or {}).items():
                only(INPUT, value, f"{path}: input {name}")
    for name, job in data["jobs"].items():
        where = f"{path}: job {name}"
        only(CALL if "uses" in job else JOB, job, where)
        check_steps(job.get("steps", []), where)
    return Workflow(data, source, path)


def load_action(source):
    data = read(source.directory / "action.yml")
    where = str(source.directory / "action.yml")
    only({"name", "description", "inputs", "outputs", "runs"}, data, where)
    only({"using", "steps"}, data["runs"], f"{where}: runs")
    if data["runs"]["using"] != "composite":
        raise Refused(f"{where}: only composite actions are known here")
    for name, value in (data.get("inputs") or {}).items():
        only(INPUT - {"type", "options"}, value, f"{where}: input {name}")
    for step in data["runs"]["steps"]:
        if "run" in step and "shell" not in step:
            raise Refused(f"{where}: a step of an action names its shell")
    check_steps(data["runs"]["steps"], where)
    return Action(data, source, data["runs"]["steps"])


def check_steps(steps, where):
    for step in steps:
        only(RUN if "run" in step else USE, step, f"{where}: step {describe(step)}")
        if ("run" in step) == ("uses" in step):
            raise Refused(f"{where}: step {describe(step)} has not one of run and uses")
    ids = [step["id"] for step in steps if "id" in step]
    if len(ids) != len(set(ids)):
        raise Refused(f"{where}: two steps have one id")


def describe(step):
    return str(step.get("name") or step.get("id") or step.get("uses") or step.get("run", "?").splitlines()[0])


EMPTY = {"string": "", "choice": "", "number": 0.0, "boolean": False}


def bind(declared, given, where):
    """The inputs' values: what is given, else the default, of the declared type. An action's inputs are texts."""
    for name in given:
        if name not in declared:
            raise Refused(f"{where} has no input {name}")
    bound = {}
    for name, details in declared.items():
        kind = details.get("type", "string")
        if details.get("required") and name not in given:
            raise Refused(f"{where}: the input {name} is required")
        bound[name] = convert(kind, given.get(name, details.get("default", EMPTY.get(kind))), f"{where}: input {name}")
        if kind == "choice" and bound[name] not in details["options"]:
            raise Refused(f"{where}: input {name}: '{bound[name]}' is none of {', '.join(details['options'])}")
    return bound


def convert(kind, value, where):
    text = to_text(value)
    if kind in ("string", "choice"):
        return text
    if kind == "boolean" and text in ("true", "false"):
        return text == "true"
    if kind == "number":
        try:
            return float(text)
        except ValueError:
            pass
    raise Refused(f"{where}: '{text}' is not a {kind}")
