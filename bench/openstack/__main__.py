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
    parser.add_argument("--with", dest="part", choices=("nova",), help="also Keystone, Glance, Placement and Nova")
    wanted = parser.parse_args()
    nova = wanted.part == "nova"
    try:
        prepare(nova=nova)
        if wanted.action == "run":
            run(nova=nova)
    except StackFailed as error:
        print(f"openstack: {error}", file=sys.stderr)
        return 1
    return 0


def run(*, nova: bool) -> None:
    """Run a stack in a folder of its own until SIGINT or SIGTERM."""
    signals = {signal.SIGINT, signal.SIGTERM}
    with (
        tempfile.TemporaryDirectory(prefix="bl-openstack-") as folder,
        real_openstack(Path(folder), nova=nova) as stack,
    ):
        # Blocked after the start, so that the programs do not inherit it.
        signal.pthread_sigmask(signal.SIG_BLOCK, signals)
        print(f"Neutron: {stack.network_url}; ports can be bound on host {stack.host}")
        if stack.admin:
            password = stack.folder / "password"
            password.touch(mode=0o600)
            password.write_text(stack.site.password)
            print(f"Keystone: {stack.identity_url}; Nova: {stack.compute_url}; admin's password: {password}")
        print(f"its files and logs: {stack.folder}; stop it by Ctrl-C", flush=True)
        signal.sigwait(signals)


if __name__ == "__main__":
    sys.exit(main())
