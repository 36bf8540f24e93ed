"""What is found in a database before anything is done with it."""

import msgspec


class Found(msgspec.Struct, frozen=True):
    """What a database file holds. All of it is empty for one that is not there, or has no bytes.

    ``statements`` made its tables. ``begun``: a cloud was started on it. ``cloud_id`` is the id of that cloud, None
    when that was before clouds had ids; ``place_id`` that of the place where it has its images, None before that was
    noted. ``images`` are those that it has rows of, ``stored`` those of them with bytes.
    """

    revision: str | None = None
    statements: tuple[str, ...] = ()
    begun: bool = False
    cloud_id: str | None = None
    place_id: str | None = None
    images: frozenset[str] = frozenset()
    stored: frozenset[str] = frozenset()
