#!/usr/bin/env python3
"""Passes a client's requests on to an engine, and runs a command while one of them is under way.

    relay.py SOCKET ENGINE LOG [NUMBER MOMENT COMMAND...]

SOCKET is where it listens, ENGINE the engine's socket. LOG gets a line for each request: METHOD TARGET. COMMAND is run
at the request with this NUMBER (from 1), at the MOMENT
  before  that it has arrived here, and to its end before the engine gets the request,
  sent    that the engine has it, while the engine is at it,
  answer  that the first part of the answer is here, the end of which the client never gets.
The client loses its connection when the engine closes it, but not before COMMAND has ended. If COMMAND fails, the
engine is gone, and nobody listens any more. Prints "ready" once it listens, and when COMMAND has ended "back" or, if it has failed, "gone"."""
import os
import re
import select
import socket
import subprocess
import sys

REQUEST = re.compile(rb"(GET|HEAD|POST|DELETE) (\S+) HTTP/")


class Hook:
    def __init__(self, number, moment, command):
        self.number, self.moment, self.command = number, moment, command
        self.process = None

    def start_at(self, number, moment):
        if self.process is None and (number, moment) == (self.number, self.moment):
            self.process = subprocess.Popen(self.command, stdout=sys.stderr)
            return True
        return False

    def succeeded(self):
        """Waits for the command's end. What was not started has not failed."""
        if self.process is None:
            return True
        status = self.process.wait()
        if self.command:
            print("gone" if status else "back", flush=True)
            self.command = None
        return status == 0


def pass_on(client, engine, hook, log, number):
    """Until either side closes the connection. Returns the number of the last request."""
    while True:
        for ready in select.select([client, engine], [], [])[0]:
            data = ready.recv(65536)
            if not data:
                return number
            if ready is engine:
                if hook.start_at(number, "answer"):
                    client.sendall(data[:-3])
                    return number
                client.sendall(data)
                continue
            request = REQUEST.match(data)
            if request:
                number += 1
                log.write(b" ".join(request.groups()).decode() + "\n")
                if hook.start_at(number, "before"):
                    hook.succeeded()
            engine.sendall(data)
            if request:
                hook.start_at(number, "sent")


def main():
    path, engine_path, log_path, *rest = sys.argv[1:]
    hook = Hook(int(rest[0]), rest[1], rest[2:]) if rest else Hook(0, "", [])
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen()
    print("ready", flush=True)
    number = 0
    with open(log_path, "w", buffering=1) as log:
        while hook.succeeded():
            client, _ = listener.accept()
            with client, socket.socket(socket.AF_UNIX) as engine:
                try:
                    engine.connect(engine_path)
                    number = pass_on(client, engine, hook, log, number)
                except OSError:
                    pass  # one of the two has gone
                if not hook.succeeded():
                    listener.close()
    os.unlink(path)


main()
