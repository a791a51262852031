"""Memory of a program at the moment when it says that it is ready, by kind and by what is mapped.

usage: ready_memory.py dist/airborne replay FLIGHT --package PACKAGE --quiet
"""
import collections
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile

with tempfile.TemporaryDirectory() as folder:
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    manager.bind(f"{folder}/notify")
    manager.settimeout(120)
    environment = dict(os.environ, NOTIFY_SOCKET=f"{folder}/notify")
    program = subprocess.Popen(sys.argv[1:], env=environment, stdout=subprocess.DEVNULL)
    try:
        while b"READY=1" not in manager.recv(4096):
            pass
        program.send_signal(signal.SIGSTOP)
        with open(f"/proc/{program.pid}/status") as status:
            kinds = re.findall(r"^(VmHWM|VmRSS|RssAnon|RssFile):\s+(\d+)", status.read(), re.M)
        print(", ".join(f"{name} {int(kib) / 1024:.0f} MiB" for name, kib in kinds))
        resident = collections.Counter()
        mapped = ""
        with open(f"/proc/{program.pid}/smaps") as maps:
            for line in maps:
                if match := re.match(r"[0-9a-f]+-[0-9a-f]+ (\S+) \S+ \S+ \S+\s*(.*)$", line):
                    mapped = match[2] or f"anonymous {match[1]}"
                elif match := re.match(r"Rss:\s+(\d+)", line):
                    resident[mapped] += int(match[1])
        for name, kib in resident.most_common(12):
            print(f"{kib / 1024:8.1f} MiB  {name}")
    finally:
        program.kill()
        program.wait()
