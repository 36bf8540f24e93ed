"""The real cloud as something to be measured: what `bench` runs its work against, beside Berthline."""

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bench.endpoint import Endpoint
from bench.openstack.stack import Stack, real_openstack


def endpoint_of(stack: Stack) -> Endpoint:
    """Its APIs, entered as its admin; one token that holds for a day."""
    return Endpoint(
        name="openstack",
        network=stack.network_url,
        compute=stack.compute_url if stack.admin else "",
        image=stack.image_url if stack.admin else "",
        token=stack.token(),
        project_id=stack.project_id(),
        host=stack.host,
        slow=True,
        ids={"image": stack.image_id, "flavor": stack.flavor_id} if stack.admin else {},
    )


@dataclass
class OpenStack:
    """The target: a new, empty cloud each time it is opened; Neutron alone, or with ``nova`` all that Nova needs.

    Attributes:
        scratch: holds the folders of the clouds, which go when the cloud has ended.
        nova: whether servers can be booted.
        workers: processes that answer requests, for each API.
        ready: seconds from start to ready, one for each time it was opened.
        stack: the one that runs now, for its processes (``process_ids``) and tables (``rows``).
    """

    scratch: Path
    nova: bool = True
    workers: int = 2
    name: str = "openstack"
    ready: list[float] = field(default_factory=list)
    stack: Stack | None = None

    @contextlib.contextmanager
    def opened(self) -> Iterator[Endpoint]:
        """See Target.opened. Raises StackFailed."""
        self.scratch.mkdir(parents=True, exist_ok=True)
        with (
            tempfile.TemporaryDirectory(dir=self.scratch, ignore_cleanup_errors=True) as place,
            real_openstack(Path(place) / "os", nova=self.nova, workers=self.workers) as stack,
        ):
            self.stack = stack
            self.ready.append(stack.ready_seconds)
            try:
                yield endpoint_of(stack)
            finally:
                self.stack = None
