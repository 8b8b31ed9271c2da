"""Openings: who would come at another time, what was offered to them, and how a site offers."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0012"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.BigInteger()
TABLES = ("opening_setting", "opening_wish", "opening_offer")


def upgrade() -> None:
    op.create_table(
        "opening_setting",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("site_id", ROW_ID, nullable=False),
        sa.Column("hold_minutes", sa.Integer(), nullable=False),
        sa.Column("desk_hours", sa.Integer(), nullable=False),
        sa.Column("by_itself", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name="fk_opening_setting_site_id"),
        sa.PrimaryKeyConstraint("id", name="pk_opening_setting"),
        sa.UniqueConstraint("site_id", name="uq_opening_setting_site_id"),
    )
    op.create_table(
        "opening_wish",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("public_id", sa.String(length=40), nullable=False),
        sa.Column("site_id", ROW_ID, nullable=False),
        sa.Column("patient_id", ROW_ID, nullable=False),
        sa.Column("course_id", ROW_ID, nullable=False),
        sa.Column("session_id", ROW_ID, nullable=True),
        sa.Column("aim", sa.String(length=12), nullable=False),
        sa.Column("weekdays", sa.Integer(), nullable=False),
        sa.Column("opens", sa.Integer(), nullable=False),
        sa.Column("closes", sa.Integer(), nullable=False),
        sa.Column("earliest", sa.Date(), nullable=True),
        sa.Column("latest", sa.Date(), nullable=True),
        sa.Column("notice_hours", sa.Integer(), nullable=False),
        sa.Column("priority", sa.Double(), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("aim IN ('sooner', 'other_times')", name="ck_opening_wish_aim"),
        sa.CheckConstraint("status IN ('open', 'met', 'withdrawn')", name="ck_opening_wish_status"),
        sa.CheckConstraint("opens >= 0 AND opens < closes AND closes <= 1440", name="ck_opening_wish_hours"),
        sa.CheckConstraint("weekdays BETWEEN 1 AND 127", name="ck_opening_wish_weekdays"),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name="fk_opening_wish_course_id"),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name="fk_opening_wish_patient_id"),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name="fk_opening_wish_session_id"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name="fk_opening_wish_site_id"),
        sa.PrimaryKeyConstraint("id", name="pk_opening_wish"),
        sa.UniqueConstraint("public_id", name="uq_opening_wish_public_id"),
    )
    op.create_index("ix_opening_wish_course_id", "opening_wish", ["course_id"], unique=False)
    op.create_index("ix_opening_wish_patient_id", "opening_wish", ["patient_id"], unique=False)
    op.create_index("ix_opening_wish_session_id", "opening_wish", ["session_id"], unique=False)
    op.create_index("ix_opening_wish_site_id_status", "opening_wish", ["site_id", "status"], unique=False)
    op.create_table(
        "opening_offer",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("public_id", sa.String(length=40), nullable=False),
        sa.Column("site_id", ROW_ID, nullable=False),
        sa.Column("patient_id", ROW_ID, nullable=False),
        sa.Column("wish_id", ROW_ID, nullable=False),
        sa.Column("session_id", ROW_ID, nullable=False),
        sa.Column("starts_at", INSTANT, nullable=False),
        sa.Column("ends_at", INSTANT, nullable=False),
        sa.Column("resources", sa.JSON(), nullable=False),
        sa.Column("was_at", INSTANT, nullable=True),
        sa.Column("asked_by", sa.String(length=10), nullable=False),
        sa.Column("begins_at", INSTANT, nullable=False),
        sa.Column("hold_until", INSTANT, nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("why", sa.String(length=40), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("ended_by", sa.String(length=200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(status = 'offered') = (ended_at IS NULL)", name="ck_opening_offer_ended_when"),
        sa.CheckConstraint("asked_by IN ('message', 'desk')", name="ck_opening_offer_asked_by"),
        sa.CheckConstraint("status IN ('offered', 'accepted', 'declined', 'run_out', 'withdrawn')", name="ck_opening_offer_status"),
        sa.CheckConstraint("ends_at > starts_at", name="ck_opening_offer_ends_after_start"),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name="fk_opening_offer_patient_id"),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name="fk_opening_offer_session_id"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name="fk_opening_offer_site_id"),
        sa.ForeignKeyConstraint(["wish_id"], ["opening_wish.id"], name="fk_opening_offer_wish_id"),
        sa.PrimaryKeyConstraint("id", name="pk_opening_offer"),
        sa.UniqueConstraint("public_id", name="uq_opening_offer_public_id"),
    )
    op.create_index("ix_opening_offer_patient_id", "opening_offer", ["patient_id"], unique=False)
    op.create_index("ix_opening_offer_site_id_made_at", "opening_offer", ["site_id", "made_at"], unique=False)
    op.create_index("ix_opening_offer_wish_id", "opening_offer", ["wish_id"], unique=False)
    op.create_index(
        "uq_opening_offer_session_id_running",
        "opening_offer",
        ["session_id"],
        unique=True,
        sqlite_where=sa.text("status = 'offered'"),
        postgresql_where=sa.text("status = 'offered'"),
    )
    op.create_index(
        "uq_opening_offer_wish_id_running",
        "opening_offer",
        ["wish_id"],
        unique=True,
        sqlite_where=sa.text("status = 'offered'"),
        postgresql_where=sa.text("status = 'offered'"),
    )


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
