"""Why a server or a port is as it is, and where a packet would go, in words: what is known, and what follows."""

from berthline.workflows.explaining.explaining import Explaining
from berthline.workflows.explaining.tracing import Tracing

__all__ = ["Explaining", "Tracing"]
