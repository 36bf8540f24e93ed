"""`berthline renew-passwords`: the way back in when clouds.yaml is lost."""

from pathlib import Path

from berthline.cli.settings import settings_of


def renew_passwords(*, data: Path | None = None, database: str | None = None, config: Path | None = None) -> None:
    """Give the users admin and demo new passwords and write them to clouds.yaml, of a cloud that does not run.

    The old passwords and the tokens that they gave count no more. A clouds.yaml that is there is not overwritten. The
    next start writes its address into it.

    Parameters
    ----------
    data
        Data folder of the cloud.
    database
        postgresql://USER@HOST/NAME of its PostgreSQL, unless a setting says so. Without password.
    config
        TOML file of settings; berthline.toml in the data folder unless named.
    """
    from berthline.bootstrap.clouds_file import Door
    from berthline.bootstrap.credentials import renew_passwords as renew
    from berthline.bootstrap.database import folder_of
    from berthline.domain.clock import SystemClock

    settings = settings_of(data, database, config)
    folder = folder_of(settings)
    address = settings.public_url.rstrip("/") or f"{settings.scheme}://{settings.listen}"
    renew(folder, SystemClock(), Door(f"{address}/identity/v3", settings.region, settings.tls.authorities))
    print(f"new passwords are in {folder.clouds}")
