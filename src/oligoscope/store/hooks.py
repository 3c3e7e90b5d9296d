"""What is kept of CDS Hooks: feedback on cards, and which tokens were used."""

from collections import Counter
from collections.abc import Mapping
from uuid import uuid4

from sqlalchemy import delete, select

from oligoscope.store import log
from oligoscope.store.database import Database
from oligoscope.store.models import FeedbackRow, TokenRow, now

OUTCOMES = ("accepted", "overridden")


class Hooks:
    """Feedback and tokens of one database."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def keep(self, service: str, card: str, outcome: str, reason: str) -> None:
        """One word on one card. Raises Unavailable."""
        with self.database.writing() as session:
            session.add(
                FeedbackRow(id=str(uuid4()), service=service, card=card, outcome=outcome, reason=reason, received=now())
            )
            log.append(session, service, "feedback", "", outcome)

    def outcomes(self) -> Mapping[tuple[str, str], int]:
        """How often cards of each service were accepted and overridden."""
        with self.database.reading() as session:
            return Counter((row.service, row.outcome) for row in session.scalars(select(FeedbackRow)))

    def first_use(self, issuer: str, name: str, expires: int, at: int) -> bool:
        """Whether a token is used for the first time; it is noted until it expires. at: seconds since 1970."""
        with self.database.writing() as session:
            session.execute(delete(TokenRow).where(TokenRow.expires < at))
            if session.get(TokenRow, (issuer, name)):
                return False
            session.add(TokenRow(issuer=issuer, name=name, expires=expires))
            return True
