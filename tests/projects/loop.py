"""`docker compose build` in a loop beside 50 clearings: what was built before one that ends with exit status 0 is in
no build that begins after it."""
import collections
import json
import os
import random
import shutil
import subprocess
import threading
import time

from engine import Engine
from files import write

UUID = 'cat /proc/sys/kernel/random/uuid'
DOCKERFILE = ('FROM scratch\nCOPY busybox /bin/busybox\n'
              'RUN ["/bin/busybox", "sh", "-c", "/bin/busybox --install -s /bin && mkdir /steps && '
              f'{UUID} >/steps/1"]\nRUN {UUID} >/steps/2\nRUN {UUID} >/steps/3\n')


class Loop:
    def __init__(self, setting):
        self.setting, self.engine = setting, Engine(setting.socket)
        self.directory = os.path.join(setting.directory, 'loop')
        self.environment = {'PATH': f'{setting.bin}:/usr/sbin:/usr/bin:/sbin:/bin', 'HOME': setting.home,
                            'ENGINES_DIR': setting.engines, 'DOCKER_HOST': f'unix://{setting.socket}'}
        self.builds = []    # (begin, end, what is in its steps)
        self.failures = []
        self.ended = threading.Event()
        self.built = threading.Event()

    def command(self, *words):
        return subprocess.run(words, cwd=self.directory, env=self.environment, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, check=False)

    def prepare(self):
        self.engine.clean()
        shutil.rmtree(self.directory, ignore_errors=True)
        build = {'context': '.', 'network': 'none', 'cache_from': ['loop-web'], 'args': {'BUILDKIT_INLINE_CACHE': '1'}}
        write(f'{self.directory}/compose.yaml', json.dumps({'name': 'loop', 'services': {'web': {'build': build}}}))
        write(f'{self.directory}/Dockerfile', DOCKERFILE)
        shutil.copy(self.setting.busybox, f'{self.directory}/busybox')

    def build(self):
        chance = random.Random(1)
        while not self.ended.is_set():
            begin = time.monotonic()
            done = self.command('docker', 'compose', 'build')
            end = time.monotonic()
            image = self.engine.tags().get('loop-web:latest')
            try:
                steps = set(self.engine.steps(image).values()) if image else None
            except Exception:    # the image was removed meanwhile
                steps = None
            if done.returncode:
                self.failures.append(done.stderr[-300:])
            elif steps:
                self.builds.append((begin, end, steps))
                self.built.set()
            self.ended.wait(chance.random())    # so that some clearings meet no build

    def run(self, clearings):
        self.prepare()
        builder = threading.Thread(target=self.build)
        builder.start()
        exits, wrong, chance = [], [], random.Random(2)
        self.built.wait(60)
        for number in range(clearings):
            if number % 2:    # just behind a build, else at any time
                self.built.clear()
                self.built.wait(60)
            else:
                self.ended.wait(2 * chance.random())
            begin = time.monotonic()
            done = self.command(self.setting.tool, '--no-build', '--json', '--', 'docker', 'compose', 'build')
            exits.append((begin, time.monotonic(), done.returncode))
            if done.returncode not in (0, 3):
                self.failures.append(f'exit {done.returncode}: {done.stderr.strip()}')
        self.built.clear()
        self.built.wait(60)
        self.ended.set()
        builder.join()
        for number, (begin, end, status) in enumerate(exits, 1):
            before = set().union(*(steps for _, built, steps in self.builds if built < begin))
            for started, _, steps in self.builds:
                if status == 0 and started > end and steps & before:
                    wrong.append(f'clearing {number}: {len(steps & before)} steps of {len(steps)} came back')
                    break
        statuses = sorted(collections.Counter(status for *_, status in exits).items())
        print(f'{clearings} clearings beside {len(self.builds)} builds: ' +
              ', '.join(f'{n} with exit status {status}' for status, n in statuses))
        for sentence in wrong + self.failures:
            print('  | ' + sentence)
        clean = sum(status == 0 for *_, status in exits)
        if clean < clearings // 10:
            print(f'  | only {clean} with exit status 0 show little')
        self.engine.clean()
        return 1 if wrong or self.failures or clean < clearings // 10 else 0

