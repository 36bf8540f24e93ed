"""`berthline demo`: two servers on a tenant network that reach each other, shown through the public APIs."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

FAILED = 1


def demo(
    *,
    simulated: Annotated[int | None, Parameter(negative=())] = None,
    clean: Annotated[bool, Parameter(negative=(), show_default=False)] = False,
    data: Path | None = None,
) -> int:
    """Show a cloud at work: image, network, router, servers, a floating IP, ssh, ping, a port closed and opened.

    A server is copied while it runs, another one boots from the copy, and the screen of the first one is looked at.

    Starts OVN, libvirt and a cloud of its own where they do not run yet, and leaves them running. Needs root and
    what scripts/host-packages installs; on simulated hosts it needs neither.

    Parameters
    ----------
    simulated
        Use simulated hosts (so many of them): the same steps, where there is no guest to log in to.
    clean
        Remove everything that the demonstration made.
    data
        Folder of the demonstration; beside the default data folder unless named.
    """
    from berthline.cli.demo import plan
    from berthline.cli.demo.clean import clean as remove
    from berthline.cli.demo.progress import Progress
    from berthline.cli.demo.run import run
    from berthline.cli.errors import CommandFailed
    from berthline.localhost import LocalHostError

    progress = Progress()
    folders = [plan.DemoFolder(data.absolute())] if data else [plan.default_folder(simulated=simulated is not None)]
    try:
        if clean:
            if data is None and simulated is None:
                folders.append(plan.default_folder(simulated=True))
            for folder in folders:
                remove(folder, progress)
        else:
            run(folders[0], progress, simulated)
    except (CommandFailed, LocalHostError) as error:
        progress.say(f"demo failed: {error}")
        if not clean and (folders[0].path / "berthline.log").exists():
            progress.say(f"the cloud's log is {folders[0].path / 'berthline.log'}")
        return FAILED
    except OSError as error:
        progress.say(f"demo failed: {error.strerror or error} {error.filename or ''}".rstrip())
        return FAILED
    return 0
