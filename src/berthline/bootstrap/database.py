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
    url = url_with_password(settings.database, settings.database_password_file, "database_password_file")
    return DataFolder(settings.data_path, postgresql=url)


def url_with_password(url: str, named: str, option: str) -> str:
    """The URL, with the password that the file ``named`` holds, unless that is ""; ``option`` is what named it.

    Raises StartRefused.
    """
    if not named:
        return url
    try:
        password = Path(named).expanduser().read_text(encoding="utf-8").strip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8"
        raise StartRefused(f"{option} {named} cannot be read: {why}; see to its rights") from None
    if not password or "\0" in password or "\n" in password:
        raise StartRefused(f"{option} {named} has to hold a password, in one line, and nothing else")
    return with_password(url, password)
