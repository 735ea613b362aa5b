"""Writing a file so that it is there whole, or as it was."""

import os
from pathlib import Path


def write_whole(path: Path, content: bytes) -> None:
    """Put a file in place of whatever has its name, with the rights that the umask leaves.

    It is written beside it first. Raises OSError where that fails; then all is as it was.
    """
    target = Path(os.path.realpath(path))  # a link keeps leading where it leads
    beside = target.with_name(f".{os.getpid()}.part")
    try:
        with beside.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())  # a disk that is full may say so only here
        beside.replace(target)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
