"""Command line: `python -m berthline.localhost up|down|status|image`."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from ipaddress import IPv4Interface
from pathlib import Path

from berthline.localhost import guest_image
from berthline.localhost.errors import LocalHostError
from berthline.localhost.layout import Settings
from berthline.localhost.services import LocalHost


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="berthline.localhost", description=__doc__)
    actions = parser.add_subparsers(dest="action", required=True)
    for action, text in (
        ("up", "start what does not run yet; print the endpoints as JSON"),
        ("down", "end everything and remove its files"),
        ("status", "print what runs as JSON; exit status 1 unless all of it does"),
    ):
        one = actions.add_parser(action, help=text)
        one.add_argument("--dir", type=Path, required=True, help="folder for all its files")
        one.add_argument("--name", default="demo", help="distinguishes several on one machine")
        one.add_argument("--external", type=IPv4Interface, default=Settings().external_address, metavar="ADDRESS/BITS")
        one.add_argument("--isolated", action="store_true", help="external address in a namespace of its own")
        one.add_argument("--virt-type", choices=("qemu", "kvm"), default="qemu")
    image = actions.add_parser("image", help="build the tiny guest image; print its path")
    image.add_argument("--dir", type=Path, required=True, help="folder for the image")
    image.add_argument("--cache", type=Path, default=None, help="folder for downloads (default: the user's cache)")
    image.add_argument("--fetch", action="store_true", help="only download what building needs")
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Do what the arguments say; the exit status."""
    given = _parser().parse_args(arguments)
    try:
        if given.action == "image":
            return _image(given.dir.absolute(), given.cache, fetch_only=given.fetch)
        return _host(given)
    except LocalHostError as error:
        print(f"berthline.localhost: {error}", file=sys.stderr)
        return 1


def _image(directory: Path, cache: Path | None, *, fetch_only: bool) -> int:
    if fetch_only:
        guest_image.fetch(cache)
    else:
        print(guest_image.build(directory, cache))
    return 0


def _host(given: argparse.Namespace) -> int:
    settings = Settings(given.external, given.isolated, given.virt_type)
    host = LocalHost(given.dir.absolute(), given.name, settings)
    if given.action == "up":
        print(host.start().to_json(), end="")
    elif given.action == "down":
        host.stop()
    else:
        status = host.status()
        print(json.dumps(asdict(status), indent=2, default=str))
        return 0 if status.endpoints is not None else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
