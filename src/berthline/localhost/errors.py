"""What can go wrong with Berthline's own services on this machine.

This package stands alone (the cloud does not need it: it speaks to any OVN and libvirt), so its errors do too.
Every message says what to do next.
"""


class LocalHostError(Exception):
    """Base of every error raised by `berthline.localhost`."""


class InvalidSetting(LocalHostError):
    """A name, directory or address cannot be used; the message says which and what would do."""


class NotPermitted(LocalHostError):
    """Network namespaces and mounts need root."""


class MissingPrograms(LocalHostError):
    """Programs of Debian's packages are not installed.

    Args:
        programs: their names, in the order they were looked for.
    """

    def __init__(self, programs: tuple[str, ...]) -> None:
        self.programs = programs
        super().__init__(f"not installed: {', '.join(programs)}; run scripts/host-packages as root")


class CommandFailed(LocalHostError):
    """A program ended with an error.

    Args:
        argv: the command.
        status: its exit status, negative when a signal ended it.
        output: the end of what it printed.
    """

    def __init__(self, argv: tuple[str, ...], status: int, output: str) -> None:
        self.argv = argv
        self.status = status
        self.output = output
        super().__init__(f"{' '.join(argv)}: exit status {status}: {output.strip()[-2000:]}")
