"""Times as Nova writes and reads them."""

from datetime import UTC, datetime

from berthline.domain.errors import BadRequest

_MICROSECONDS = 1_000_000


def second(at: int) -> str:
    """``at`` (µs) as ``2026-01-02T03:04:05Z``."""
    return datetime.fromtimestamp(at // _MICROSECONDS, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def microsecond(at: int | None) -> str | None:
    """``at`` (µs) as ``2026-01-02T03:04:05.000006``, without a zone; None stays None."""
    if at is None:
        return None
    stamp = datetime.fromtimestamp(at // _MICROSECONDS, UTC).replace(microsecond=at % _MICROSECONDS)
    return stamp.strftime("%Y-%m-%dT%H:%M:%S.%f")


def parse(text: str, name: str) -> int:
    """An ISO 8601 time of a query as µs; one without a zone is UTC. Raises BadRequest that names the parameter."""
    try:
        stamp = datetime.fromisoformat(text.strip())
    except ValueError:
        raise BadRequest(f"Invalid input for query parameters {name}. Value: {text[:64]}. It is no time.") from None
    aware = stamp if stamp.tzinfo else stamp.replace(tzinfo=UTC)
    return int(aware.timestamp()) * _MICROSECONDS + aware.microsecond
