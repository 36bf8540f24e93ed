"""The devices by which people see a guest: its serial port and its screen, as elements of its XML. Pure."""

from typing import Final

from lxml import etree
from lxml.etree import _Element as Element

from berthline.domain.hardware import Hardware


def serial(devices: Element, console: str) -> None:
    """A terminal for `virsh console`, whose output is kept in a file too, across restarts of the guest."""
    port = etree.SubElement(devices, "serial", type="pty")
    etree.SubElement(port, "log", file=console, append="on")
    etree.SubElement(port, "target", type="isa-serial", port="0")


USUAL_VIDEO_MB: Final = 16
KIB_PER_MIB: Final = 1024


def screen(devices: Element, hardware: Hardware) -> None:
    """A screen that shows text from the first line on, by VNC on a socket of libvirt's own: nothing listens."""
    graphics = etree.SubElement(devices, "graphics", type="vnc", sharePolicy="force-shared")
    etree.SubElement(graphics, "listen", type="socket")
    model = etree.SubElement(etree.SubElement(devices, "video"), "model", type=hardware.video)
    if hardware.video != "none":
        model.attrib.update({"heads": "1", "primary": "yes"})
    if hardware.video in {"vga", "cirrus", "bochs"}:
        model.set("vram", str((hardware.video_mb or USUAL_VIDEO_MB) * KIB_PER_MIB))
    if hardware.tablet:
        etree.SubElement(devices, "input", type="tablet", bus="usb")
