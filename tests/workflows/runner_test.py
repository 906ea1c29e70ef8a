#!/usr/bin/env -S python3 -B
"""The runner and the checks themselves: small workflows, and what GitHub would make of them."""
import json
import signal
import subprocess
import tempfile
import textwrap
import unittest
from pathlib import Path

HERE = Path(__file__).parent
HEAD = "on: {workflow_dispatch: {inputs: {word: {type: string, default: a b}}}}\npermissions: {contents: read}\n"
ACTION = """
    name: an action
    inputs: {word: {default: none}, number: {required: true}, status: {default: 0}}
    outputs: {said: {value: "${{ steps.say.outputs.said }}"}}
    runs:
      using: composite
      steps:
        - {id: say, shell: bash, env: {WORD: "${{ inputs.word }}"}, run: 'echo "said=$WORD" >>"$GITHUB_OUTPUT"'}
        - {shell: bash, env: {S: "${{ inputs.status }}"}, run: '[ -s "$GITHUB_ACTION_PATH/action.yml" ]; exit "$S"'}
        - {if: always(), shell: bash, run: echo cleaned up}
"""
CALLED = """
    on: {workflow_call: {inputs: {count: {type: number, default: 3}}, secrets: {KEY: {required: true}},
                         outputs: {double: {value: "${{ jobs.a.outputs.double }}"}}}}
    permissions: {contents: read}
    jobs:
      a:
        runs-on: x
        timeout-minutes: ${{ inputs.count || 15 }}
        outputs: {double: "${{ steps.s.outputs.double }}"}
        steps:
          - id: s
            env: {COUNT: "${{ inputs.count }}", KEY: "${{ secrets.KEY }}", FROM: "${{ job.workflow_repository }}"}
            run: echo "double=$((COUNT * 2)) $KEY $FROM" >>"$GITHUB_OUTPUT"
"""


def job(steps, more=""):
    steps = textwrap.indent(textwrap.dedent(steps).strip(), "      ")
    return f"{HEAD}jobs:\n  a:\n    runs-on: x\n    timeout-minutes: 5\n{more}    steps:\n{steps}\n"


class Case(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.root = Path(directory.name)

    def write(self, path, text):
        file = self.root / "own" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text))

    def start(self, workflow, *options):
        self.write("flow.yml", workflow)
        self.write("action/action.yml", ACTION)
        self.write("called.yml", CALLED)
        return subprocess.Popen([HERE / "run.py", "--repository", f"me/own@v1={self.root}/own", "--event",
                                 "workflow_dispatch", *options, self.root / "out", "flow.yml"],
                                text=True, stdout=subprocess.PIPE)

    def run_(self, workflow, *options, status=0):
        process = self.start(workflow, *options)
        log = process.communicate()[0]
        self.assertEqual(process.returncode, status, log)
        return json.loads((self.root / "out/result.json").read_text()) if status != 2 else log

    def step(self, result, number=-1):
        return result["jobs"]["a"]["steps"][number]


class Runner(Case):
    def test_outputs_go_from_step_to_step_by_env(self):
        result = self.run_(job("""
            - {id: one, env: {WORD: "${{ inputs.word }}"}, run: 'echo "word=$WORD" >>"$GITHUB_OUTPUT"'}
            - {id: two, env: {WORD: "<${{ steps.one.outputs.word }}>"}, run: 'echo "word=$WORD" >>"$GITHUB_OUTPUT"'}
        """))
        self.assertEqual(self.step(result)["outputs"], {"word": "<a b>"})

    def test_a_failure_skips_what_follows_but_for_always(self):
        result = self.run_(job("""
            - {id: one, run: exit 3}
            - run: echo not reached
            - {if: failure(), run: echo reached}
            - {if: "always() && steps.one.outcome == 'failure'", run: echo reached too}
        """), status=1)
        self.assertEqual([step["outcome"] for step in result["jobs"]["a"]["steps"]],
                         ["failure", "skipped", "success", "success"])
        self.assertEqual(self.step(result, 0)["exit"], 3)

    def test_a_step_ends_at_the_first_command_that_fails(self):
        self.run_(job("- {run: 'false; true'}"), status=1)

    def test_continue_on_error_forgives(self):
        result = self.run_(job("- {run: exit 3, continue-on-error: true}\n- run: 'true'"))
        self.assertEqual([self.step(result, 0)[key] for key in ("outcome", "conclusion")], ["failure", "success"])

    def test_conditions(self):
        for condition, expected in [("inputs.word != ''", True), ("inputs.word == 'A B'", True), ("vars.NONE", False),
                                    ("!vars.NONE && (vars.NONE || inputs.word)", True), ("failure()", False),
                                    ("${{ vars.NONE == null }}", True), ("'' == 0", True), ("'x' == 0", False)]:
            with self.subTest(condition):
                self.setUp()
                result = self.run_(job(f'- {{if: "{condition}", run: "true"}}'))
                self.assertEqual(self.step(result)["outcome"], "success" if expected else "skipped")

    def test_a_composite_action(self):
        result = self.run_(job("""
            - uses: actions/checkout@v4
            - {id: act, uses: ./action, with: {word: $(echo hello), number: 1, status: 3}}
        """), status=1)
        act = self.step(result)
        self.assertEqual(act["outputs"], {"said": "$(echo hello)"})
        self.assertEqual([step["outcome"] for step in act["steps"]], ["success", "failure", "success"])

    def test_an_action_of_another_repository_at_its_version(self):
        result = self.run_(job("- {uses: me/own/action@v1, with: {number: 1}}"))
        self.assertEqual(self.step(result)["outputs"], {"said": "none"})

    def test_a_called_workflow(self):
        result = self.run_(HEAD + textwrap.dedent("""
            jobs:
              a: {uses: ./called.yml, with: {count: 4}, secrets: {KEY: "${{ secrets.K }}"}}
              b:
                needs: a
                runs-on: x
                steps: [{env: {D: "${{ needs.a.outputs.double }}"}, run: 'test "$D" = "8 key me/own"'}]
        """), "--secret", "K=key")
        self.assertEqual(result["jobs"]["a"]["jobs"]["a"]["timeout-minutes"], 4)

    def test_artifacts_go_from_job_to_job(self):
        self.run_(HEAD + textwrap.dedent("""
            jobs:
              b: {needs: [a], runs-on: x, steps: [{uses: actions/download-artifact@v4, with: {name: n, path: d}},
                                                  {run: test -s d/file -a ! -x d/file}]}
              a: {runs-on: x, steps: [{run: mkdir d && echo 1 >d/file && chmod +x d/file},
                                      {uses: actions/upload-artifact@v4, with: {name: n, path: d}}]}
        """))

    def test_cancelled(self):
        process = self.start(job("""
            - {name: a step, run: 'trap "exit 130" INT; echo begun; while :; do sleep 0.1; done'}
            - run: echo not reached
            - {if: always(), run: echo reached}
        """))
        log = ""
        while "begun" not in log:
            log += process.stdout.readline()
        process.send_signal(signal.SIGINT)
        log += process.communicate()[0]
        self.assertEqual(process.returncode, 1, log)
        steps = json.loads((self.root / "out/result.json").read_text())["jobs"]["a"]["steps"]
        self.assertEqual([step["outcome"] for step in steps], ["cancelled", "skipped", "success"], log)

    def test_refused(self):
        for sentence, workflow, *options in [
            ("the key services is not known here", job("- run: a", "    services: {}\n")),
            ("the key retries is not known here", job("- {run: a, retries: 2}")),
            ("runs is given twice", "runs: 1\nruns: 2\n"),
            ("has no input words", job("- run: a"), "--input", "words=1"),
            ("has no input words", job("- {uses: me/own/action@v1, with: {words: 1}}")),
            ("the input number is required", job("- {uses: me/own/action@v1}")),
            ("the repository me/own@v2 is not there", job("- {uses: me/own/action@v2, with: {number: 1}}")),
            ("secrets is not known here", job("- uses: actions/checkout@v4\n- uses: ./other")),
            ("inputs.wrod is not known here", job('- {env: {W: "${{ inputs.wrod }}"}, run: a}')),
            ("steps.two is not known here", job('- {env: {W: "${{ steps.two.outputs.x }}"}, run: a}')),
            ("the function hashFiles is not known here", job('- {env: {W: "${{ hashFiles(1) }}"}, run: a}')),
            ("not known here from '[0]' on", job('- {env: {W: "${{ vars[0] }}"}, run: a}')),
            ("the shell pwsh is not known here", job("- {shell: pwsh, run: a}")),
            ("writes to GITHUB_ENV", job('- run: echo A=1 >>"$GITHUB_ENV"')),
            ("asks for contents: read, and its caller has none",
             "on: {workflow_dispatch: }\npermissions: {}\njobs: {a: {uses: ./called.yml, secrets: {KEY: k}}}\n"),
            ("has no secret TOKEN", HEAD + "jobs: {a: {uses: ./called.yml, secrets: {KEY: k, TOKEN: k}}}\n"),
            ("the secret KEY is required", HEAD + "jobs: {a: {uses: ./called.yml}}\n"),
            ("'x' is not a number", HEAD + "jobs: {a: {uses: ./called.yml, with: {count: x}, secrets: {KEY: k}}}\n"),
            ("does not run on workflow_dispatch", "on: {push: }\njobs: {}\n"),
            ("jobs that wait", HEAD + "jobs: {a: {needs: b, runs-on: x, steps: []}}\n"),
        ]:
            with self.subTest(sentence):
                self.setUp()
                self.write("other/action.yml", ACTION.replace("inputs.word", "secrets.K").replace("true", "false"))
                self.assertIn(sentence, self.run_(workflow, *options, status=2))


class Checks(Case):
    def check(self, workflow, *paths):
        self.write("flow.yml", workflow)
        self.write("action/action.yml", ACTION)
        self.write("called.yml", CALLED)
        return subprocess.run([HERE / "check.py", "1", self.root / "own", "flow.yml", *paths], text=True,
                              capture_output=True, check=False).stdout

    def test_nothing_is_wrong(self):
        self.assertEqual(self.check(job("""
            - {id: act, uses: OWNER/clear-app-cache/action@v1, with: {number: 1}}
            - {if: "always() && inputs.word", env: {W: "${{ steps.act.outputs.said }}"}, run: echo "$W"}
        """), "action", "called.yml"), "")

    def test_each_mistake_is_found(self):
        for sentence, workflow in [
            ("an expression in a shell step", job('- run: echo ${{ inputs.word }}')),
            ("SC2086", job("- run: echo $HOME")),
            ("inputs.wrod is not declared", job('- {env: {W: "${{ inputs.wrod }}"}, run: "true"}')),
            ("steps.b.outputs.c is not declared", job('- {if: "steps.b.outputs.c", run: "true"}')),
            ("steps.act.outputs.c is not declared", job("""
                - {id: act, uses: ./action, with: {number: 1}}
                - {if: "steps.act.outputs.c", run: 'true'}""")),
            ("needs.b.outputs.c is not declared", job("- run: 'true'", "    if: needs.b.outputs.c\n")),
            ("matrix is not available here", job('- {if: matrix.x, run: "true"}')),
            ("the function hashFiles is not known here", job('- {if: "hashFiles(1)", run: "true"}')),
            ("a value expected", job('- {if: "inputs.word ==", run: "true"}')),
            ("./action has no input words", job("- {uses: ./action, with: {words: 1}}")),
            ("is not version v1", job("- uses: OWNER/clear-app-cache/action@v2")),
            ("someone/action@v1 is not known here", job("- uses: someone/action@v1")),
            ("No such file", job("- uses: ./nowhere")),
            ("no timeout-minutes", job("- run: 'true'").replace("    timeout-minutes: 5\n", "")),
            ("no permissions", job("- run: 'true'").replace("permissions: {contents: read}\n", "")),
            ("the key retries is not known here", job("- {run: 'true', retries: 2}")),
        ]:
            with self.subTest(sentence):
                self.assertIn(sentence, self.check(workflow))


if __name__ == "__main__":
    unittest.main()
