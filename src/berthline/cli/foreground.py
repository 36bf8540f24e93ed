"""Runs the cloud in this process. It knows nothing of how a command line is read, so that reading it costs no start."""

import asyncio
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from berthline.bootstrap import memory, optional
from berthline.config import Settings, WrongSetting, load, parsed

if TYPE_CHECKING:
    from berthline.bootstrap.process import Role

SWITCH_SECONDS: Final = 0.0002
"""How long the loop keeps the interpreter when the writer waits for it: the writer asks once for each statement."""


def start(
    *,
    role: "Role" = "up",
    listen: str | None = None,
    data: Path | None = None,
    database: str | None = None,
    simulated: int | str | None = None,
    network_endpoint: str | None = None,
    config: Path | None = None,
    seed: str | None = None,
    setting: tuple[str, ...] = (),
) -> None:
    """Run a process of a cloud with the options of `berthline up` until it is told to end.

    Raises WrongSetting, BerthlineError.
    """
    given = options(
        listen=listen,
        data=data,
        database=database,
        simulated=simulated,
        network_endpoint=network_endpoint,
        setting=setting,
    )
    run(load(given, config_file=config), role, _known(seed))


def options(
    *,
    listen: str | None,
    data: Path | None,
    simulated: int | str | None,
    setting: tuple[str, ...],
    network_endpoint: str | None = None,
    database: str | None = None,
) -> dict[str, tuple[str, Any]]:
    """The settings that command-line options give, for ``config.load``."""
    given: dict[str, tuple[str, Any]] = {}
    for pair in setting:
        name, separator, value = pair.partition("=")
        option = f"--set {name}"  # the value may be a secret, and what is wrong with it may go into a log
        if not separator:
            raise WrongSetting(option, "write it as NAME=VALUE")
        given[name] = (option, parsed(option, name, value))
    if listen is not None:
        given["listen"] = ("--listen", listen)
    if data is not None:
        given["data"] = ("--data", str(data))
    if database is not None:
        given["database"] = ("--database", database)
    if simulated is not None:
        name = "simulated.world" if isinstance(simulated, str) else "simulated.hosts"
        given[name] = ("--simulated", simulated)
        given["dataplane.kind"] = ("--simulated", "simulated")
    if network_endpoint is not None:
        given["network.endpoint"] = ("--network-endpoint", network_endpoint)
    return given


def _known(seed: str | None) -> str | None:
    """The name of a seed, looked at before anything begins."""
    if seed is not None:
        from berthline.cli.seed.recipes import SEEDS

        if seed not in SEEDS:
            raise WrongSetting("--seed", f"there is no seed {seed!r}; there are {', '.join(sorted(SEEDS))}")
    return seed


def run(settings: Settings, role: "Role" = "up", seed: str | None = None) -> None:
    """Run a process of the cloud on uvloop until it is told to end; with a ``seed`` in it before it is ready."""
    memory.prepare()
    sys.setswitchinterval(SWITCH_SECONDS)
    with optional.without():
        import uvloop

        from berthline.bootstrap import cloud, serve  # noqa: F401 (imported here, without what they need not)
        from berthline.bootstrap.logs import set_up_log

    set_up_log(settings.log)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_run(settings, role, seed))


async def _run(settings: Settings, role: "Role", seed: str | None) -> None:
    from berthline.bootstrap.cloud import running_cloud
    from berthline.bootstrap.ending import told_to_end

    async with running_cloud(settings, role=role, serve=role != "worker") as cloud:
        where = f"{cloud.url} data={cloud.folder.path} clouds={cloud.folder.clouds}"
        if role == "worker":
            where = f"worker {cloud.worker.id} data={cloud.folder.path}"
        if seed is not None:
            await _sow(seed, cloud.folder.clouds)
        with told_to_end() as told:  # whoever reads that it is ready may end it at once
            print(f"ready: {where} in {_age():.2f} s", flush=True)
            memory.settle()
            await told.wait()


async def _sow(seed: str, clouds: Path) -> None:
    import structlog

    from berthline.cli.seed.recipes import SEEDS
    from berthline.cli.seed.sowing import sow

    sown = await asyncio.to_thread(sow, SEEDS[seed], clouds)
    made = {each.noun.replace(" ", "_"): len(each.made) for each in sown}
    structlog.get_logger("berthline.seed").info("the seed is in the cloud", seed=seed, made=made)


def _age() -> float:
    """Seconds since this process was started, as the kernel counts them (to 1/100 s): Python's own start is in it."""
    after_name = Path("/proc/self/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    started = int(after_name[19]) / os.sysconf("SC_CLK_TCK")
    return float(Path("/proc/uptime").read_text(encoding="utf-8").split()[0]) - started
