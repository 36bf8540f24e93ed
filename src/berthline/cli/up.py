"""`berthline up`: the cloud, in the foreground."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Annotated, Any, Final

from cyclopts import Parameter

from berthline.bootstrap import memory
from berthline.config import Settings, WrongSetting, load, parsed

SWITCH_SECONDS: Final = 0.0002
"""How long the loop keeps the interpreter when the writer waits for it: the writer asks once for each statement."""


def up(
    *,
    listen: str | None = None,
    data: Path | None = None,
    simulated: Annotated[int | None, Parameter(negative=())] = None,
    network_endpoint: str | None = None,
    config: Path | None = None,
    setting: Annotated[tuple[str, ...], Parameter(name="--set", negative=(), show_default=False)] = (),
) -> None:
    """Run a cloud until it is told to end by SIGTERM or SIGINT.

    One line tells when it is ready: its address, its data folder, the clouds.yaml that clients read. Log lines go to
    standard error.

    Parameters
    ----------
    listen
        HOST:PORT where all APIs answer; 127.0.0.1:8774 unless set otherwise.
    data
        Folder of the database, images and clouds.yaml; made when missing.
    simulated
        Use so many simulated hosts (3 when no number follows) and no real data plane.
    network_endpoint
        URL of a Neutron whose networks servers are to use; the table [network] says who we are there.
    config
        TOML file of settings; berthline.toml in the data folder unless named.
    setting
        NAME=VALUE for any other setting, such as log.level=debug; may be repeated.
    """
    given = options(listen=listen, data=data, simulated=simulated, network_endpoint=network_endpoint, setting=setting)
    settings = load(given, config_file=config)
    run(settings)


def options(
    *,
    listen: str | None,
    data: Path | None,
    simulated: int | None,
    setting: tuple[str, ...],
    network_endpoint: str | None = None,
) -> dict[str, tuple[str, Any]]:
    """The settings that command-line options give, for ``config.load``."""
    given: dict[str, tuple[str, Any]] = {}
    for pair in setting:
        name, separator, value = pair.partition("=")
        option = f"--set {pair}"
        if not separator:
            raise WrongSetting(option, "write it as NAME=VALUE")
        given[name] = (option, parsed(option, name, value))
    if listen is not None:
        given["listen"] = ("--listen", listen)
    if data is not None:
        given["data"] = ("--data", str(data))
    if simulated is not None:
        given["simulated.hosts"] = ("--simulated", simulated)
        given["dataplane.kind"] = ("--simulated", "simulated")
    if network_endpoint is not None:
        given["network.endpoint"] = ("--network-endpoint", network_endpoint)
    return given


def run(settings: Settings) -> None:
    """Run the cloud on uvloop until it is told to end."""
    memory.prepare()
    sys.setswitchinterval(SWITCH_SECONDS)
    import uvloop

    from berthline.bootstrap.logs import set_up_log

    set_up_log(settings.log)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_run(settings))


async def _run(settings: Settings) -> None:
    from berthline.bootstrap.cloud import running_cloud
    from berthline.bootstrap.serve import until_told_to_end

    async with running_cloud(settings, serve=True) as cloud:
        where = f"{cloud.url} data={cloud.folder.path} clouds={cloud.folder.clouds}"
        print(f"ready: {where} in {_age():.2f} s", flush=True)
        memory.settle()
        await until_told_to_end()


def _age() -> float:
    """Seconds since this process was started, as the kernel counts them (to 1/100 s): Python's own start is in it."""
    after_name = Path("/proc/self/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    started = int(after_name[19]) / os.sysconf("SC_CLK_TCK")
    return float(Path("/proc/uptime").read_text(encoding="utf-8").split()[0]) - started
