"""Takes out of a tensorflow-cpu wheel what tfjs-node needs: two libraries and its C headers."""

import pathlib
import shutil
import sys
import zipfile

LIBRARIES = ("libtensorflow_cc.so.2", "libtensorflow_framework.so.2")
HEADERS = ("tensorflow/c/", "tensorflow/core/platform/", "tsl/platform/", "xla/tsl/c/")


def wanted(member: str) -> str | None:
    """Where a member goes, or None if it is left behind."""
    path = member.removeprefix("tensorflow/")
    if path in LIBRARIES:
        return path
    header = path.removeprefix("include/")
    return path if header.startswith(HEADERS) and header.endswith(".h") else None


download, folder = map(pathlib.Path, sys.argv[1:])
with zipfile.ZipFile(next(download.glob("*.whl"))) as wheel:
    for member in wheel.namelist():
        if path := wanted(member):
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            with wheel.open(member) as source, target.open("wb") as sink:
                shutil.copyfileobj(source, sink, 1 << 20)
