"""Why a server or a port is as it is, in words: what is known of it (`stories`), and what follows (`reasons`)."""

from berthline.workflows.explaining.explaining import Explaining

__all__ = ["Explaining"]
