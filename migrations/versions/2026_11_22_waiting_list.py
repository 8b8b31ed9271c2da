"""The waiting list, and the plans that are made for it together."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.BigInteger()
TABLES = ("waiting_course", "waiting_event", "joint_plan", "joint_answer")


def upgrade() -> None:
    op.create_table(
        "waiting_course",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("site_id", ROW_ID, nullable=False),
        sa.Column("public_id", sa.String(length=40), nullable=False),
        sa.Column("patient_id", ROW_ID, nullable=False),
        sa.Column("protocol_version_id", ROW_ID, nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("start_on_or_before", sa.Date(), nullable=True),
        sa.Column("finish_on_or_before", sa.Date(), nullable=True),
        sa.Column("priority", sa.Double(), nullable=False),
        sa.Column("window_from", sa.Integer(), nullable=True),
        sa.Column("window_until", sa.Integer(), nullable=True),
        sa.Column("authorization", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("code", sa.String(length=100), nullable=True),
        sa.Column("ordered_by", sa.String(length=200), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("course_id", ROW_ID, nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("status IN ('waiting', 'booked', 'taken_off')", name="ck_waiting_course_status"),
        sa.CheckConstraint("(status = 'booked') = (course_id IS NOT NULL)", name="ck_waiting_course_booked_course"),
        sa.CheckConstraint("(window_from IS NULL) = (window_until IS NULL)", name="ck_waiting_course_window"),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name="fk_waiting_course_course_id"),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name="fk_waiting_course_patient_id"),
        sa.ForeignKeyConstraint(["protocol_version_id"], ["protocol_version.id"], name="fk_waiting_course_protocol_version_id"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name="fk_waiting_course_site_id"),
        sa.PrimaryKeyConstraint("id", name="pk_waiting_course"),
        sa.UniqueConstraint("course_id", name="uq_waiting_course_course_id"),
        sa.UniqueConstraint("public_id", name="uq_waiting_course_public_id"),
    )
    op.create_index("ix_waiting_course_patient_id", "waiting_course", ["patient_id"], unique=False)
    op.create_index("ix_waiting_course_site_id_status", "waiting_course", ["site_id", "status"], unique=False)

    op.create_table(
        "waiting_event",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("waiting_course_id", ROW_ID, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["waiting_course_id"], ["waiting_course.id"], name="fk_waiting_event_waiting_course_id"),
        sa.PrimaryKeyConstraint("id", name="pk_waiting_event"),
    )
    op.create_index("ix_waiting_event_waiting_course_id_at", "waiting_event", ["waiting_course_id", "at"], unique=False)

    op.create_table(
        "joint_plan",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("site_id", ROW_ID, nullable=False),
        sa.Column("public_id", sa.String(length=40), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("limit_seconds", sa.Integer(), nullable=False),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("stands_until", INSTANT, nullable=False),
        sa.Column("objective", sa.Double(), nullable=True),
        sa.Column("bound", sa.Double(), nullable=True),
        sa.Column("gap", sa.Double(), nullable=True),
        sa.CheckConstraint("status IN ('asked', 'planning', 'ready', 'failed')", name="ck_joint_plan_status"),
        sa.CheckConstraint("status <> 'ready' OR objective IS NOT NULL", name="ck_joint_plan_objective"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name="fk_joint_plan_site_id"),
        sa.PrimaryKeyConstraint("id", name="pk_joint_plan"),
        sa.UniqueConstraint("public_id", name="uq_joint_plan_public_id"),
    )
    op.create_index("ix_joint_plan_site_id_created_at", "joint_plan", ["site_id", "created_at"], unique=False)

    op.create_table(
        "joint_answer",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("joint_plan_id", ROW_ID, nullable=False),
        sa.Column("waiting_course_id", ROW_ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("seen", sa.Integer(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=True),
        sa.Column("trouble", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["joint_plan_id"], ["joint_plan.id"], name="fk_joint_answer_joint_plan_id"),
        sa.ForeignKeyConstraint(["waiting_course_id"], ["waiting_course.id"], name="fk_joint_answer_waiting_course_id"),
        sa.PrimaryKeyConstraint("id", name="pk_joint_answer"),
        sa.UniqueConstraint("joint_plan_id", "waiting_course_id", name="uq_joint_answer_joint_plan_id_waiting_course_id"),
    )
    op.create_index("ix_joint_answer_waiting_course_id", "joint_answer", ["waiting_course_id"], unique=False)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
