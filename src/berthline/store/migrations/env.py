"""Alembic's entry point; ``berthline.store.engine.migrate`` hands the connection over."""

from alembic import context
from sqlalchemy import Connection

from berthline.store.tables import metadata

connection: Connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=True,
    compare_type=True,
    user_module_prefix="base.",
)
with context.begin_transaction():
    context.run_migrations()
