"""Where a cloud's rows are: a file in its data folder, or the PostgreSQL that the settings name."""

from pathlib import Path

from berthline.bootstrap.data_folder import DataFolder
from berthline.config import Settings
from berthline.config.database_url import with_password
from berthline.domain.start import StartRefused


def folder_of(settings: Settings) -> DataFolder:
    """The data folder of these settings, which knows the database that goes with it.

    Raises StartRefused when the password of the database cannot be read.
    """
    return DataFolder(settings.data_path, postgresql=_url(settings))


def _url(settings: Settings) -> str:
    named = settings.database_password_file
    if not named:
        return settings.database
    try:
        password = Path(named).expanduser().read_text(encoding="utf-8").strip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8"
        raise StartRefused(f"database_password_file {named} cannot be read: {why}; see to its rights") from None
    if not password or "\0" in password or "\n" in password:
        raise StartRefused(f"database_password_file {named} has to hold a password, in one line, and nothing else")
    return with_password(settings.database, password)
