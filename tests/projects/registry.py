#!/usr/bin/env python3
"""A registry in memory on the loopback, port 5000: enough for `docker push` and `docker pull`, by tag and digest."""
import hashlib
import itertools
import re
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

blobs = {}      # digest: content
manifests = {}  # (name, tag or digest): (type, content)


class Registry(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    uploads = {}    # number: what has come
    numbers = itertools.count()

    def answer(self, status, body=b'', head=False, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace('_', '-'), value)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        if not head:
            self.wfile.write(body)

    def body(self):
        if self.headers.get('Transfer-Encoding') != 'chunked':
            return self.rfile.read(int(self.headers.get('Content-Length') or 0))
        content = b''
        while size := int(self.rfile.readline(), 16):
            content += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return content

    def do_GET(self):
        head = self.command == 'HEAD'
        if found := re.fullmatch(r'/v2/(.+)/manifests/([^/]+)', self.path):
            kind, content = manifests.get((found[1], found[2]), (None, b'{}'))
            digest = 'sha256:' + hashlib.sha256(content).hexdigest()
            self.answer(200 if kind else 404, content, head, Content_Type=kind or 'application/json',
                        Docker_Content_Digest=digest)
        elif found := re.fullmatch(r'/v2/.+/blobs/([^/]+)', self.path):
            content = blobs.get(found[1])
            self.answer(404 if content is None else 200, content or b'', head, Docker_Content_Digest=found[1],
                        Content_Type='application/octet-stream')
        else:
            self.answer(200, b'{}', head, Content_Type='application/json')
    do_HEAD = do_GET

    def do_POST(self):
        self.body()
        key = str(next(self.numbers))
        self.uploads[key] = b''
        self.answer(202, Location=f'{self.path.split("?")[0].rstrip("/")}/{key}', Docker_Upload_UUID=key, Range='0-0')

    def do_PATCH(self):
        path = self.path.split('?')[0]
        key = path.rsplit('/', 1)[1]
        self.uploads[key] += self.body()
        self.answer(202, Location=path, Range=f'0-{len(self.uploads[key]) - 1}')

    def do_PUT(self):
        content = self.body()
        if found := re.fullmatch(r'/v2/(.+)/manifests/([^/]+)', self.path):
            digest = 'sha256:' + hashlib.sha256(content).hexdigest()
            for reference in (found[2], digest):
                manifests[found[1], reference] = (self.headers['Content-Type'], content)
        else:
            content = self.uploads.pop(self.path.split('?')[0].rsplit('/', 1)[1]) + content
            digest = 'sha256:' + hashlib.sha256(content).hexdigest()
            blobs[digest] = content
        self.answer(201, Location=self.path, Docker_Content_Digest=digest)

    def parse_request(self):
        if self.raw_requestline.startswith(b'\x16'):    # an engine that tries TLS first looks for HTTP in the answer
            self.wfile.write(b'HTTP/1.0 400 Bad Request\r\n\r\n')
            self.close_connection = True
            return False
        return super().parse_request()

    def log_message(self, *_):
        pass


if __name__ == '__main__':
    ThreadingHTTPServer(('127.0.0.1', 5000), Registry).serve_forever()
