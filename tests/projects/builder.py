#!/usr/bin/env python3
"""A builder in a container, without an image of BuildKit: its `buildctl` speaks with the BuildKit of a second engine.

  builder.py SOCKET   listens on the loopback, port 5001, for what `buildctl` in the container is asked
"""
import json
import socket
import socketserver
import sys
import threading

from engine import Engine

BUILDCTL = '#!/bin/busybox sh\n{ echo "$*"; [ "$1" != dial-stdio ] || cat; } | /bin/busybox nc 127.0.0.1 5001\n'
IMAGE = 'buildkit-by-relay:1'
RECORD = {'id': 'ID', 'recordType': 'Type', 'description': 'Description', 'inUse': 'InUse', 'shared': 'Shared',
          'size': 'Size', 'parents': 'Parents'}


def load(engine, busybox):
    """The image, for `docker buildx create --driver docker-container --driver-opt image=…,network=host`."""
    return engine.load(IMAGE, {'bin/busybox': busybox, 'bin/buildctl': BUILDCTL.encode()}, instructions=[
        'ENTRYPOINT ["/bin/busybox", "sh", "-c", "trap exit TERM; /bin/busybox sleep 86400 & wait"]'])


class Asked(socketserver.StreamRequestHandler):
    rbufsize = 0    # what follows the first line is relayed

    def handle(self):
        words = self.rfile.readline().decode().split()
        engine = Engine(sys.argv[1])
        if words[0] == 'dial-stdio':
            self.relay()
        elif words[0] == 'du':
            found = json.loads(engine.ask('GET', '/system/df?type=build-cache'))['BuildCache'] or []
            records = [{key: record.get(name) for key, name in RECORD.items()} for record in found]
            self.wfile.write(json.dumps(records).encode() + b'\n')
        elif words[0] == 'prune':
            engine.ask('POST', '/build/prune?all=1')
            self.wfile.write(b'Total: 0B\n')

    def relay(self):
        engine = socket.socket(socket.AF_UNIX)
        engine.connect(sys.argv[1])
        engine.sendall(b'POST /grpc HTTP/1.1\r\nHost: engine\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n')
        answer = b''
        while not answer.endswith(b'\r\n\r\n'):
            answer += engine.recv(1)
        back = threading.Thread(target=self.copy, args=(engine, self.connection))
        back.start()
        self.copy(self.connection, engine)
        back.join()

    @staticmethod
    def copy(source, to):
        try:
            while data := source.recv(65536):
                to.sendall(data)
            to.shutdown(socket.SHUT_WR)
        except OSError:
            pass


class Relay(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True


if __name__ == '__main__':
    Relay(('127.0.0.1', 5001), Asked).serve_forever()
