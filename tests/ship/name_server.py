#!/usr/bin/env python3
"""A name server on 127.0.0.1 that knows engine.test, an alias of 127.0.0.1, and nothing else."""
import socket
import struct

server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 53))
print("ready", flush=True)
while True:
    query, client = server.recvfrom(512)
    end = query.index(b"\0", 12) + 5  # the name, its zero, type and class
    question = query[12:end]
    known = question.startswith(b"\6engine\4test\0")
    is_a = question[-4:-2] == struct.pack(">H", 1)
    answers = 1 if known and is_a else 0
    header = query[:2] + struct.pack(">HHHHH", 0x8180 if known else 0x8183, 1, answers, 0, 0)
    answer = b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 0, 4) + socket.inet_aton("127.0.0.1")
    server.sendto(header + question + answer * answers, client)
