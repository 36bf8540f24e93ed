"""Triggers of the tables, in the words of each database."""

from berthline.store.tables.base import Trigger


def on_sqlite(trigger: Trigger) -> str:
    """The statement that makes it, where it is not there yet."""
    when = f" WHEN {trigger.condition}" if trigger.condition else ""
    return (
        f"CREATE TRIGGER IF NOT EXISTS {trigger.name} AFTER {trigger.after} ON {trigger.table}{when}\n"
        f"BEGIN\n    {trigger.action.strip()};\nEND"
    )


def on_postgresql(trigger: Trigger) -> str:
    """The statements that make it, or make it anew: its function, and itself."""
    when = f" WHEN ({trigger.condition})" if trigger.condition else ""
    return (
        f"CREATE OR REPLACE FUNCTION {trigger.name}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$BEGIN {trigger.action.strip()}; RETURN NULL; END$$;\n"
        f"CREATE OR REPLACE TRIGGER {trigger.name} AFTER {trigger.after} ON {trigger.table}\n"
        f"FOR EACH ROW{when} EXECUTE FUNCTION {trigger.name}()"
    )
