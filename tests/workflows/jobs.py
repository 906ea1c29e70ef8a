"""Jobs in the order of their needs, and the workflows that they call. Timeouts, permissions, containers and concurrency
are recorded, not enforced; but that a called workflow asks for no permission beyond its caller's is checked, as GitHub
checks it.
"""
import hashlib
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

from contexts import Contexts, Open, is_true, status_functions
from definitions import bind, load_workflow
from expressions import Refused, to_text
from steps import Steps


def commit(repository, ref):
    return hashlib.sha1(f"{repository}@{ref}".encode()).hexdigest()


@dataclass
class World:
    """What is the same for all jobs of a run."""
    directory: Path
    repositories: list  # of Source: what `uses` and checkouts find, the workflow's own first
    event: str
    ref: str
    variables: dict
    token: str = "token"
    server: str = "https://github.com"
    environment: str = "github-hosted"
    only_job: str = ""
    process: subprocess.Popen = None
    cancelled: bool = False

    def repository(self, name, ref=""):
        """A repository at a ref or commit, by default at the first that is known."""
        for source in self.repositories:
            if source.repository == name and ref in ("", source.ref, commit(name, source.ref)):
                return source
        raise Refused(f"the repository {name}{ref and '@' + ref} is not there")

    def cancel(self, *_):
        """As GitHub cancels a job: the process of the step gets a signal, it alone, and not what it has started."""
        self.cancelled = True
        if self.process:
            self.process.send_signal(signal.SIGINT)

    def wait_for(self, *command, **options):
        """Runs a step's process, and returns its exit status."""
        was_cancelled = self.cancelled
        self.process = subprocess.Popen(command, **options)
        if self.cancelled and not was_cancelled:  # while it was started
            self.cancel()
        status = self.process.wait()
        self.process = None
        return status

    def find(self, uses, load):
        """owner/name/path@ref"""
        place, at, ref = uses.partition("@")
        owner, name, path = place.split("/", 2)
        if not at:
            raise Refused(f"uses: {uses} names no version")
        return load(self.repository(f"{owner}/{name}", ref), path)


class Run:
    """One workflow: what an event starts, or what a job calls."""

    def __init__(self, world, workflow, inputs, secrets, limit=None):
        self.world, self.workflow, self.secrets = world, workflow, Open(secrets)
        # An input of the other trigger is there, and empty.
        self.inputs = {name: "" for name in workflow.declared("inputs")} | inputs
        self.limit = limit  # the permissions of the job that calls this
        self.results = {}

    def run(self, directory):
        waiting = dict(self.workflow.jobs)
        if self.world.only_job:
            waiting = {self.world.only_job: waiting[self.world.only_job]}
            self.world.only_job = ""
        while waiting:
            for name, job in waiting.items():
                needs = as_list(job.get("needs"))
                if all(need in self.results for need in needs):
                    break
            else:
                raise Refused(f"jobs that wait for each other, or for none: {', '.join(waiting)}")
            self.results[name] = Job(self, name, waiting.pop(name), needs).run(directory / name)
        ran = [job["result"] for job in self.results.values() if job["result"] != "skipped"]
        result = {"result": worst(ran), "jobs": self.results}
        contexts = Contexts({"jobs": self.results, "inputs": self.inputs, "vars": Open(self.world.variables)})
        declared = self.workflow.declared("outputs", "workflow_call")
        result["outputs"] = {name: to_text(contexts.fill(value["value"])) for name, value in declared.items()}
        return result


class Job:
    def __init__(self, run, name, job, needs):
        self.workflow_run, self.world, self.job = run, run.world, job
        self.title = f"{run.workflow.name} / {name}"
        self.permissions = job.get("permissions", run.workflow.data.get("permissions", run.limit))
        check_permissions(self.permissions, run.limit, self.title)
        world, source = run.world, run.workflow.source
        own = world.repositories[0]
        self.contexts = Contexts({
            "github": {
                "repository": own.repository, "ref": world.ref, "ref_name": world.ref.split("/", 2)[-1],
                "sha": commit(own.repository, own.ref), "event_name": world.event, "server_url": world.server,
                "token": world.token, "action_repository": "", "action_ref": "", "action_path": "",
            },
            "job": {"workflow_repository": source.repository, "workflow_sha": commit(source.repository, source.ref)},
            "runner": {"os": "Linux", "environment": world.environment},
            "inputs": run.inputs, "secrets": run.secrets, "vars": Open(world.variables), "env": Open(),
            "needs": {need: run.results[need] for need in needs},
        })
        self.contexts.functions = status_functions(
            lambda: worst(run.results[need]["result"] for need in needs), world)

    def run(self, directory):
        if not is_true(self.job.get("if"), self.contexts):
            return {"result": "skipped", "outputs": Open()}
        return self.call(directory) if "uses" in self.job else self.run_steps(directory)

    def call(self, directory):
        uses = self.job["uses"]
        if uses.startswith("./"):
            workflow = load_workflow(self.workflow_run.workflow.source, uses[2:])
        else:
            workflow = self.world.find(uses, load_workflow)
        if "workflow_call" not in workflow.triggers:
            raise Refused(f"{uses} cannot be called")
        given = {name: self.contexts.fill(value) for name, value in self.job.get("with", {}).items()}
        inputs = bind(workflow.declared("inputs", "workflow_call"), given, uses)
        secrets = self.job.get("secrets") or {}
        secrets = self.workflow_run.secrets if secrets == "inherit" else self.contexts.fill_all(secrets)
        declared = workflow.declared("secrets", "workflow_call")
        for name, details in declared.items():
            if details.get("required") and name not in secrets:
                raise Refused(f"{uses}: the secret {name} is required")
        for name in secrets if self.job.get("secrets") != "inherit" else ():
            if name not in declared:
                raise Refused(f"{uses} has no secret {name}")
        result = Run(self.world, workflow, inputs, secrets, self.permissions).run(directory)
        return result | {"outputs": Open(result["outputs"])}

    def run_steps(self, directory):
        self.workspace, self.temp = directory / "workspace", directory / "temp"
        self.workspace.mkdir(parents=True)
        self.temp.mkdir()
        # Evaluated first: what is wrong there, GitHub also says before it runs a step.
        result = {"runs-on": self.contexts.fill(self.job["runs-on"]), "permissions": self.permissions,
                  "timeout-minutes": self.contexts.fill(self.job.get("timeout-minutes", 360)),
                  "concurrency": self.contexts.fill(self.job.get("concurrency", ""))}
        workflow_env = self.contexts.fill_all(self.workflow_run.workflow.data.get("env"))
        env = workflow_env | self.contexts.fill_all(self.job.get("env"))
        steps = Steps(self, self.job["steps"], self.contexts, env, self.title)
        result |= {"steps": steps.run(), "result": steps.status}
        outputs = Open(steps.contexts.fill_all(self.job.get("outputs")))
        return result | {"outputs": outputs}


def worst(results):
    """The result that decides."""
    results = set(results)
    return next((result for result in ("failure", "cancelled", "skipped") if result in results), "success")


def check_permissions(asked, limit, where):
    """None: the repository's default, which is not known."""
    order = ["none", "read", "write"]
    for name, level in (asked or {}).items() if limit is not None else ():
        if order.index(level) > order.index(limit.get(name, "none")):
            raise Refused(f"{where} asks for {name}: {level}, and its caller has {limit.get(name, 'none')}")


def as_list(value):
    return value if isinstance(value, list) else [value] if value else []
