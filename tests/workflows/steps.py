"""The steps of a job or of a composite action. Commands are run by this machine's shells."""
import os
import subprocess

from contexts import Contexts, Open, is_true, status_functions
from definitions import Source, bind, describe, load_action
from expressions import Refused, to_text
from stand_ins import STAND_INS

SHELLS = {"": ["bash", "-e"], "bash": ["bash", "--noprofile", "--norc", "-eo", "pipefail"], "sh": ["sh", "-e"]}


class Steps:
    """The steps of a job or of a composite action."""

    def __init__(self, job, steps, contexts, env, title):
        self.job, self.world, self.steps, self.env, self.title = job, job.world, steps, env, title
        self.status = "success"
        self.by_id = {step["id"]: {"outputs": Open(), "outcome": "", "conclusion": ""}
                      for step in steps if "id" in step}
        self.contexts = Contexts(contexts | {"steps": self.by_id, "env": Open(env)})
        self.contexts.functions = status_functions(lambda: self.status, self.world)
        self.records = []

    def run(self):
        for step in self.steps:
            record = self.run_step(step)
            self.records.append(record)
            self.by_id.get(step.get("id"), {}).update(record)
            if record["conclusion"] in ("failure", "cancelled"):
                self.status = record["conclusion"]
        return self.records

    def run_step(self, step):
        record = {"name": to_text(self.contexts.fill(describe(step))), "outputs": Open()}
        if not is_true(step.get("if"), self.contexts):
            return record | {"outcome": "skipped", "conclusion": "skipped"}
        print(f"\n--- {self.title} / {record['name']}", flush=True)
        env = self.env | self.contexts.fill_all(step.get("env"))
        contexts = Contexts(self.contexts | {"env": Open(env)})
        contexts.functions = self.contexts.functions
        record |= self.run_shell(step, contexts, env) if "run" in step else self.use(step, contexts, env)
        if record["outcome"] == "failure" and self.world.cancelled:
            record["outcome"] = "cancelled"
        forgiven = record["outcome"] == "failure" and self.contexts.fill(step.get("continue-on-error", False))
        return record | {"conclusion": "success" if forgiven else record["outcome"]}

    def run_shell(self, step, contexts, env):
        shell = step.get("shell") or ("sh" if "container" in self.job.job else "")
        if shell not in SHELLS:
            raise Refused(f"the shell {shell} is not known here")
        files = {name: self.job.temp / f"_{name.lower()}" for name in
                 ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_ENV", "GITHUB_PATH", "GITHUB_STATE")}
        for file in files.values():
            file.write_text("")
        script = self.job.temp / "_script.sh"
        script.write_text(contexts.fill(step["run"]) + "\n")
        github = contexts["github"]
        env = os.environ | env | {name: str(file) for name, file in files.items()} | {
            "CI": "true", "GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": str(self.job.workspace),
            "GITHUB_ACTION_PATH": github["action_path"], "GITHUB_REPOSITORY": github["repository"],
            "GITHUB_REF_NAME": github["ref_name"], "GITHUB_SERVER_URL": github["server_url"],
            "RUNNER_TEMP": str(self.job.temp), "RUNNER_OS": "Linux", "RUNNER_ENVIRONMENT": self.world.environment,
        }
        place = self.job.workspace / to_text(contexts.fill(step.get("working-directory", ".")))
        # A shell in the background of another has its children ignore SIGINT.
        status = self.world.wait_for("env", "--default-signal=INT", *SHELLS[shell], script, env=env, cwd=place,
                                     stdin=subprocess.DEVNULL, stderr=subprocess.STDOUT, start_new_session=True)
        for name in ("GITHUB_ENV", "GITHUB_PATH", "GITHUB_STATE"):
            if files[name].read_text():
                raise Refused(f"a step writes to {name}, which is not known here")
        return {"outcome": "failure" if status else "success", "exit": status,
                "outputs": Open(read_outputs(files["GITHUB_OUTPUT"].read_text())),
                "summary": files["GITHUB_STEP_SUMMARY"].read_text()}

    def use(self, step, contexts, env):
        given = contexts.fill_all(step.get("with"))
        uses = step["uses"]
        if uses in STAND_INS:
            STAND_INS[uses](self.job, given)
            return {"outcome": "success"}
        if uses.startswith("./"):
            action = load_action(Source(self.job.workspace / uses))
        else:
            action = self.world.find(uses, lambda source, path: load_action(
                Source(source.directory / path, source.repository, source.ref)))
        inputs = {name: to_text(contexts.fill(value)) for name, value in
                  bind(action.declared("inputs"), given, uses).items()}
        github = contexts["github"] | {"action_repository": action.source.repository, "action_ref": action.source.ref,
                                       "action_path": str(action.source.directory)}
        inner = {name: contexts[name] for name in ("job", "runner")} | {"github": github, "inputs": inputs}
        steps = Steps(self.job, action.steps, inner, env, f"{self.title} / {describe(step)}")
        records = steps.run()
        # Also after a failure: the outputs say why.
        outputs = {name: to_text(steps.contexts.fill(value["value"])) for name, value in
                   action.declared("outputs").items()}
        return {"outcome": steps.status, "outputs": Open(outputs), "steps": records}


def read_outputs(text):
    outputs, lines = {}, iter(text.splitlines())
    for line in lines:
        name, separator, value = line.partition("=")
        if not separator or "<<" in name:
            raise Refused(f"the output '{line}' is not of a form that is known here")
        outputs[name] = value
    return outputs
