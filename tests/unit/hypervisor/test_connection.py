"""libvirt's errors by code and origin, and URIs, without a host."""

import pytest

binding = pytest.importorskip("berthline.hypervisor.libvirt.binding", exc_type=ImportError)
libvirt = pytest.importorskip("libvirt", exc_type=ImportError)
connection = pytest.importorskip("berthline.hypervisor.libvirt.connection", exc_type=ImportError)


class Error(Exception):
    """As libvirt's, with the numbers that decide."""

    def __init__(self, code: int, origin: int, number: int = 0) -> None:
        super().__init__("a text that must not matter")
        self._numbers = code, origin, number

    def get_error_code(self) -> int:
        return self._numbers[0]

    def get_error_domain(self) -> int:
        return self._numbers[1]

    def get_int1(self) -> int:
        return self._numbers[2]


CASES = [
    ("VIR_ERR_SYSTEM_ERROR", "VIR_FROM_RPC", 111, "Transient"),
    ("VIR_ERR_INTERNAL_ERROR", "VIR_FROM_RPC", 0, "Transient"),
    ("VIR_ERR_INTERNAL_ERROR", "VIR_FROM_QEMU", 0, "Refused"),
    ("VIR_ERR_OPERATION_TIMEOUT", "VIR_FROM_QEMU", 0, "Transient"),
    ("VIR_ERR_SYSTEM_ERROR", "VIR_FROM_STORAGE", 16, "Transient"),
    ("VIR_ERR_SYSTEM_ERROR", "VIR_FROM_STORAGE", 28, "Refused"),
    ("VIR_ERR_NO_DOMAIN", "VIR_FROM_QEMU", 0, "Missing"),
    ("VIR_ERR_NO_STORAGE_VOL", "VIR_FROM_STORAGE", 0, "Missing"),
    ("VIR_ERR_OPERATION_INVALID", "VIR_FROM_QEMU", 0, "InvalidState"),
    ("VIR_ERR_XML_ERROR", "VIR_FROM_DOMAIN", 0, "Refused"),
]


@pytest.mark.parametrize(("code", "origin", "number", "expected"), CASES)
def test_errors_are_told_apart_by_number(code: str, origin: str, number: int, expected: str) -> None:
    error = Error(getattr(libvirt, code), getattr(libvirt, origin), number)
    assert type(connection.translated(error, "start it", "h1")).__name__ == expected


def test_what_libvirt_said_is_kept_out_of_the_message() -> None:
    error = Error(libvirt.VIR_ERR_XML_ERROR, libvirt.VIR_FROM_DOMAIN)
    ours = connection.translated(error, "start it", "h1")
    assert "must not matter" not in ours.message
    assert ours.details["libvirt"] == "a text that must not matter"


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("qemu+unix:///system?socket=/run/x", "qemu+unix:///system?socket=/run/x"),
        ("qemu+tls://h1/system", "qemu+tls://h1/system"),
        ("qemu+ssh://root@h1/system", "qemu+ssh://root@h1/system?no_tty=1"),
        ("qemu+ssh://h1/system?keyfile=/k&no_tty=0", "qemu+ssh://h1/system?keyfile=/k&no_tty=0"),
        ("qemu+ssh://h1/system?keyfile=/a%20b+c%26", "qemu+ssh://h1/system?keyfile=/a%20b+c%26&no_tty=1"),
        ("qemu+ssh://[::1]:22/system?", "qemu+ssh://[::1]:22/system?no_tty=1"),
    ],
)
def test_ssh_asks_nobody_for_a_password(uri: str, expected: str) -> None:
    assert connection.without_prompts(uri) == expected
