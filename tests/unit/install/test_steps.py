"""Steps: only what is missing is done, only what we made is taken back, and what was there is there again."""

from pathlib import Path

import pytest

from berthline.install import step
from berthline.install.certificates.steps import Authority, Certificate
from berthline.install.errors import InstallError
from berthline.install.files import Block, File, signed
from berthline.install.machine import Done, Machine
from berthline.install.ovsdb import Listening, Switch
from berthline.install.packages import Packages
from berthline.install.services import Off, Running

from .scripted import machine_of

ME = {"owner": "root", "group": "root"}


def silent(_words: str) -> None:
    """Tell nobody."""


def everything(machine: Machine) -> dict[str, str]:
    """Each file of the machine, and what it says."""
    root = machine.place("/")
    return {str(path.relative_to(root)): path.read_text() for path in root.rglob("*") if path.is_file()}


def test_a_second_run_changes_nothing_and_a_removal_leaves_what_was_there(tmp_path: Path) -> None:
    machine, _ = machine_of(tmp_path)
    machine.write("/etc/theirs.conf", "a = 1\n")
    machine.write("/etc/replaced", "as it was\n")
    before = everything(machine)
    steps = (
        Authority(),
        Certificate("one", ("one", "192.0.2.1"), "/etc/one.pem", "/etc/one.key"),
        Block("/etc/theirs.conf", ("b = 2",)),
        File("/etc/replaced", "ours\n"),
        File("/etc/new", "new\n", mode=0o600),
    )
    told: list[str] = []
    assert step.check(machine, steps, told.append) == 5
    assert everything(machine) == before

    assert step.install(machine, steps, silent) == 5
    assert machine.read("/etc/theirs.conf") == "a = 1\n# berthline install: begin\nb = 2\n# berthline install: end\n"
    assert machine.place("/etc/one.key").stat().st_mode & 0o777 == 0o600
    made = everything(machine)
    assert step.check(machine, steps, silent) == 0
    assert step.install(machine, steps, silent) == 0
    assert everything(machine) == made

    again = Machine(tmp_path, machine_of(tmp_path)[1])  # another process reads the record
    assert step.remove(again, steps, silent) == 5
    assert everything(machine) == before
    assert step.remove(again, steps, silent) == 0


def test_what_was_there_already_is_not_taken_back(tmp_path: Path) -> None:
    machine, _ = machine_of(tmp_path)
    machine.write("/etc/theirs", "same\n")
    steps = (File("/etc/theirs", "same\n"), File("/etc/ours", "same\n"))
    assert step.install(machine, steps, silent) == 1
    assert step.remove(machine, steps, silent) == 1
    assert machine.read("/etc/theirs") == "same\n"
    assert machine.read("/etc/ours") is None


def test_what_was_there_before_the_first_time_comes_back(tmp_path: Path) -> None:
    machine, _ = machine_of(tmp_path)
    machine.write("/etc/file", "theirs\n")
    step.install(machine, (File("/etc/file", "first\n"),), silent)
    step.install(machine, (File("/etc/file", "second\n"),), silent)
    step.remove(machine, (File("/etc/file", "second\n"),), silent)
    assert machine.read("/etc/file") == "theirs\n"


def test_a_step_that_fails_is_noted_and_taken_back(tmp_path: Path) -> None:
    def answer(words: tuple[str, ...]) -> str | Done:
        return Done(1, "no such unit") if words[0] == "systemctl" else ""

    machine, _ = machine_of(tmp_path, answer)
    steps = (File("/etc/ours", "text\n", after=(("systemctl", "restart", "it"),)),)
    with pytest.raises(InstallError, match="systemctl restart it: no such unit"):
        step.install(machine, steps, silent)
    assert step.remove(machine, steps, silent) == 1
    assert machine.read("/etc/ours") is None


def test_what_does_not_hold_after_it_was_done_is_a_failure(tmp_path: Path) -> None:
    machine, _ = machine_of(tmp_path, lambda _words: "inactive")
    with pytest.raises(InstallError, match="service it: it was done, and yet it is inactive"):
        step.install(machine, (Running("it"),), silent)


def test_settings_that_somebody_changed_are_left_to_him(tmp_path: Path) -> None:
    machine, _ = machine_of(tmp_path)
    first = File("/etc/settings", signed("a = 1\n"), edited=True)
    second = File("/etc/settings", signed("a = 2\n"), edited=True)
    step.install(machine, (first,), silent)
    assert second.lacking(machine) == "it says something else"
    machine.write("/etc/settings", (machine.read("/etc/settings") or "") + "b = 3\n")
    assert second.lacking(machine) == ""


def test_packages_that_were_there_stay(tmp_path: Path) -> None:
    there = {"one"}

    def answer(words: tuple[str, ...]) -> str:
        if words[0] == "dpkg-query":
            return "".join(f"{name} installed\n" for name in words[3:] if name in there)
        if "install" in words:
            there.update(words[words.index("install") + 2 :])
        if "remove" in words:
            there.difference_update(words[words.index("remove") + 1 :])
        return ""

    machine, _ = machine_of(tmp_path, answer)
    steps = (Packages("a purpose", ("one", "two")),)
    assert steps[0].lacking(machine) == "not installed: two"
    step.install(machine, steps, silent)
    assert there == {"one", "two"}
    step.remove(machine, steps, silent)
    assert there == {"one"}


def test_a_unit_that_ran_runs_on_and_one_that_was_on_is_on_again(tmp_path: Path) -> None:
    state = {"is-enabled": "disabled", "is-active": "active"}

    def answer(words: tuple[str, ...]) -> str:
        if words[1] == "enable":
            state["is-enabled"] = "enabled"
        if words[1] == "disable":
            state.update({"is-enabled": "disabled", "is-active": "inactive"})
        return state.get(words[1], "")

    machine, commands = machine_of(tmp_path, answer)
    step.install(machine, (Running("it"),), silent)
    step.remove(machine, (Running("it"),), silent)
    assert "systemctl stop it" not in commands.run_so_far
    assert "systemctl disable it" in commands.run_so_far

    state.update({"is-enabled": "enabled"})
    step.install(machine, (Off("it", "why"),), silent)
    assert state["is-enabled"] == "disabled"
    step.remove(machine, (Off("it", "why"),), silent)
    assert state["is-enabled"] == "enabled"


def test_the_switch_tells_what_it_told(tmp_path: Path) -> None:
    ids = {"system-id": "theirs", "other": "1"}

    def answer(words: tuple[str, ...]) -> str:
        pairs = [word.removeprefix("external_ids:").split("=", 1) for word in words if word.startswith("external_ids:")]
        ids.update({key: value.strip('"') for key, value in pairs})
        if "remove" in words:
            for key in words[words.index("external_ids") + 1 :]:
                ids.pop(key, None)
        listed = ",".join(f'["{key}","{value}"]' for key, value in ids.items())
        return f'{{"data":[[["map",[{listed}]]]]}}'

    machine, _ = machine_of(tmp_path, answer)
    steps = (Switch((("system-id", "one"), ("ovn-encap-ip", "192.0.2.1"))),)
    step.install(machine, steps, silent)
    assert ids == {"system-id": "one", "other": "1", "ovn-encap-ip": "192.0.2.1"}
    step.remove(machine, steps, silent)
    assert ids == {"system-id": "theirs", "other": "1"}


def test_who_listens_already_goes_on_listening(tmp_path: Path) -> None:
    places = ["ptcp:1"]

    def answer(words: tuple[str, ...]) -> str:
        if words[2].startswith(("set-", "del-")):
            places[:] = words[3:]
        return "\n".join(places)

    machine, _ = machine_of(tmp_path, answer)
    steps = (Listening("ovn-sbctl", "pssl:6642"),)
    step.install(machine, steps, silent)
    assert places == ["ptcp:1", "pssl:6642"]
    step.remove(machine, steps, silent)
    assert places == ["ptcp:1"]
