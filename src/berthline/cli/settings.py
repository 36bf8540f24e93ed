"""The settings of a cloud for commands that do not start it."""

from pathlib import Path
from typing import Any

from berthline.config import Settings, load


def settings_of(data: Path | None, database: str | None, config: Path | None) -> Settings:
    """Those of the data folder that is named, else of $BERTHLINE_DATA, else of the default one. Raises WrongSetting."""
    given: dict[str, tuple[str, Any]] = {}
    if data is not None:
        given["data"] = ("--data", str(data))
    if database is not None:
        given["database"] = ("--database", database)
    return load(given, config_file=config, complete=False)
