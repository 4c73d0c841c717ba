"""What the longest and deepest files cost in memory, in a process of its own."""

import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from adapters.mertech.emulator import running_scales
from domain.products.product_file import LARGEST_FILE
from tests.harness.left_open import within
from tests.harness.storages import new_url

MIB: Final = 1024 * 1024
BOUND: Final = LARGEST_FILE + 32 * MIB
"""Bytes beyond what a process needs that has read an ordinary file: as much as the longest file
that is taken, and little more. A file of 200 MB is given up there."""
SECONDS: Final = 60.0

READING = """
import sys
from pathlib import Path

from adapters.database.backends.engine import make_engine
from adapters.database.storage import SqlStorage
from adapters.mertech.driver.scales import MertechScales
from adapters.system.clock import SystemClock
from application.conversations.resources import Patience
from application.ports.scales import ScalesNonsenseError
from domain.devices.device import Address
from tests.harness.installation import LOOPBACK, Installation

url, port = sys.argv[1:]
clock = SystemClock()
scales = MertechScales(clock, networks=LOOPBACK, reply_timeout=20.0)
shop = Installation(SqlStorage(make_engine(url)), scales, clock, networks=LOOPBACK)
cases, anna = shop.cases, shop.register()
device = shop.add_device(anna, address=Address("127.0.0.1", int(port)))


def memory(name):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))


cases.products.read.for_user(anna, device)
before = memory("VmRSS:")
print("ready", flush=True)
sys.stdin.readline()
try:
    cases.products.read.for_user(anna, device)
except ScalesNonsenseError as error:
    print(error)
print(memory("VmHWM:") - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not tell the highest mark")
@pytest.mark.parametrize(
    ("fault", "text"),
    [
        ("huge-file", "(problem='too_long', most=16777216)"),
        ("endless-portions", "(problem='too_long', most=16777216)"),
        ("nested-file", "problem='no_json'"),
        ("huge-frame", "problem='length'"),
    ],
)
def test_memory_is_bounded(tmp_path: Path, fault: str, text: str) -> None:
    with (
        running_scales() as fleet,
        subprocess.Popen(  # noqa: S603  ourselves
            [sys.executable, "-c", READING, new_url(tmp_path), str(fleet[0].port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process,
        within(SECONDS),
    ):
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            fleet.set_fault(fleet[0].port, fault)
            said, _ = process.communicate("go\n", timeout=SECONDS)
        finally:
            process.kill()
    told, growth = said.splitlines()
    assert text in told
    assert int(growth) < BOUND
