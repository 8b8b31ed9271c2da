"""Screens on walls with an address of their own, and when somebody last signed in a sign-in."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0013"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.BigInteger()
TABLES = ("wall_screen",)


def upgrade() -> None:
    op.create_table(
        "wall_screen",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("public_id", sa.String(length=40), nullable=False),
        sa.Column("site_id", ROW_ID, nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("made_by", sa.String(length=200), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("revoked_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name="fk_wall_screen_site_id"),
        sa.PrimaryKeyConstraint("id", name="pk_wall_screen"),
        sa.UniqueConstraint("digest", name="uq_wall_screen_digest"),
        sa.UniqueConstraint("public_id", name="uq_wall_screen_public_id"),
    )
    op.create_index("ix_wall_screen_site_id", "wall_screen", ["site_id"], unique=False)

    op.add_column("login", sa.Column("signed_at", INSTANT, nullable=True))


def downgrade() -> None:
    op.drop_column("login", "signed_at")
    for table in reversed(TABLES):
        op.drop_table(table)
