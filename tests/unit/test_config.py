"""Settings: which source wins, and what each says when something is wrong."""

from pathlib import Path

import pytest

from berthline.config import HypervisorHost, Settings, WrongSetting, every_setting, load
from berthline.config.toml_lines import line_of
from tools import reference

SIMULATED = {"BERTHLINE_DATAPLANE_KIND": "simulated", "BERTHLINE_SIMULATED_HOSTS": "3"}

REAL = """
region = "north"

[dataplane]
northbound = "unix:/run/nb.sock"
southbound = "unix:/run/sb.sock"

[[hypervisors]]
name = "one"
uri = "qemu+unix:///system"

[[hypervisors]]
name = "two"
uri = "qemu+tls://two/system"
virt_type = "kvm"
"""


def write(folder: Path, text: str) -> Path:
    file = folder / "berthline.toml"
    file.write_text(text)
    return file


def test_the_command_line_wins_over_the_environment_which_wins_over_the_file(tmp_path: Path) -> None:
    file = write(tmp_path, 'region = "file"\nlisten = "[::1]:1"\npublic_url = "http://file"\n')
    environment = {**SIMULATED, "BERTHLINE_REGION": "environment", "BERTHLINE_LISTEN": "127.0.0.1:2"}
    settings = load({"region": ("--region", "option")}, environment, file)
    assert settings.region == "option"
    assert settings.listen == "127.0.0.1:2"
    assert settings.public_url == "http://file"
    assert settings.simulated.hosts == 3


def test_the_file_of_the_data_folder_is_read_without_being_named(tmp_path: Path) -> None:
    write(tmp_path, REAL)
    settings = load({}, {"BERTHLINE_DATA": str(tmp_path)})
    assert settings.region == "north"
    assert settings.data_path == tmp_path
    assert settings.hypervisors == (
        HypervisorHost(name="one", uri="qemu+unix:///system"),
        HypervisorHost(name="two", uri="qemu+tls://two/system", virt_type="kvm"),
    )


def test_a_variable_names_the_file(tmp_path: Path) -> None:
    file = write(tmp_path, REAL)
    assert load({}, {"BERTHLINE_CONFIG": str(file)}).region == "north"


def test_lists_come_from_the_environment_as_toml(tmp_path: Path) -> None:
    environment = {
        "BERTHLINE_DATA": str(tmp_path),
        "BERTHLINE_DATAPLANE_NORTHBOUND": "tcp:10.0.0.1:6641",
        "BERTHLINE_DATAPLANE_SOUTHBOUND": "tcp:10.0.0.1:6642",
        "BERTHLINE_DATAPLANE_PHYSICAL_NETWORKS": '["one", "two"]',
        "BERTHLINE_HYPERVISORS": '[{name = "a", uri = "qemu+ssh://a/system", userspace_datapath = true}]',
    }
    settings = load({}, environment)
    assert settings.dataplane.physical_networks == ("one", "two")
    assert settings.hypervisors[0].userspace_datapath is True


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ('\nregoin = "x"\n', 2, "regoin: no such setting"),
        ("[dataplane]\n# a comment\nnorth = 1\n", 3, "dataplane.north: no such setting"),
        ("[simulated]\nhosts = -1\n", 2, "simulated.hosts: expected a whole number >= 0"),
        ('[simulated]\nhosts = "many"\n', 2, "simulated.hosts: expected a whole number, got text"),
        ('simulated.vcpus = "many"\n', 1, "simulated.vcpus: expected a whole number"),
        ('[log]\n\nlevel = "loud"\n', 3, "log.level: invalid enum value 'loud'"),
        ("dataplane = 4\n", 1, "dataplane: expected a table"),
        (
            '[[hypervisors]]\nname = "a"\nuri = "u"\n\n[[hypervisors]]\nuri = "v"\n',
            5,
            "hypervisors[1]: name is missing",
        ),
        ('[[hypervisors]]\nname = "a"\nuri = "u"\ncolour = "red"\n', 4, "hypervisors[0].colour: no such setting"),
        ('[[hypervisors]]\nname = "a"\nuri = "u"\nvirt_type = "xen"\n', 4, "hypervisors[0].virt_type: invalid enum"),
        ("hypervisors = [4]\n", 1, "hypervisors[0]: expected a table"),
        ('listen = "8774"\n', 1, "listen: expected"),
        ('listen = "127.0.0.1:70000"\n', 1, "listen: there is no port 70000"),
        ('[simulated]\nhosts = 2\n[dataplane]\nkind = "ovn"\n', 2, "simulated.hosts: use dataplane.kind = simulated"),
        ('[dataplane]\nkind = "simulated"\n', 2, "simulated.hosts: at least 1"),
        (
            '[dataplane]\nauto_prefix_v4 = "10.0.0.0/27"\n',
            2,
            "dataplane.auto_prefix_v4: '10.0.0.0/27' is no IPv4 prefix",
        ),
        ('[dataplane]\nauto_prefix_v6 = "fd00::1/48"\n', 2, "dataplane.auto_prefix_v6: 'fd00::1/48' is no IPv6 prefix"),
        ('[dataplane]\ndns_servers = ["192.0.2.300"]\n', 2, "dataplane.dns_servers: '192.0.2.300' is no IP address"),
        ("\ndata = '/elsewhere'\n", 2, "data: the file lies in the data folder"),
    ],
)
def test_a_wrong_setting_is_refused_with_its_line_and_the_reason(
    tmp_path: Path, text: str, line: int, reason: str
) -> None:
    file = write(tmp_path, text)
    with pytest.raises(WrongSetting) as refused:
        load({}, {"BERTHLINE_DATA": str(tmp_path)})
    assert refused.value.place == f"{file} line {line}"
    assert refused.value.reason.startswith(reason)


def test_a_wrong_variable_is_refused_by_its_name(tmp_path: Path) -> None:
    for name, value, reason in (
        ("BERTHLINE_REGOIN", "x", "no such setting"),
        ("BERTHLINE_SIMULATED_HOSTS", "many", "'many' is not a TOML value"),
        ("BERTHLINE_SIMULATED_HOSTS", "-2", "simulated.hosts: expected a whole number >= 0"),
        ("BERTHLINE_LOG_LEVEL", "loud", "log.level: invalid enum value"),
        ("BERTHLINE_HYPERVISORS", '[{name = "a"}]', "hypervisors[0]: uri is missing"),
    ):
        with pytest.raises(WrongSetting) as refused:
            load({}, {**SIMULATED, "BERTHLINE_DATA": str(tmp_path), name: value})
        assert refused.value.place == name
        assert refused.value.reason.startswith(reason)


def test_a_wrong_option_is_refused_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(WrongSetting) as refused:
        load({"listen": ("--listen", "nowhere")}, {**SIMULATED, "BERTHLINE_DATA": str(tmp_path)})
    assert refused.value.place == "--listen"


def test_a_cloud_without_hosts_is_refused_and_told_what_would_do(tmp_path: Path) -> None:
    with pytest.raises(WrongSetting, match="--simulated"):
        load({}, {"BERTHLINE_DATA": str(tmp_path)})


def test_a_file_that_is_not_there_or_not_toml_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WrongSetting, match="cannot be read: No such file"):
        load({}, SIMULATED, tmp_path / "missing.toml")
    with pytest.raises(WrongSetting, match="line 1"):
        load({}, SIMULATED, write(tmp_path, "region = \n"))


def test_two_hosts_of_one_name_are_refused(tmp_path: Path) -> None:
    file = write(tmp_path, REAL.replace('"two"', '"one"'))
    with pytest.raises(WrongSetting, match="more than one is named one") as refused:
        load({}, {"BERTHLINE_DATA": str(tmp_path)})
    assert refused.value.place == f"{file} line 8"


def test_where_to_listen_is_taken_apart() -> None:
    assert (Settings(listen="[::1]:80").host, Settings(listen="[::1]:80").port) == ("::1", 80)
    assert (Settings(listen="0.0.0.0:0").host, Settings(listen="0.0.0.0:0").port) == ("0.0.0.0", 0)  # noqa: S104


def test_every_setting_says_what_it_is_and_can_come_from_the_environment() -> None:
    settings = list(every_setting())
    assert [one.toml for one in settings if not one.description] == []
    assert [one.toml for one in settings if not one.environment and "[]." not in one.toml] == []
    assert len({one.toml for one in settings}) == len(settings) > 25


def test_every_setting_is_in_the_reference() -> None:
    page = (reference.ROOT / "docs/reference/settings.md").read_text(encoding="utf-8")
    assert [one.toml for one in every_setting() if f"`{one.toml}`" not in page] == []


def test_a_key_within_a_line_has_the_line_of_its_table() -> None:
    text = "a = {\n b = 1 }\n\n[c.d]\ne.f = 2\n"
    assert line_of(text, ("a", "z")) == 1
    assert line_of(text, ("c", "d", "e", "f")) == 5
    assert line_of(text, ("c", "d", "g")) == 4
