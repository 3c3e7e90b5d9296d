"""The release of the knowledge that a case was saved under."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the column; of cases saved before nobody noted it."""
    op.add_column("cases", sa.Column("knowledge", sa.String(200), nullable=False, server_default=""))


def downgrade() -> None:
    """Take it away."""
    op.drop_column("cases", "knowledge")
