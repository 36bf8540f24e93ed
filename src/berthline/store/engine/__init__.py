"""The database itself: connection, writer, prepared statements, pages, migrations. It knows no noun."""
