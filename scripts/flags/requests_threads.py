"""Flags with requests and a pool of threads: BASE DEST CONNECTIONS, codes on standard input.

Written after the habits of Python programs of this kind: one session a thread, since sessions are not
for sharing.
"""

import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests

base, dest, connections = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
local = threading.local()


def download(cc):
    if not hasattr(local, "session"):
        local.session = requests.Session()
    response = local.session.get(f"{base}/{cc}/{cc}.gif", timeout=30)
    if response.status_code == 404:
        return False
    response.raise_for_status()
    (dest / f"{cc}.gif").write_bytes(response.content)
    return True


codes = sys.stdin.read().split()
with ThreadPoolExecutor(connections) as executor:
    print(sum(executor.map(download, codes)), "of", len(codes))
