#!/usr/bin/env python3
"""Stands in for a registry on an engine's loopback, where engines take one in plain text: one image, by its digest.

    registry.py PORT TEXT   TEXT is the image's only file, so another text is another image

Prints the reference by which it is pulled once it is listening."""
import gzip
import hashlib
import io
import json
import sys
import tarfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

MANIFEST_TYPE = "application/vnd.docker.distribution.manifest.v2+json"


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def describe(kind, data):
    return {"mediaType": kind, "size": len(data), "digest": digest(data)}


def make_image(text):
    """Returns the manifest, and what it names."""
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w") as archive:
        member = tarfile.TarInfo("text")
        member.size = len(text)
        archive.addfile(member, io.BytesIO(text))
    layer = gzip.compress(tar.getvalue(), mtime=0)
    config = json.dumps({
        "architecture": "amd64", "os": "linux", "config": {},
        "rootfs": {"type": "layers", "diff_ids": [digest(tar.getvalue())]},
    }).encode()
    manifest = json.dumps({
        "schemaVersion": 2, "mediaType": MANIFEST_TYPE,
        "config": describe("application/vnd.docker.container.image.v1+json", config),
        "layers": [describe("application/vnd.docker.image.rootfs.diff.tar.gzip", layer)],
    }).encode()
    return manifest, [config, layer]


def main():
    port, text = int(sys.argv[1]), sys.argv[2].encode()
    manifest, blobs = make_image(text)
    answers = {digest(blob): ("application/octet-stream", blob) for blob in blobs}
    answers[digest(manifest)] = (MANIFEST_TYPE, manifest)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        default_request_version = "HTTP/1.0"  # an engine that tries TLS first has to hear HTTP

        def answer(self):
            name = self.path.rsplit("/", 1)[1]
            kind, body = ("application/json", b"{}") if self.path == "/v2/" else answers.get(name, (None, b"{}"))
            self.send_response(404 if kind is None else 200)
            self.send_header("Content-Type", kind or "application/json")
            self.send_header("Content-Length", str(len(body)))
            if kind == MANIFEST_TYPE:
                self.send_header("Docker-Content-Digest", name)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_GET = do_HEAD = answer

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    print(f"127.0.0.1:{port}/pulled@{digest(manifest)}", flush=True)
    server.serve_forever()


main()
