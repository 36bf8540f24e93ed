"""The only SQL in Berthline: tables, migrations, one file per noun, and the writer that makes commits cheap."""

from sqlalchemy import Connection

from berthline.store.engine.database import Store, notify

__all__ = ["Connection", "Store", "notify"]
