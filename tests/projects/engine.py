"""What a project's test asks an engine for, by its API: what it holds, and which random bytes are in an image."""
import http.client
import io
import json
import re
import socket
import tarfile
from urllib.parse import quote, urlencode


class Connection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__('engine', timeout=120)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Failure(Exception):
    pass


def normal(name):
    """A reference as the engine lists it."""
    for prefix in ('docker.io/library/', 'docker.io/'):
        name = name.removeprefix(prefix)
    return name if ':' in name.rsplit('/', 1)[-1] else name + ':latest'


class Engine:
    def __init__(self, path):
        self.path = path

    def ask(self, method, path, body=None, expected=(200, 201, 204, 304), **headers):
        connection = Connection(self.path)
        try:
            if isinstance(body, (dict, list)):
                body, headers['Content-Type'] = json.dumps(body), 'application/json'
            connection.request(method, path, body, {k.replace('_', '-'): v for k, v in headers.items()})
            answer = connection.getresponse()
            content = answer.read()
            if answer.status not in expected:
                raise Failure(f'{method} {path}: {answer.status} {content[:300]}')
            return content
        finally:
            connection.close()

    def list(self, path):
        return json.loads(self.ask('GET', path)) or []

    # --- what it holds ---

    def tags(self):
        """Names and IDs."""
        return {tag: image['Id'] for image in self.list('/images/json')
                for tag in image['RepoTags'] or [] if not tag.startswith('<none>')}

    def dangling(self):
        """IDs and labels."""
        return {image['Id']: image['Labels'] or {} for image in self.list('/images/json')
                if not [tag for tag in image['RepoTags'] or [] if not tag.startswith('<none>')]}

    def containers(self):
        return {c['Id']: c['State'] for c in self.list('/containers/json?all=1')}

    def volumes(self):
        return {v['Name'] for v in json.loads(self.ask('GET', '/volumes'))['Volumes'] or []}

    def steps(self, image):
        """The random bytes that each step has written: names of files, and their content."""
        created = json.loads(self.ask('POST', '/containers/create', {'Image': image, 'Cmd': ['x'],
                                                                     'NetworkDisabled': True}))['Id']
        try:
            content = self.ask('GET', f'/containers/{created}/archive?path=/steps')
        finally:
            self.ask('DELETE', f'/containers/{created}?force=1')
        with tarfile.open(fileobj=io.BytesIO(content)) as archive:
            return {member.name.removeprefix('steps/'): archive.extractfile(member).read().decode().strip()
                    for member in archive if member.isfile()}

    # --- changes ---

    def load(self, name, files, labels=(), instructions=()):
        """An image of these files, of which nobody knows how it was built. Returns its ID."""
        content = io.BytesIO()
        with tarfile.open(fileobj=content, mode='w') as archive:
            for path, data in files.items():
                member = tarfile.TarInfo(path)
                member.size, member.mode = len(data), 0o755
                archive.addfile(member, io.BytesIO(data))
        repository, tag = name.rsplit(':', 1)
        query = [('fromSrc', '-'), ('repo', repository), ('tag', tag)]
        query += [('changes', f'LABEL {key}={value}') for key, value in labels] + \
            [('changes', instruction) for instruction in instructions]
        self.ask('POST', '/images/create?' + urlencode(query), content.getvalue(), Content_Type='application/x-tar')
        return self.tags()[normal(name)]

    def push(self, name):
        """Returns the digest."""
        repository, tag = name.rsplit(':', 1)
        answer = self.ask('POST', f'/images/{repository}/push?tag={tag}', X_Registry_Auth='e30=').decode()
        digest = re.search(r'digest: (sha256:\w{64})', answer)
        if not digest:
            raise Failure(f'push of {name}: {answer[-300:]}')
        return digest[1]

    def pull(self, repository, digest):
        self.ask('POST', f'/images/create?fromImage={quote(repository)}&tag={digest}')

    def remove(self, name):
        self.ask('DELETE', f'/images/{quote(name)}?force=1', expected=(200, 404))

    def run(self, image, name, command):
        created = json.loads(self.ask('POST', f'/containers/create?name={name}', {
            'Image': image, 'Cmd': command, 'NetworkDisabled': True, 'HostConfig': {'NetworkMode': 'none'}}))['Id']
        self.ask('POST', f'/containers/{created}/start')
        return created

    def clean(self):
        for container in self.containers():
            self.ask('DELETE', f'/containers/{container}?force=1&v=1')
        for image in set(self.tags().values()) | set(self.dangling()):
            self.ask('DELETE', f'/images/{image}?force=1', expected=(200, 404, 409))
        for volume in self.volumes():
            self.ask('DELETE', f'/volumes/{volume}?force=1')
        self.ask('POST', '/build/prune?all=1')

    def held(self):
        """Descriptions of records in use: with the containerd store 28.5 keeps some after a build that failed, until
        it is started again."""
        records = json.loads(self.ask('GET', '/system/df?type=build-cache'))['BuildCache'] or []
        return [record['Description'] for record in records if record['InUse']]
