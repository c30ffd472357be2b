"""Flags with aiohttp and a semaphore: BASE DEST CONNECTIONS, codes on standard input."""

import asyncio
import sys
from pathlib import Path

import aiohttp

base, dest, connections = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])


async def download(session, semaphore, cc):
    async with semaphore, session.get(f"{base}/{cc}/{cc}.gif") as response:
        if response.status == 404:
            return False
        response.raise_for_status()
        image = await response.read()
    (dest / f"{cc}.gif").write_bytes(image)
    return True


async def main(codes):
    semaphore = asyncio.Semaphore(connections)
    connector = aiohttp.TCPConnector(limit=connections)
    async with aiohttp.ClientSession(connector=connector) as session:
        done = await asyncio.gather(*(download(session, semaphore, cc) for cc in codes))
    print(sum(done), "of", len(codes))


asyncio.run(main(sys.stdin.read().split()))
