"""What boards said of cases before they were answered."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "concordance",
        sa.Column("case_id", sa.String(36), sa.ForeignKey("cases.id"), primary_key=True),
        sa.Column("case_version", sa.Integer, nullable=False),
        sa.Column("who", sa.String(200), nullable=False),
        sa.Column("locked", sa.String(32), nullable=False),
        sa.Column("opened", sa.Integer, nullable=False),
        sa.Column("said", sa.Text, nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("knowledge", sa.String(200), nullable=False),
        sa.Column("answers", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    )


def downgrade() -> None:
    """Take it away."""
    op.drop_table("concordance")
