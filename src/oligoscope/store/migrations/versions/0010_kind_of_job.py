"""What a job is about: a registry, as all were until now, or a review of the literature."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add the column."""
    op.add_column("jobs", sa.Column("kind", sa.String(20), nullable=False, server_default="registry"))


def downgrade() -> None:
    """Take it away."""
    op.drop_column("jobs", "kind")
