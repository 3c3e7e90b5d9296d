"""What is kept: cases, a board's decisions, and the log of who did what, in SQLite or PostgreSQL."""

from oligoscope.store.cases import Cases, Changed, Decision, Kept, NotKept, Summary
from oligoscope.store.database import Database, default_url

__all__ = ["Cases", "Changed", "Database", "Decision", "Kept", "NotKept", "Summary", "default_url"]
