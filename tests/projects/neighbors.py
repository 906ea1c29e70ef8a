"""Other applications on the same engine, some with names that begin like the project's. Nothing of theirs may go."""
from draw import REGISTRY


def label(project, service='web'):
    return [('com.docker.compose.project', project), ('com.docker.compose.service', service)]


class Neighbors:
    """What they have is noted when it is made, and compared later."""

    def __init__(self, engine, random, project, busybox):
        self.engine, self.names, self.untagged, self.containers, self.volumes = engine, {}, set(), {}, set()
        self.project = project.name
        self.unique = f'{project.seed}'.encode()
        self.busybox = {'bin/sleep': busybox}
        self.said = []
        makers = [self.nested, self.similar, self.dangling, self.by_digest, self.running, self.stopped, self.volume]
        for make in makers:
            if random.random() < 0.35:
                make(random)
                self.said.append(make.__name__.replace('_', ' '))

    def image(self, name, labels=(), files=None):
        return self.engine.load(name, files or {'mark': name.encode() + self.unique}, labels)

    def nested(self, _):
        name = f'{self.project}-admin-web:latest'
        self.names[name] = self.image(name, label(self.project + '-admin'))

    def similar(self, _):    # built by hand: no label says whose it is
        for name in (f'{self.project}-tools:latest', f'{self.project}:latest', f'{self.project}-backend:rollback'):
            self.names[name] = self.image(name)

    def dangling(self, random):
        owner = random.choice([f'{self.project}-admin', 'other'])
        self.untagged.add(self.image('neighbor:old', label(owner)))
        self.image('neighbor:old', label(owner), {'mark': b'newer' + self.unique})
        self.names['neighbor:old'] = self.engine.tags()['neighbor:old']

    def by_digest(self, _):
        repository = f'{REGISTRY}/neighbor-{self.unique.decode()}'
        name = repository + ':1'
        self.image(name)
        digest = self.engine.push(name)
        self.engine.remove(name)
        before = set(self.engine.dangling())
        self.engine.pull(repository, digest)
        self.untagged |= set(self.engine.dangling()) - before

    def running(self, random):
        name = f'{self.project}-runs:1'
        self.names[name] = self.image(name, label('other'), self.busybox)
        container = self.engine.run(name, 'neighbor-runs', ['/bin/sleep', '86400'])
        self.containers[container] = 'running'
        if random.random() < 0.5:    # and its image has lost its name
            self.untagged.add(self.names.pop(name))
            self.image(name, label('other'), {'mark': b'later' + self.unique})
            self.names[name] = self.engine.tags()[name]

    def stopped(self, _):
        name = 'other-job:1'
        self.names[name] = self.image(name, label('other'), self.busybox)
        container = self.engine.run(name, 'neighbor-stopped', ['/bin/sleep', '0'])
        self.engine.ask('POST', f'/containers/{container}/wait')
        self.containers[container] = 'exited'

    def volume(self, _):
        self.engine.ask('POST', '/volumes/create', {'Name': f'{self.project}_data'})
        self.volumes.add(f'{self.project}_data')

    def lost(self):
        """What is gone or has changed, a sentence each."""
        tags, untagged = self.engine.tags(), set(self.engine.dangling())
        containers, volumes = self.engine.containers(), self.engine.volumes()
        lost = [f"the neighbor's image {n}" for n, id in self.names.items() if tags.get(n) != id]
        lost += [f"a neighbor's untagged image {i[7:19]}" for i in self.untagged if i not in untagged]
        lost += [f"a neighbor's container, {s}" for c, s in self.containers.items() if containers.get(c) != s]
        return lost + [f"a neighbor's volume {v}" for v in self.volumes - volumes]
