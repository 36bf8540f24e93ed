"""`python -m bench.openstack prepare` installs it; `run` starts it and says where, until it is interrupted."""

import argparse
import signal
import sys
import tempfile
from pathlib import Path

from bench.openstack.packages import prepare
from bench.openstack.processes import StackFailed
from bench.openstack.stack import real_openstack


def main() -> int:
    """Do what the command line says; answer its exit status."""
    parser = argparse.ArgumentParser(prog="python -m bench.openstack", description=__doc__)
    parser.add_argument("action", choices=("prepare", "run"))
    wanted = parser.parse_args()
    try:
        prepare()
        if wanted.action == "run":
            run()
    except StackFailed as error:
        print(f"openstack: {error}", file=sys.stderr)
        return 1
    return 0


def run() -> None:
    """Run a stack in a folder of its own until SIGINT or SIGTERM."""
    signals = {signal.SIGINT, signal.SIGTERM}
    with tempfile.TemporaryDirectory(prefix="bl-openstack-") as folder, real_openstack(Path(folder)) as stack:
        # Blocked after the start, so that the programs do not inherit it.
        signal.pthread_sigmask(signal.SIG_BLOCK, signals)
        print(f"Neutron, without authentication: {stack.network_url}\nports can be bound on host {stack.host}")
        print(f"its files and logs: {stack.folder}; stop it by Ctrl-C", flush=True)
        signal.sigwait(signals)


if __name__ == "__main__":
    sys.exit(main())
