"""Every table, one file per service. The database holds the invariants: foreign keys, checks, unique indexes."""

from berthline.store.tables import (
    compute,
    control,
    enrolment,
    identity,
    image,
    network,
    placing,
    pools,
    remote,
    sharing,
)
from berthline.store.tables.base import metadata

__all__ = [
    "compute",
    "control",
    "enrolment",
    "identity",
    "image",
    "metadata",
    "network",
    "placing",
    "pools",
    "remote",
    "sharing",
]
