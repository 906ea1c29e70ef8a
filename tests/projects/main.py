"""Random projects, real builds: does the next one start from scratch wherever the tool says so?

See projects_test.sh, which starts the engine and calls this.
"""
import argparse
import collections
import os
import shutil
import signal
import subprocess
import sys
import time

from engine import Engine
from loop import Loop
from project import Client
from trial import FAILURES, Trial


def line(trial, seconds):
    p = trial.project
    drawn = [p.kind, f'{len(p.services)} services', f'name by {p.name_by}', p.layout['directory'], p.layout['files']]
    if p.kind != 'compose':
        drawn[2:] = [p.layout['directory']]
    sources = sorted({v.source for v in p.variables.values()})
    drawn += [f'variables by {" and ".join(sources)}'] * bool(sources) + p.traits + ['external'] * p.external + \
        [f'own builder by {p.own_builder}'] * bool(p.own_builder) + ['run by the tool'] * trial.runs + ['meddling'] * trial.meddles
    return f'{p.seed}\t{p.target or "all"}\t{", ".join(drawn)}\texit {" ".join(map(str, trial.exits))}\t' \
        f'{", ".join(trial.kinds())}\t{seconds:.1f} s'


def clean(engine, setting):
    """Empties the engine; what it holds for no build is given up by its next start."""
    engine.clean()
    for _ in range(50):
        if not (held := engine.held()):
            return
        time.sleep(0.1)
    print(f'  | nothing is built, but in use are {held}: the engine is started again', flush=True)
    pid = subprocess.run([setting.engine_sh, 'hold', setting.engine], check=True, capture_output=True, text=True).stdout
    os.kill(int(pid), signal.SIGTERM)
    subprocess.run([setting.engine_sh, 'up', setting.engine], check=True)
    engine.clean()


def main():
    options = argparse.ArgumentParser()
    for name in ('engine', 'engine_sh', 'socket', 'tool', 'directory', 'bin', 'home', 'busybox', 'engines'):
        options.add_argument('--' + name.replace('_', '-'), required=True)
    options.add_argument('--containerd', action='store_true')
    options.add_argument('--old-engine', action='store_true')
    options.add_argument('--no-print', action='store_true')
    options.add_argument('--builder', help='socket of the engine whose BuildKit is that of a builder in a container')
    options.add_argument('--loop', action='store_true', help='builds in a loop beside clearings, instead')
    options.add_argument('--seed', type=int, help='this one alone, whose directory stays')
    options.add_argument('--first', type=int, default=1)
    options.add_argument('--count', type=int, default=6)
    setting = options.parse_args()
    client = Client(setting.containerd, setting.old_engine, not setting.no_print, bool(setting.builder))
    engine = Engine(setting.socket)
    if setting.loop:
        return Loop(setting).run(50)
    kinds, by_kind, failed = collections.Counter(), collections.defaultdict(collections.Counter), 0
    projects = collections.Counter()
    seeds = [setting.seed] if setting.seed is not None else range(setting.first, setting.first + setting.count)
    for seed in seeds:
        begin = time.monotonic()
        trial = Trial(seed, client, engine, setting)
        clean(engine, setting)
        trial.run()
        print(line(trial, time.monotonic() - begin), flush=True)
        for kind, sentence in trial.findings:
            print(f'  | {kind}: {sentence}', flush=True)
        kinds.update(trial.kinds())
        projects[trial.project.kind] += 1
        by_kind[trial.project.kind].update(trial.kinds())
        failed += trial.failed()
        if trial.failed():
            print(f'  | its directory stays: {trial.root}; --seed {seed} replays it', flush=True)
        elif setting.seed is None:
            shutil.rmtree(trial.root, ignore_errors=True)
    engine.clean()
    for kind, counts in sorted(by_kind.items()):
        print(f'{kind}: {projects[kind]} projects; ' + ', '.join(f'{n} {k}' for k, n in counts.most_common()))
    print(f'{len(seeds)} projects, {failed} failed; ' + ', '.join(f'{n} {k}' for k, n in kinds.most_common()) +
          f' (failures are: {", ".join(FAILURES)})')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
