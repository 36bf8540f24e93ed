"""`berthline renew-passwords`: the way back in when clouds.yaml is lost."""

from pathlib import Path

from berthline.bootstrap.data_folder import DataFolder
from berthline.cli.doctor import clouds_of


def renew_passwords(*, data: Path | None = None) -> None:
    """Give the users admin and demo new passwords and write them to clouds.yaml, of a cloud that does not run.

    The old passwords and the tokens that they gave count no more. A clouds.yaml that is there is not overwritten. The
    next start writes its address into it.

    Parameters
    ----------
    data
        Data folder of the cloud.
    """
    from berthline.bootstrap.credentials import renew_passwords as renew
    from berthline.config import Settings
    from berthline.domain.clock import SystemClock

    defaults = Settings()
    folder = DataFolder(clouds_of(data).parent)
    renew(folder, SystemClock(), f"http://{defaults.listen}", defaults.region)
    print(f"new passwords are in {folder.clouds}")
