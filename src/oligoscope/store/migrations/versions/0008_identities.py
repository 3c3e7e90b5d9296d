"""Accounts of an identity provider: whom it means by issuer and subject."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the columns; an account that has a password here has neither."""
    op.add_column("accounts", sa.Column("issuer", sa.String(500)))
    op.add_column("accounts", sa.Column("subject", sa.String(255)))
    op.create_index("accounts_identity", "accounts", ["issuer", "subject"], unique=True)


def downgrade() -> None:
    """Take them away."""
    op.drop_index("accounts_identity", "accounts")
    op.drop_column("accounts", "subject")
    op.drop_column("accounts", "issuer")
