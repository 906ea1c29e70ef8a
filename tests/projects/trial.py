"""One project: built as a deployment does, twice, cleared, built again, and judged."""
import json
import os
import re
import shlex
import shutil
import subprocess
import time

import builder
import files
from draw import REGISTRY, Drawer
from engine import Engine, Failure, normal
from neighbors import Neighbors
from project import Variable, resolve

FAILURES = ('wrong clean', 'refused', 'harm', 'other plan', 'error')
# A build that breaks because of what was cleared is said before, with such words.
SAID = re.compile(r'built on|builds? on|is based on', re.I)
# After a prune 28.5's containerd store can lose a layer's parent to its garbage collector, once.
FLAW = 'failed to prepare extraction snapshot'


class Trial:
    def __init__(self, seed, client, engine, setting):
        self.seed, self.client, self.engine, self.setting = seed, client, engine, setting
        self.root = os.path.join(setting.directory, str(seed))
        self.findings = []    # (kind, sentence)
        self.exits = []
        self.log = ''
        self.project = None
        self.runs = False     # the tool runs the build
        self.meddles = False  # and old images get their names again before it builds

    def note(self, kind, sentence):
        self.findings.append((kind, sentence))

    def kinds(self):
        return sorted({kind for kind, _ in self.findings}) or ['clean' if set(self.exits) == {0} else 'residue']

    def failed(self):
        return any(kind in FAILURES for kind, _ in self.findings)

    def run(self):
        shutil.rmtree(self.root, ignore_errors=True)
        drawer = Drawer(self.seed, self.client)
        self.project = drawer.project(self.seed)
        with open(self.setting.busybox, 'rb') as busybox:
            busybox = busybox.read()
        try:
            self.writer = files.Writer(self.project, self.root, self.setting.busybox, self.client)
            self.deployment = self.writer.deployment()
            neighbors = Neighbors(self.engine, drawer.random, self.project, busybox)
            self.project.traits += neighbors.said
            self.judge(neighbors, drawer.random)
        except Failure as failure:
            self.note('error', str(failure))
        if self.project.own_builder:
            self.command(['docker', 'buildx', 'rm', 'own'])
        files.write(f'{self.root}/log', self.log)

    # --- commands ---

    def environment(self):
        return {'PATH': f'{self.setting.bin}:/usr/sbin:/usr/bin:/sbin:/bin', 'HOME': self.setting.home,
                'LANG': 'C.UTF-8', 'TMPDIR': self.setting.home,    # where docker's root sees it as well
                'BUILDKIT_PROGRESS': 'plain', 'ENGINES_DIR': self.setting.engines,
                'DOCKER_HOST': f'unix://{self.engine.path}', 'DOCKER_BUILDKIT': '1', **self.deployment.environment}

    def command(self, words):
        variables = ' '.join(f'{k}={shlex.quote(v)}' for k, v in self.deployment.environment.items())
        self.log += f'\n$ cd {self.deployment.directory}; {variables} {shlex.join(words)}\n'
        begin = time.monotonic()
        done = subprocess.run(words, cwd=self.deployment.directory, env=self.environment(), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=300, check=False)
        self.log += done.stdout + done.stderr + f'exit {done.returncode}, {time.monotonic() - begin:.1f} s\n'
        return done

    def build(self, words, services=()):
        """Returns the names that the build has given, and those that it has read, or None if it fails."""
        done = self.command(words)
        if done.returncode and FLAW in done.stderr:
            done = self.command(words)
        if done.returncode:
            return None
        return self.read_log(done, services)

    def read_log(self, done, services):
        log = done.stdout + done.stderr
        read = {normal(name) for name in re.findall(r'importing cache manifest from (\S+)', log)}
        named = re.findall(r'naming to (\S+)', log) + re.findall(r'writing image (sha256:\w{64})', log)
        if self.project.own_builder and not named:    # with some clients its log has no names
            return self.names_of(services), read
        if not named:
            raise Failure(f'a build says no name: {done.args}')
        return {normal(n) if not n.startswith('sha256:') else n for n in named}, read

    def names_of(self, services):
        names = {name for s in self.project.services if s.name in services
                 for name in [s.image or f'{self.project.name}-{s.name}', *s.tags]}
        decoys = {name: Variable(v.decoy, '', '') for name, v in self.project.variables.items()}
        known = {normal(resolve(name, v)) for name in names for v in (self.project.variables, decoys)}
        return known & set(self.engine.tags())

    def move(self):
        for source, to in self.project.moves:
            source, to = (os.path.join(self.deployment.directory, path) for path in (source, to))
            if os.path.isdir(source):
                shutil.rmtree(to, ignore_errors=True)
                os.rename(source, to)

    def deploy(self):
        """Returns the bytes of all steps."""
        if self.project.moves_first:
            self.move()
        names = self.named = set()
        for words, services in [(words, ()) for words in self.deployment.first] + \
                [(b.command, b.services) for b in self.deployment.builds]:
            built = self.build(words, services)
            if built is None:
                raise Failure(f'the project does not build: {shlex.join(words)}')
            names |= built[0]
        if not self.project.moves_first:
            self.move()
        if self.project.external and not self.project.allows_external:    # as a deployment to several hosts does
            for name in names:
                if name.startswith(REGISTRY):
                    self.engine.push(name)
        return set(self.bytes_of(names).values())

    def bytes_of(self, names):
        """Files of /steps in these images, `image/file`, and what is in them."""
        tags, found = self.engine.tags(), {}
        ids = {tags.get(name, name) for name in names if not name.startswith('moby-dangling')}
        for image in ids:
            found.update({f'{image[7:19]}/{name}': content for name, content in self.engine.steps(image).items()})
        return found

    def tool(self, build, *options):
        options += ('--all-builders',) * bool(self.project.clears_builder) + \
            ('--allow-external',) * self.project.allows_external
        done = self.command([self.setting.tool, *options, '--', *(build.asked or build.command)])
        try:
            return done, json.loads(done.stdout)
        except ValueError:
            return done, {}

    # --- the judgement ---

    def judge(self, neighbors, random):
        if self.project.own_builder:
            Engine(self.setting.builder).clean()
            with open(self.setting.busybox, 'rb') as busybox:
                builder.load(self.engine, busybox.read())
            self.command(['docker', 'buildx', 'create', '--name', 'own', '--driver', 'docker-container',
                          '--driver-opt', f'image={builder.IMAGE},network=host'] +
                         ['--use'] * (self.project.own_builder == 'use'))
        for words in self.deployment.once:
            if self.build(words) is None:
                raise Failure(f'what is built by hand does not build: {shlex.join(words)}')
        old = self.deploy()
        if self.project.changes:
            service = random.choice(self.project.services)
            files.write(f'{self.writer.where}/{service.directory}/app.txt', 'version 2\n')
        old |= self.deploy()
        if self.project.container:
            tags = self.engine.tags()
            image = min(tags.get(name, name) for name in self.named)
            self.engine.run(image, 'own-runs', ['/bin/busybox', 'sleep', '86400'])
        if missing := neighbors.lost():
            raise Failure(f'lost before the clearing: {missing}')

        first = self.deployment.cleared[0]
        self.runs = self.project.layout['runs'] and self.deployment.cleared == [first] and not first.asked
        # A FROM would take what comes back, and nothing is cached there.
        self.meddles = self.runs and self.client.has_history and self.seed % 3 > 0 and \
            not {'FROM another', 'FROM by hand'} & set(self.project.traits)
        if self.project.moves_first and self.runs:
            self.move()
        before = self.state()
        cleared = [(build, *self.clear(build)) for build in self.deployment.cleared]
        lost = neighbors.lost()
        gone = self.gone(before, self.state())
        if self.project.moves_first and not self.runs:
            self.move()
        allowed = set()
        for build, status, said, result in cleared:
            result = result or self.build(build.command, build.services)
            if result is None:
                self.broken(build, said)
                result = self.build_in_order(build)
            if result is None:
                continue
            allowed |= result[0] | result[1]
            steps = self.bytes_of(result[0])
            back = sorted({name.split('/')[1] for name, content in steps.items() if content in old and
                           name.split('/')[1].split('.')[0] in build.steps})
            if status == 0 and back:
                self.note('wrong clean', f'{", ".join(back)} came back')
            if status == 3 and not back:
                reasons = [f'{r["object"]}: {r["reason"]}' for r in said.get('residue', [])]
                self.note('false residue', '; '.join(reasons) or ' '.join(str(said.get('warnings')).split())[:300])
        lost += [f'{name}, which the build does not name' for name in gone - allowed]
        for sentence in lost:
            self.note('harm', sentence)

    def state(self):
        directories = {path for move in [('./cache-' + s.name, f'./cache-{s.name}-new') for s in self.project.services]
                       for path in move if os.path.isdir(os.path.join(self.deployment.directory, path))}
        return {'names': set(self.engine.tags()), 'untagged': set(self.engine.dangling()), 'directories': directories,
                'containers': self.engine.containers()}

    @staticmethod
    def gone(before, after):
        return before['names'] - after['names']

    def clear(self, build):
        """A dry run, then the clearing. Returns its exit status, what it said, and what it built."""
        before = self.state()
        planned, plan = self.tool(build, '--json', '--dry-run')
        if self.state() != before:
            self.note('harm', 'the dry run changed something')
        result = None
        if self.runs:
            if self.meddles:
                self.prepare_to_meddle()
            done, _ = self.tool(build)
            self.deployment.environment.pop('MEDDLE', None)
            said = {'warnings': done.stderr}
            if done.returncode == 0 or 'not from scratch: ' in done.stdout:
                result = self.read_log(done, build.services)
                if self.client.has_history and not re.search('^(built|not) from scratch: |^built: ', done.stdout, re.M):
                    self.note('error', 'nothing is said of the build')
            elif 'failed to solve' in done.stdout + done.stderr:    # it was clean, and the build failed
                done.returncode = 0
        else:
            done, said = self.tool(build, '--json', '--no-build')
        self.exits.append(done.returncode)
        after = self.state()
        if done.returncode == 2 or planned.returncode == 2:
            self.note('refused', (done.stderr or planned.stderr).strip().split('\n')[0])
        elif done.returncode not in (0, 3) or planned.returncode != 0:
            self.note('error', f'exit {planned.returncode}, {done.returncode}: {done.stderr.strip()[:200]}')
        elif not self.runs:
            self.compare(plan, said, before, after)
        return done.returncode, said, result

    def prepare_to_meddle(self):
        """Keeps the images of now, for the docker command to give them back before it builds."""
        script = ''
        for number, name in enumerate(sorted(self.named & set(self.engine.tags()))):
            self.command(['docker', 'tag', name, f'kept:{number}'])
            script += f'docker tag kept:{number} {name}\n'
        path = f'{self.root}/meddle'
        files.write(path, script)
        self.deployment.environment['MEDDLE'] = path

    def compare(self, plan, said, before, after):
        def actions(report):
            return [(a['action'], a['object']) for a in report.get('actions', [])]
        if actions(plan) != actions(said):
            self.note('other plan', f'{actions(plan)} planned, {actions(said)} done')
        names = {o for a, o in actions(plan) if a == 'remove-image'}
        if names != self.gone(before, after):
            self.note('other plan', f'{sorted(names)} planned, {sorted(self.gone(before, after))} gone')
        directories = {os.path.basename(o) for a, o in actions(plan) if 'director' in a or 'local' in a}
        gone = {os.path.basename(d) for d in before['directories'] - after['directories']}
        if directories != gone:
            self.note('other plan', f'directories {sorted(directories)} planned, {sorted(gone)} gone')
        untagged = len(before['untagged'] - after['untagged'])
        for report, key in (plan, 'planned_count'), (said, 'count'):
            count = sum(a[key] for a in report.get('actions', []) if 'dangling' in a['action'])
            if count != untagged:
                self.note('other plan', f'{key} of dangling images is {count}, {untagged} are gone')
        if before['containers'] != after['containers']:
            self.note('harm', 'a container has changed')

    def broken(self, build, said):
        last = [line for line in self.log.split('\n') if 'ERROR' in line or 'failed to' in line][-1:]
        if SAID.search(json.dumps({k: said.get(k) for k in ('warnings', 'notes', 'caveats', 'findings')})):
            self.note('broken, and said', ''.join(last)[:160])
        else:
            self.note('broken without a word', f'{shlex.join(build.command)}: {"".join(last)[:160]}')

    def build_in_order(self, build):
        """As the deployment builds it, with what has to be there before."""
        builds = self.deployment.builds
        before = builds[:builds.index(build)] if build in builds else []
        for words in self.deployment.once + self.deployment.first + [one.command for one in before]:
            self.build(words)
        return self.build(build.command, build.services)
