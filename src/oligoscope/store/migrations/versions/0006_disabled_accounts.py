"""Accounts that are kept but open nothing."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the column; nobody is disabled."""
    op.add_column("accounts", sa.Column("disabled", sa.Integer, nullable=False, server_default="0"))


def downgrade() -> None:
    """Take it away."""
    op.drop_column("accounts", "disabled")
