"""``INSERT … ON CONFLICT``, which both databases know in the same words and SQLAlchemy has one class for each of."""

from sqlalchemy.dialects.sqlite import Insert, insert

__all__ = ["Insert", "insert"]
