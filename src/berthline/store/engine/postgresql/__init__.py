"""PostgreSQL: connections, each with a transaction of its own, and what makes the same statements run there."""
