#!/usr/bin/env python3
"""Runs the tool many times, one run after the other: runs_in_a_row.py COUNT SOCKET TOOL APP_DIR

Before each clearing the application gets an image and an artifact. Fails if a run does not end with 0, if a process is
left, or if the last runs take more memory than the first.
"""

import ctypes
import os
import subprocess
import sys
import time

count, socket, tool, app = int(sys.argv[1]), *sys.argv[2:]
KINDS = (["all"], ["backend", "--json"], ["all", "--app-dir", app], ["--verify-only"], ["--dry-run", "--json"],
         ["--prune-only", "--older-than", "1h"], ["--prune-only", "--json"], ["all", "--verbose", "--wait"])
# Where the kernel loads a program decides how many pages it needs. The least of two quarters of 31 runs differed by up
# to 34, in both directions; what grows by a page with each run of a kind would differ by 94.
PAGES = 64
PR_SET_CHILD_SUBREAPER = 36
ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)  # what outlives a run becomes a child of this process
nowhere = os.open("/dev/null", os.O_RDWR)
peaks = {}


def prepare(words):
    if words[0] not in ("all", "backend"):
        return
    tag = "http://engine/images/other-app:latest/tag?repo=watchparty-backend&tag=latest"
    subprocess.run(["curl", "-fsS", "--unix-socket", socket, "-X", "POST", tag], check=True)
    if "--app-dir" in words:
        os.makedirs(f"{app}/frontend/.next")


def run(words):
    """Returns the exit status, and the most memory that it had, in pages."""
    actions = [(os.POSIX_SPAWN_DUP2, nowhere, stream) for stream in (0, 1, 2)]
    process = os.posix_spawn(tool, [tool, "-H", f"unix://{socket}", *words], os.environ, file_actions=actions)
    _, status, usage = os.wait4(process, 0)
    return os.waitstatus_to_exitcode(status), usage.ru_maxrss * 1024 // os.sysconf("SC_PAGE_SIZE")


failed = False
for number in range(count):
    words = KINDS[number % len(KINDS)]
    prepare(words)
    status, peak = run(words)
    peaks.setdefault(tuple(words), []).append(peak)
    if status != 0:
        print(f"run {number} ({' '.join(words)}): exit status {status}")
        failed = True
# A helper of the last run may need a moment; those that have ended are collected.
for _ in range(300):
    try:
        left, _ = os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        break
    if left == 0:
        time.sleep(0.1)
else:
    print("a process is left")
    failed = True
with open("/proc/self/status", encoding="ascii") as file:
    own = int(next(line for line in file if line.startswith("VmHWM")).split()[1]) * 1024 // os.sysconf("SC_PAGE_SIZE")
for words, values in peaks.items():
    quarter = max(1, len(values) // 4)
    first, last = min(values[:quarter]), min(values[-quarter:])
    print(f"# {' '.join(words)}: {len(values)} runs, {first} pages in the first quarter, {last} in the last one")
    if first <= own:  # which a new process has, until it becomes the tool
        print(f"hidden by the {own} pages of this process")
        failed = True
    if quarter >= 10 and last > first + PAGES:
        print("the last runs took more memory")
        failed = True
sys.exit(failed)
