"""How long a simulated host takes."""

import msgspec


class SimulatedLatency(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds that a verb takes, for demos and load figures."""

    cache_image: float = 0.0
    create_disks: float = 0.0
    copy_disk: float = 0.0
    start_paused: float = 0.0
    resume: float = 0.0
    shutdown: float = 0.0
    destroy: float = 0.0
    move: float = 0.0
