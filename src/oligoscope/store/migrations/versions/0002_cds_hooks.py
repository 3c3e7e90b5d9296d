"""What CDS Hooks clients say of cards, and the tokens that they have used."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the two tables."""
    op.create_table(
        "feedback",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("service", sa.String(100), nullable=False),
        sa.Column("card", sa.String(100), nullable=False),
        sa.Column("outcome", sa.String(20), nullable=False),
        sa.Column("reason", sa.String(100), nullable=False),
        sa.Column("received", sa.String(32), nullable=False),
    )
    op.create_table(
        "tokens",
        sa.Column("issuer", sa.String(200), primary_key=True),
        sa.Column("name", sa.String(200), primary_key=True),
        sa.Column("expires", sa.Integer, nullable=False),
    )


def downgrade() -> None:
    """Take them away."""
    op.drop_table("tokens")
    op.drop_table("feedback")
