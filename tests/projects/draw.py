"""Draws a random project: services, Dockerfiles, names and where they come from. Knows no engine and no file.

A name is a text with variables (`shop-web:${TAG:-v1}`), as it stands in the project's files; `resolve` says which
value it has there.
"""
import random

from project import Dockerfile, Project, Service, Variable

HERE = '@HERE@'    # where the build runs
REGISTRY = 'localhost:5000'
UUID = 'cat /proc/sys/kernel/random/uuid'


class Drawer:
    def __init__(self, seed, client):
        self.random = random.Random(seed)
        self.client = client
        self.variables = {}
        self.traits = []

    def chance(self, p):
        return self.random.random() < p

    def one_of(self, *options):
        return self.random.choice(options)

    def spell(self, value):
        """The value, or a variable that has it."""
        if self.chance(0.6):
            return value
        name = self.one_of('TAG', 'RELEASE', 'FLAVOR') + str(len(self.variables))
        source = self.one_of('default', 'environment', 'file')
        self.variables[name] = Variable(value, source, value if source == 'default' else 'decoy')
        if source == 'environment' and self.chance(0.3):
            return '${%s:?is missing}' % name
        return '${%s:-%s}' % (name, self.variables[name].decoy)

    # --- Dockerfiles ---

    def dockerfile(self, id, base='scratch', copied=None):
        """base: scratch, or an image or context that has busybox. copied: a context with steps of its own."""
        link = '--link ' if not self.client.old_engine and self.chance(0.25) else ''
        mount = self.chance(0.3)
        run = 'RUN' if self.client.old_engine else 'RUN --network=none'
        names = ['base', 'build', 'final'][:self.random.randint(1, 3)]
        lines = [f'FROM {base} AS {names[0]}']
        if base == 'scratch':
            lines.append('COPY busybox /bin/busybox')
            lines.append(run + ' ["/bin/busybox", "sh", "-c", "/bin/busybox --install -s /bin && mkdir /steps && '
                         f'{UUID} >/steps/{id}.base.0"]')
        if copied:
            lines.append(f'COPY {link}--from={copied} /steps /steps')
        for number, name in enumerate(names):
            if name == 'build':
                lines += [f'FROM {names[0]} AS build', 'COPY app.txt /app.txt']
            if name == 'final':
                lines += ['FROM base AS final', f'COPY {link}--from=build /steps /steps']
            for step in range(1, self.random.randint(1, 2) + 1):
                lines.append(f'{run} {UUID} >/steps/{id}.{name}.{step}')
            if mount and number == len(names) - 1:
                lines.append(f'{run} --mount=type=cache,id={id},target=/mounted '
                             f'{{ test -e /mounted/mark || {UUID} >/mounted/mark; }} && '
                             f'cp /mounted/mark /steps/{id}.mount && {UUID} >/steps/{id}.{name}.mounting')
        if mount:
            self.traits.append('mount')
        if link:
            self.traits.append('link')
        place = self.one_of('beside', 'beside', 'elsewhere', 'inline')
        return Dockerfile(id, names, '\n'.join(lines) + '\n', place)

    # --- names ---

    def image(self, project, service):
        form = self.random.randint(0, 9)
        name = f'{project}-{service}'
        if form <= 1:
            return None
        if form == 2:
            return f'{name}:latest'
        if form == 3:
            return name
        if form == 4:
            return self.spell(f'{name}:v1')
        if form == 5:
            return f'{project}/{service}:v2' if self.external else f'{service}-of-{project}'
        if form == 6 and self.external:
            return f'{REGISTRY}/{project}/{service}:{self.spell("v3")}'
        return f'{name}:{self.spell(self.one_of("v1", "v7", "staging"))}'

    def default_name(self, project, service):
        return f'{project}-{service.name}'

    def cache_of(self, project, service, others):
        """Fills cache_from and cache_to."""
        own = service.image or self.default_name(project.name, service)
        if self.chance(0.75):
            form = self.one_of(own, own, 'type=registry,ref=' + own)
            service.cache_from.append(form)
        for tag in service.tags:
            if self.chance(0.6):
                service.cache_from.append(tag)
        if others and self.chance(0.25):
            other = self.random.choice(others)
            service.cache_from.append(other.image or self.default_name(project.name, other))
            self.traits.append('cache of another')
        if self.external and self.chance(0.3):
            service.cache_from.append('docker.io/library/' + self.default_name(project.name, service))
        plain = [form for form in service.cache_from if '=' not in form]
        if len(plain) > 1 and self.chance(0.3):    # two in one entry
            service.cache_from = [form for form in service.cache_from if '=' in form] + [','.join(plain)]
            self.traits.append('a,b')
        if self.chance(0.1):
            service.cache_from.append(f'{project.name}-gone:{self.spell("v0")}')
        service.inline = self.chance(0.8)
        if (self.client.containerd or project.own_builder) and self.chance(0.3):
            path = self.one_of('./', './', '', HERE + '/') + f'cache-{service.name}'
            service.cache_from.append(f'type=local,src={path}')
            moved = self.chance(0.6)
            service.cache_to.append(f'type=local,dest={path}{"-new" if moved else ""},mode=max')
            if moved:
                project.moves.append((f'cache-{service.name}-new', f'cache-{service.name}'))
            elif others and self.chance(0.3):    # what another one has written
                self.random.choice(others).cache_from.append(f'type=local,src={path}')
            service.inline = False
            self.traits.append('moved directory' if moved else 'directory')
        # A builder in a container speaks TLS with the registry.
        elif project.external and not project.allows_external and self.client.containerd and not project.own_builder:
            there = f'type=registry,ref={REGISTRY}/{project.name}/cache-{service.name}:1'
            service.cache_from.append(there)
            service.cache_to.append(there + ',mode=max')
            service.inline = False
        elif service.inline and self.chance(0.3):    # the other way to say it; both are an error
            service.inline = False
            service.cache_to.append('type=inline')

    # --- the project ---

    def project(self, seed):
        kinds = ['compose'] * 11 + ['hcl'] * 2 + ['json'] * 2 + ['x-bake'] * 2 + ['script'] * 3
        if self.client.old_engine and not self.client.has_print:    # bake files of buildx 0.13 give no network
            kinds = [kind for kind in kinds if kind not in ('hcl', 'json')]
        kind = self.random.choice(kinds)
        project = Project(seed, kind, self.one_of('shop', 'watchparty', 'app', 'my-site'),
                          self.one_of('file', '-p', 'environment', 'directory'), [], self.variables)
        self.external = project.external = self.chance(0.08)
        project.allows_external = project.external and self.chance(0.5)
        if self.client.builder and self.chance(0.12):
            project.own_builder = self.one_of('--builder', 'BUILDX_BUILDER', 'use')
        project.clears_builder = bool(project.own_builder) and self.chance(0.7)
        names = self.random.sample(['backend', 'frontend', 'worker', 'api', 'admin', 'db'], self.random.randint(1, 4))
        for name in names:
            self.add_service(project, name)
        for service in project.services:
            self.cache_of(project, service, [s for s in project.services if s is not service])
        self.stage_image(project)
        built = [s for s in project.services if not s.profile] or project.services
        for service in built:
            service.profile = None if not [s for s in project.services if not s.profile] else service.profile
        if self.chance(0.4):
            project.target = self.random.choice(built).name
        project.moves_first = self.chance(0.5)
        project.container = self.chance(0.2)
        project.changes = self.chance(0.35)
        project.layout = {
            'directory': self.one_of('here', 'here', 'above', 'beside', 'below'),     # where the command runs
            'files': self.one_of('compose.yaml', 'one -f', 'two -f', 'override', 'COMPOSE_FILE'),
            'project_directory': self.chance(0.15),
            'variables': self.one_of('--env-file', '.env', '.env where it runs', 'COMPOSE_ENV_FILES'),
            'profile': self.one_of('named', 'none', 'COMPOSE_PROFILES'),
            'spelling': self.one_of('docker compose', 'docker compose', 'docker-compose'),
            'up': self.chance(0.15),
            'runs': self.chance(0.25),     # the tool runs the build command
            'named': self.chance(0.2),     # what is built is named, though it is all
            'set': self.chance(0.25),      # bake --set, build --output
            'bake': self.one_of('docker buildx bake', 'docker bake'),
            'inherits': self.chance(0.5),  # bake's targets
            'equals': self.chance(0.5),    # --option=value
        }
        project.traits = sorted(set(self.traits))
        return project

    def add_service(self, project, name):
        services = project.services
        service = Service(name, None, name)
        base = self.random.random()
        first = services[0] if services else None
        named_contexts = not self.client.old_engine and \
            (self.client.has_print or project.kind not in ('compose', 'x-bake')) and \
            not (project.own_builder and project.kind == 'script')
        if first and base < 0.2:    # the same Dockerfile, often another stage of it
            service.dockerfile, service.directory = first.dockerfile, first.directory
            service.contexts = dict(first.contexts)
            self.traits.append('shared Dockerfile')
        elif first and base < 0.35 and named_contexts and not first.contexts:
            service.contexts = {'first': f'service:{first.name}'}
            service.dockerfile = self.dockerfile(name, *self.one_of(('first',), ('scratch', 'first')))
            self.traits.append('service: context')
        elif first and 0.35 <= base < 0.45 and not project.base_first and not project.own_builder:
            first.image = f'{project.name}-base:1'
            project.base_first = first.name
            if project.kind == 'x-bake' and first.tags:    # which count instead of the image
                first.tags.append(first.image)
            service.dockerfile = self.dockerfile(name, first.image)
            self.traits.append('FROM another')
        elif 0.45 <= base < 0.57 and not project.own_builder:
            tag = f'{project.name}-hand:{self.one_of("1", "latest")}'
            if not project.by_hand:
                project.by_hand.append((tag, self.dockerfile('hand'), None))
            service.dockerfile = self.dockerfile(name, project.by_hand[0][0])
            self.traits.append('FROM by hand')
        else:
            service.dockerfile = self.dockerfile(name)
        if len(service.dockerfile.stages) > 1 and self.chance(0.4):
            service.stage = self.random.choice(service.dockerfile.stages)
            self.traits.append('stage')
        service.image = self.image(project.name, name)
        if self.chance(0.3):
            service.tags = [f'{project.name}-{name}:{self.spell(tag)}'
                            for tag in self.random.sample(['latest', 'extra', 'more'], self.random.randint(1, 2))]
        if project.kind == 'compose' and services and not project.base_first and self.chance(0.15):
            service.profile = 'debug'
            self.traits.append('profile')
        services.append(service)

    def stage_image(self, project):
        """A stage with a name of its own, built by the deployment before the rest, as a source of cache."""
        service = self.random.choice(project.services)
        stages = service.dockerfile.stages
        if len(stages) < 2 or service.contexts or service.dockerfile.text.startswith(f'FROM {project.name}-base:1') or \
                not self.chance(0.2):
            return
        tag = f'{project.name}-{service.name}-builder:latest'
        service.cache_from.append(tag)
        project.by_hand.append((tag, service.dockerfile, stages[0]))
        self.traits.append('stage image')
