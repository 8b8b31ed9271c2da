"""Keeping: backups made, backups put back, and what somebody vouches for."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.BigInteger()
TABLES = ("acknowledgement", "backup", "restoration")


def upgrade() -> None:
    op.create_table(
        "acknowledgement",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_acknowledgement"),
    )
    op.create_table(
        "backup",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("revision", sa.String(length=40), nullable=False),
        sa.Column("audit_head", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_backup"),
        sa.UniqueConstraint("name", name="uq_backup_name"),
    )
    op.create_index("ix_backup_made_at", "backup", ["made_at"], unique=False)
    op.create_table(
        "restoration",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("restored_at", INSTANT, nullable=False),
        sa.Column("point", INSTANT, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.CheckConstraint("restored_at >= point", name="ck_restoration_after_point"),
        sa.PrimaryKeyConstraint("id", name="pk_restoration"),
    )


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
