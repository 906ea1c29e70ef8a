#!/usr/bin/env -S python3 -B
"""Runs a workflow on this machine, with the programs that are on the PATH:

  run.py --repository OWNER/NAME@REF=DIR [...] --event EVENT [OPTION...] DIRECTORY WORKFLOW

WORKFLOW is a path in the first repository; the others are what `uses` and checkouts find. DIRECTORY, which must not
exist, gets the jobs' workspaces and temporary files, and result.json: what became of each job and step, with exit
status, outputs and summary. The log goes to standard output. Exit status: 0 success, 1 a job failed or was cancelled,
2 the workflow is refused, by GitHub's rules or because something in it is not known here. SIGINT cancels.
"""
import argparse
import json
import signal
import sys
from pathlib import Path

from definitions import Source, bind, load_workflow
from expressions import Refused
from jobs import Run, World


def pair(text):
    name, equal, value = text.partition("=")
    if not equal:
        raise argparse.ArgumentTypeError(f"'{text}' is not NAME=VALUE")
    return name, value


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--repository", type=pair, action="append", required=True)
    parser.add_argument("--event", required=True)
    parser.add_argument("--ref", default="refs/heads/main")
    parser.add_argument("--input", type=pair, action="append", default=[])
    parser.add_argument("--var", type=pair, action="append", default=[])
    parser.add_argument("--secret", type=pair, action="append", default=[])
    parser.add_argument("--server", default="https://github.com")
    parser.add_argument("--self-hosted", action="store_true")
    parser.add_argument("--job", default="", help="this one alone")
    parser.add_argument("directory", type=Path)
    parser.add_argument("workflow")
    given = parser.parse_args()
    given.directory.mkdir(parents=True)
    given.directory = given.directory.resolve()
    repositories = []
    for name, directory in given.repository:
        name, _, ref = name.partition("@")
        repositories.append(Source(Path(directory).resolve(), name, ref))
    world = World(given.directory, repositories, given.event, given.ref, dict(given.var), server=given.server,
                  environment="self-hosted" if given.self_hosted else "github-hosted", only_job=given.job)
    signal.signal(signal.SIGINT, world.cancel)
    try:
        workflow = load_workflow(repositories[0], given.workflow)
        if given.event not in workflow.triggers:
            raise Refused(f"{given.workflow} does not run on {given.event}")
        inputs = bind(workflow.declared("inputs", given.event), dict(given.input), given.workflow)
        result = Run(world, workflow, inputs, dict(given.secret)).run(given.directory / "jobs")
    except Refused as error:
        print(f"refused: {error}", flush=True)
        return 2
    (given.directory / "result.json").write_text(json.dumps(result, indent=1))
    print(f"\n{result['result']}")
    return 0 if result["result"] == "success" else 1


sys.exit(main())
