"""Writes the files of a drawn project, and says which commands build it: by Compose, by bake, or by a script."""
import json
import os
import re
import shutil
from dataclasses import dataclass, field

from draw import HERE
from project import resolve


@dataclass
class Build:
    """A build command, and what it builds."""
    command: list
    steps: set            # ids of the Dockerfiles whose steps are the command's own
    services: list        # names
    asked: list = None    # the command that the tool is told, where it is another one: up --build


@dataclass
class Deployment:
    directory: str        # where it runs
    environment: dict
    once: list = field(default_factory=list)       # commands by hand, before all else
    first: list = field(default_factory=list)      # commands before each build
    builds: list = field(default_factory=list)
    cleared: list = field(default_factory=list)    # those of the builds that are cleared for, maybe of one target alone


def closure(services, all_services):
    """Names of the services, and of those whose builds are their contexts."""
    found, todo = [], list(services)
    while todo:
        name = todo.pop()
        if name not in found:
            found.append(name)
            service = next(s for s in all_services if s.name == name)
            todo += [c.split(':')[1] for c in service.contexts.values()]
    return found


def write(path, text, here=''):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    text = text.replace(HERE, here)
    with open(path, 'w', encoding='utf-8') as file:
        file.write(text)


class Writer:
    def __init__(self, project, root, busybox, client):
        self.project, self.root, self.busybox = project, root, busybox
        self.uses_print, self.outputs = client.has_print, client.containerd
        self.layout = project.layout
        self.where = os.path.join(root, project.name if project.name_by == 'directory' else 'deployment')
        places = {'here': self.where, 'above': root, 'beside': os.path.join(root, 'elsewhere'),
                  'below': os.path.join(self.where, 'below')}
        self.cwd = places[self.layout['directory']]
        os.makedirs(self.where, exist_ok=True)
        os.makedirs(self.cwd, exist_ok=True)
        self.rel = os.path.relpath(self.where, self.cwd)
        self.environment = {}

    def deployment(self):
        project = self.project
        for name in {'hand', *(s.directory for s in project.services)}:
            self.write_context(name)
        for dockerfile in [s.dockerfile for s in project.services] + [d for _, d, _ in project.by_hand]:
            write(f'{self.where}/files/{dockerfile.id}.Dockerfile', dockerfile.text)
        for service in project.services:
            write(f'{self.where}/{service.directory}/Dockerfile', service.dockerfile.text)
        for name, variable in project.variables.items():
            if variable.source == 'environment' or variable.source == 'file' and project.kind != 'compose':
                self.environment[name] = variable.value
        result = Deployment(self.cwd, self.environment)
        for tag, dockerfile, stage in project.by_hand:
            directory = next((s.directory for s in project.services if s.dockerfile is dockerfile), 'hand')
            command = ['docker', 'build', '--network', 'none', '--build-arg', 'BUILDKIT_INLINE_CACHE=1', '-t', tag,
                       '-f', f'{self.rel}/files/{dockerfile.id}.Dockerfile', *(['--target', stage] if stage else []),
                       f'{self.rel}/{directory}']
            (result.first if stage else result.once).append(command)
        {'compose': self.compose, 'x-bake': self.bake, 'hcl': self.bake, 'json': self.bake,
         'script': self.script}[project.kind](result)
        return result

    def write_context(self, name):
        directory = f'{self.where}/{name}'
        os.makedirs(directory, exist_ok=True)
        if not os.path.exists(f'{directory}/busybox'):
            shutil.copy(self.busybox, f'{directory}/busybox')
        write(f'{directory}/app.txt', f'{name} 1\n')

    def option(self, *words):
        """`--option value`, or --option=value; -pVALUE for what has one letter."""
        if not self.layout['equals']:
            return list(words)
        return [('=' if words[0].startswith('--') else '').join(words)]

    def build_of(self, command, names):
        services = closure(names, self.project.services)
        return Build(command, {s.dockerfile.id for s in self.project.services if s.name in services}, services)

    def builds(self, result, command, built, group=None):
        """command(names) builds these services or groups, or all of them."""
        project = self.project
        if project.base_first:
            result.first.append(command([project.base_first]))
        named = (group or built) if self.layout['named'] else []
        result.builds = [self.build_of(command(named), built)]
        names = [project.target] if project.target else named
        result.cleared = [self.build_of(command(names), [project.target] if project.target else built)]

    # --- Compose ---

    def service(self, service, bake):
        d = service.dockerfile
        # Compose looks beside its file (or in --project-directory), bake where it runs.
        build = {'context': f'{self.rel if bake else "."}/{service.directory}', 'network': 'none'}
        if d.place == 'inline':
            build['dockerfile_inline'] = d.text
        elif d.place == 'elsewhere':
            build['dockerfile'] = f'../files/{d.id}.Dockerfile'
        if service.stage:
            build['target'] = service.stage
        if service.inline:
            build['args'] = {'BUILDKIT_INLINE_CACHE': '1'}
        if service.contexts:
            build['additional_contexts'] = service.contexts
        names = {'tags': service.tags, 'cache_from': service.cache_from, 'cache_to': service.cache_to}
        if bake:
            build['x-bake'] = {key.replace('_', '-'): value for key, value in names.items() if value}
        else:
            build.update({key: value for key, value in names.items() if value})
        found = {'build': build}
        if service.image:
            found['image'] = service.image
        if service.profile:
            found['profiles'] = [service.profile]
        return found

    def compose_files(self, two, conf, bake=False):
        """Returns the files' names within the project's directory."""
        project = self.project
        services = {s.name: self.service(s, bake) for s in project.services}
        head = {'name': project.name} if project.name_by == 'file' else {}
        second = {}
        if two:    # what it says comes on top
            for name, service in services.items():
                second[name] = {'build': {'cache_from': service['build'].pop('cache_from', [])}}
                if 'image' in service:
                    second[name]['image'] = service['image']
                    service['image'] = 'overridden:1'
        names = [conf + 'compose.yaml', *([conf + two] if two else [])]
        for name, content in zip(names, [services, second]):
            text = json.dumps({**(head if content is services else {}), 'services': content}, indent=1)
            write(f'{self.where}/{name}', text + '\n', self.cwd)    # JSON is YAML
        return names

    def compose(self, result):
        project, layout = self.project, self.layout
        found = layout['files'] in ('compose.yaml', 'override')    # Compose looks for them
        if found and layout['directory'] not in ('here', 'below') or layout['project_directory']:
            layout['files'] = 'two -f' if layout['files'] == 'override' else 'one -f'
            found = False
        two = {'two -f': 'production.yaml', 'override': 'compose.override.yaml', 'COMPOSE_FILE': 'more.yaml'}
        conf = 'conf/' if layout['project_directory'] else ''
        files = [os.path.join(self.rel, name) for name in self.compose_files(two.get(layout['files']), conf)]
        words = []
        if layout['files'] == 'COMPOSE_FILE':
            self.environment['COMPOSE_FILE'] = ':'.join(files)
        elif not found:
            for name in files:
                words += self.option('-f' if not layout['equals'] else '--file', name)
        if layout['project_directory']:
            words += self.option('--project-directory', self.rel)
        if project.name_by == '-p':
            words += self.option('-p', project.name)
        if project.name_by == 'environment':
            self.environment['COMPOSE_PROJECT_NAME'] = project.name
        variables = ''.join(f'{name}={v.value}\n' for name, v in project.variables.items() if v.source == 'file')
        if variables and layout['variables'] == 'COMPOSE_ENV_FILES' and self.uses_print:
            write(f'{self.where}/conf/production.env', variables)
            self.environment['COMPOSE_ENV_FILES'] = f'{self.rel}/conf/production.env'
        elif variables and layout['variables'] == '--env-file':
            write(f'{self.where}/conf/production.env', variables)
            words += self.option('--env-file', f'{self.rel}/conf/production.env')
        elif variables:
            write(f'{self.where if layout["variables"] != ".env where it runs" else self.cwd}/.env', variables)
        enabled = layout['profile'] != 'none'
        if any(s.profile for s in project.services):
            if layout['profile'] == 'named':
                words += self.option('--profile', 'debug')
            elif enabled:
                self.environment['COMPOSE_PROFILES'] = 'debug'
        built = [s.name for s in project.services if enabled or not s.profile]
        verb = ['up', '-d', '--build'] if layout['up'] else ['build']
        words = layout['spelling'].split() + words + ['build'] + self.builder()
        self.builds(result, lambda names: words + names, built)
        for build in result.cleared:
            at = build.command.index('build')
            if layout['up'] and not self.builder():
                build.asked = build.command[:at] + verb + build.command[at + 1:]

    def builder(self):
        if self.project.own_builder == 'BUILDX_BUILDER':
            self.environment['BUILDX_BUILDER'] = 'own'
        return self.option('--builder', 'own') if self.project.own_builder == '--builder' else []

    # --- bake ---

    def bake_target(self, service):
        d, project = service.dockerfile, self.project
        target = {'context': f'{self.rel}/{service.directory}', 'network': 'none'}
        if d.place == 'inline':
            target['dockerfile-inline'] = d.text
        elif d.place == 'elsewhere':
            target['dockerfile'] = f'../files/{d.id}.Dockerfile'
        if service.stage:
            target['target'] = service.stage
        if service.inline:
            target['args'] = {'BUILDKIT_INLINE_CACHE': '1'}
        if service.contexts:
            target['contexts'] = {k: v.replace('service:', 'target:') for k, v in service.contexts.items()}
        target['tags'] = [service.image] * bool(service.image) + service.tags
        target['cache-from'], target['cache-to'] = service.cache_from, service.cache_to
        return {key: value for key, value in target.items() if value}

    def bake(self, result):
        project = self.project
        if project.kind == 'x-bake':
            file = os.path.join(self.rel, self.compose_files(None, '', bake=True)[0])
        else:
            targets = {s.name: self.bake_target(s) for s in project.services}
            defaults = {name: {'default': v.decoy} for name, v in project.variables.items()}
            group = {name: {'targets': list(targets)} for name in ('default', 'everything')}
            if self.layout['inherits']:
                for target in targets.values():
                    target['inherits'] = ['_common']
                    del target['network']
                targets['_common'] = {'network': 'none'}
            blocks = {'variable': defaults, 'group': group, 'target': targets}
            if project.kind == 'hcl':
                text = ''.join(hcl(kind, block) for kind, block in blocks.items())
            else:
                text = json.dumps({kind: block for kind, block in blocks.items() if block}, indent=1)
            file = f'{self.rel}/docker-bake.{project.kind}'
            write(f'{self.where}/docker-bake.{project.kind}', re.sub(r'\$\{(\w+)[^}]*\}', r'${\1}', text), self.cwd)
        # A docker before 27 has no `bake` of its own.
        words = (self.layout['bake'] if self.uses_print else 'docker buildx bake').split() + self.builder() + ['--load'] * bool(project.own_builder)
        words += self.option('-f' if not self.layout['equals'] else '--file', file)
        if self.layout['set']:
            for service in project.services:
                if service.cache_from:    # instead of those of the file
                    words += ['--set', f'{service.name}.cache-from={resolve(service.cache_from[0], project.variables)}'
                              .replace(HERE, self.cwd)]
        words += ['--allow=fs=*'] if self.uses_print else []    # buildx 0.13 has no such question
        self.builds(result, lambda names: words + names, [s.name for s in project.services],
                    [] if project.kind == 'x-bake' else ['everything'])

    # --- a script of docker build ---

    def script(self, result):
        project = self.project
        value = lambda text: resolve(text, project.variables)
        for service in project.services:
            build = {'b': ['docker', 'build'], 'w': ['docker', 'image', 'build']}.get(
                service.name[0], ['docker', 'buildx', 'build'])
            words = build + self.builder() + ['--load'] * bool(project.own_builder) + ['--network', 'none']
            names = [service.image or f'{project.name}-{service.name}'] + service.tags
            # Beside -t, buildx passes over the name.
            if self.layout['set'] and self.outputs and not project.own_builder and len(names) == 1:
                words += self.option('--output', f'type=image,name={value(names.pop(0))}')
            for tag in names:
                words += self.option('-t', value(tag))
            for option, texts in {'--cache-from': service.cache_from, '--cache-to': service.cache_to}.items():
                for text in texts:
                    words += self.option(option, value(text).replace(HERE, self.cwd))
            if service.inline:
                words += ['--build-arg', 'BUILDKIT_INLINE_CACHE=1']
            if service.stage:
                words += self.option('--target', service.stage)
            for name, context in service.contexts.items():
                other = next(s for s in project.services if s.name == context.split(':')[1])
                image = value(other.image or f'{project.name}-{other.name}')
                words += ['--build-context', f'{name}=docker-image://{image}']
            if service.dockerfile.place != 'beside':
                words += self.option('-f', f'{self.rel}/files/{service.dockerfile.id}.Dockerfile')
            result.builds.append(Build(words + [f'{self.rel}/{service.directory}'], {service.dockerfile.id},
                                       [service.name]))
        result.cleared = [b for b in result.builds if project.target in (None, b.services[0])]


def hcl(kind, blocks):
    lines = []
    for name, block in blocks.items():
        lines.append(f'{kind} "{name}" {{')
        lines += [f'  {key} = {json.dumps(value).replace(": ", " = ")}' if isinstance(value, dict) else
                  f'  {key} = {json.dumps(value)}' for key, value in block.items()]
        lines.append('}\n')
    return '\n'.join(lines)
