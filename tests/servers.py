"""The API on its own port, for tests that need a real server."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2 as httpx

ROOT = Path(__file__).parents[1]


@contextmanager
def served(database: Path, app: str = "analytics.api:app", **settings: str) -> Iterator[str]:
    """The address of a server of this database, which ends with the block."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {"DATABASE_URL": f"sqlite:///{database}"} | settings
    log = database.with_suffix(".log").open("wb")
    command = [sys.executable, "-m", "uvicorn", app, "--port", str(port), "--log-level", "warning"]
    with log, subprocess.Popen(command, cwd=ROOT, env=environment, stderr=log) as process:
        try:
            address = f"http://127.0.0.1:{port}"
            _wait(f"{address}/api/metrics", process)
            yield address
        finally:
            process.terminate()


def _wait(address: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while True:
        try:
            httpx.get(address, timeout=30).raise_for_status()
        except httpx.TransportError:
            if process.poll() is not None or time.monotonic() > until:
                raise
            time.sleep(0.1)
        else:
            return
