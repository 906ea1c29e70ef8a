#!/usr/bin/env python3
"""Stands in for Docker engines that hold nothing: docker version and a verification work with each one.

    version_server.py LOG NAME=ADDRESS...

An engine's version is its NAME. ADDRESS is the path of a socket, PORT, HOST:PORT, or PORT,FILE for TLS with the key
and the certificate in FILE. LOG gets a line for each request: NAME METHOD PATH. Prints "ready" once all are listening."""
import os
import re
import socket
import socketserver
import ssl
import sys
import threading
from http.server import BaseHTTPRequestHandler

ANSWERS = {
    "/_ping": "OK",
    "/version": '{"Version": "%s", "ApiVersion": "1.51", "MinAPIVersion": "1.24", "Os": "linux", "Arch": "amd64"}',
    "/system/df": '{"BuildCache": []}',
    "/images/json": "[]",
    "/containers/json": "[]",
    "/volumes": '{"Volumes": []}',
}


def handler(name, log):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self):
            log.write(f"{name} {self.command} {self.path}\n")
            body = ANSWERS.get(re.sub(r"^/v[0-9.]+|\?.*", "", self.path))
            self.send_response(404 if body is None else 200)
            body = (body or "{}").replace("%s", name).encode()
            self.send_header("Api-Version", "1.51")
            self.send_header("Ostype", "linux")
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_GET = do_HEAD = do_POST = do_DELETE = answer

        def version_string(self):
            return f"Docker/{name} (linux)"

        def log_message(self, *_):
            pass

    return Handler


class UnixServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


class TcpServer(socketserver.ThreadingMixIn, socketserver.TCPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass  # a client that wanted TLS, or none


class Tcp6Server(TcpServer):
    address_family = socket.AF_INET6


def serve(name, address, log):
    listener, _, pem = address.partition(",")
    host, _, port = listener.rpartition(":")
    if address.startswith("/"):
        server = UnixServer(address, handler(name, log))
    else:
        kind = Tcp6Server if ":" in host else TcpServer
        server = kind((host or "127.0.0.1", int(port)), handler(name, log))
    if pem:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever).start()


def main():
    os.umask(0)
    with open(sys.argv[1], "a", buffering=1) as log:
        for word in sys.argv[2:]:
            serve(*word.split("=", 1), log)
        print("ready", flush=True)
        threading.Event().wait()


main()
