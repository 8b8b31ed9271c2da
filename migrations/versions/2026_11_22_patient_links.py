"""Links by which patients come to their own visit, the keys that open them, and what was done by each."""

import sqlalchemy as sa
from alembic import op

from migrations.link_guards import LINKS

revision = "0013"
down_revision = "0010"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.BigInteger()
TABLES = ("visit_link", "link_event", "link_key")


def upgrade() -> None:
    op.create_table(
        "visit_link",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("public_id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=6), nullable=False),
        sa.Column("site_id", ROW_ID, nullable=False),
        sa.Column("patient_id", ROW_ID, nullable=False),
        sa.Column("course_id", ROW_ID, nullable=False),
        sa.Column("session_id", ROW_ID, nullable=True),
        sa.Column("channel", sa.String(length=4), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("contact_number", sa.Integer(), nullable=False),
        sa.Column("visit_at", INSTANT, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("revoked_at", INSTANT, nullable=True),
        sa.Column("revoked_by", sa.String(length=200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(kind = 'visit') = (session_id IS NOT NULL)", name="ck_visit_link_session_id"),
        sa.CheckConstraint("kind IN ('visit', 'course')", name="ck_visit_link_kind"),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name="fk_visit_link_course_id"),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name="fk_visit_link_patient_id"),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name="fk_visit_link_session_id"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name="fk_visit_link_site_id"),
        sa.PrimaryKeyConstraint("id", name="pk_visit_link"),
        sa.UniqueConstraint("public_id", name="uq_visit_link_public_id"),
    )
    op.create_index("ix_visit_link_address", "visit_link", ["address"], unique=False)
    op.create_index("ix_visit_link_patient_id", "visit_link", ["patient_id"], unique=False)
    op.create_index("ix_visit_link_session_id", "visit_link", ["session_id"], unique=False)
    op.create_table(
        "link_event",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("link_id", ROW_ID, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("what", sa.String(length=20), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["link_id"], ["visit_link.id"], name="fk_link_event_link_id"),
        sa.PrimaryKeyConstraint("id", name="pk_link_event"),
    )
    op.create_index("ix_link_event_link_id_at", "link_event", ["link_id", "at"], unique=False)
    op.create_table(
        "link_key",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("link_id", ROW_ID, nullable=False),
        sa.Column("kind", sa.String(length=6), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("ends_at", INSTANT, nullable=True),
        sa.CheckConstraint("kind IN ('link', 'proof')", name="ck_link_key_kind"),
        sa.ForeignKeyConstraint(["link_id"], ["visit_link.id"], name="fk_link_key_link_id"),
        sa.PrimaryKeyConstraint("id", name="pk_link_key"),
        sa.UniqueConstraint("digest", name="uq_link_key_digest"),
    )
    op.create_index("ix_link_key_link_id", "link_key", ["link_id"], unique=False)
    LINKS.create(op.get_bind())


def downgrade() -> None:
    LINKS.drop(op.get_bind())
    for table in reversed(TABLES):
        op.drop_table(table)
