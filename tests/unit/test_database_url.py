"""The setting ``database``: what is refused before anything is connected to, and that nobody is told its password."""

from pathlib import Path

import pytest

from berthline.config import Settings, WrongSetting, load
from berthline.config.database_url import fault_of, has_password, with_password, without_password

PLAIN = "postgresql://berthline@db.example.org/cloud"
TLS = f"{PLAIN}?sslmode=verify-full&sslrootcert=/etc/ca.crt&sslcert=/etc/client.crt&sslkey=/etc/client.key"
SOCKET = "postgresql://berthline@/cloud?host=%2Frun%2Fpostgresql&port=5433"
SEVERAL = "postgres://berthline@one:5432,two:5433/cloud?target_session_attrs=read-write"
SECRET = "s3cr%40t"


@pytest.mark.parametrize("url", [PLAIN, TLS, SOCKET, SEVERAL, "postgresql://[::1]:5432/cloud", "postgresql:///cloud"])
def test_what_libpq_reads_is_taken(url: str) -> None:
    assert fault_of(url) is None
    assert not has_password(url)
    assert without_password(url).partition("?")[2] == url.partition("?")[2]
    assert fault_of(with_password(url, "p@ss/w%rd")) is None
    assert has_password(with_password(url, "p"))
    assert without_password(with_password(url, SECRET)) == without_password(url)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("mysql://db/cloud", "write it as postgresql://"),
        ("berthline.db", "write it as postgresql://"),
        (f"postgresql://u:{SECRET}@x@db/cloud", "write it as postgresql://"),
        (f"postgresql://u:{SECRET}/@db/cloud", "write it as postgresql://"),
        (f"postgresql://u:{SECRET}%zz@db/cloud", "a % is not followed"),
        (f"postgresql://u:{SECRET}@db/cloud#x", "write it as postgresql://"),
        (f"postgresql://u:{SECRET}@db/cloud?ssl_mode=require", "there is no parameter 'ssl_mode'"),
        (f"postgresql://u:{SECRET}@db/cloud?options=-csearch_path%3Dx", "there is no parameter 'options'"),
        (f"postgresql://u:{SECRET}@db/cloud?sslmode=require&sslmode=disable", "the parameter sslmode is there twice"),
    ],
)
def test_what_it_does_not_read_is_refused_and_not_quoted(tmp_path: Path, url: str, reason: str) -> None:
    with pytest.raises(WrongSetting) as refused:
        load({}, {"BERTHLINE_DATA": str(tmp_path), "BERTHLINE_DATABASE": url}, complete=False)
    assert refused.value.place == "BERTHLINE_DATABASE"
    assert refused.value.reason.startswith(f"database: {reason}")
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize("url", [f"postgresql://u:{SECRET}@db/cloud", f"{PLAIN}?password={SECRET}"])
def test_a_password_is_not_taken_from_where_everybody_sees_it(tmp_path: Path, url: str) -> None:
    elsewhere = {"BERTHLINE_DATA": str(tmp_path)}
    for option in ("--database", "--set database"):
        with pytest.raises(WrongSetting, match="seen by everybody") as refused:
            load({"database": (option, url)}, elsewhere, complete=False)
        assert SECRET not in str(refused.value)
    settings = load({}, {**elsewhere, "BERTHLINE_DATABASE": url}, complete=False)
    assert settings.database == url
    assert SECRET not in repr(settings)
    assert SECRET not in str(settings)


def test_a_file_of_a_password_needs_a_database_and_no_other_password(tmp_path: Path) -> None:
    given = {"BERTHLINE_DATA": str(tmp_path), "BERTHLINE_DATABASE_PASSWORD_FILE": "/run/secret"}
    with pytest.raises(WrongSetting, match="no database that it could be for"):
        load({}, given, complete=False)
    with pytest.raises(WrongSetting, match="has a password in it already") as refused:
        load({}, {**given, "BERTHLINE_DATABASE": f"postgresql://u:{SECRET}@db/cloud"}, complete=False)
    assert SECRET not in str(refused.value)
    assert load({}, {**given, "BERTHLINE_DATABASE": PLAIN}, complete=False).database_password_file == "/run/secret"


def test_a_command_that_starts_no_cloud_needs_no_hosts(tmp_path: Path) -> None:
    given = {"BERTHLINE_DATA": str(tmp_path), "BERTHLINE_DATABASE": PLAIN}
    assert load({}, given, complete=False) == Settings(data=str(tmp_path), database=PLAIN)
    with pytest.raises(WrongSetting, match="no data plane"):
        load({}, given)
