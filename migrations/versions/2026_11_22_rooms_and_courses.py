"""Rooms, courses and replies, and what the database refuses by itself."""

import sqlalchemy as sa
from alembic import op

from migrations.guards import create_guards, drop_guards
from rooms import faults

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.BigInteger()
HELD = sa.text("status = 'held'")
LIVE = sa.text("status NOT IN ('cancelled', 'missed')")
SESSION_STATES = "status IN ('planned', 'booked', 'arrived', 'in_treatment', 'in_observation', 'discharged', 'cancelled', 'missed')"
TABLES = (
    "idempotent_reply",
    "site",
    "closure",
    "patient",
    "protocol",
    "resource",
    "absence",
    "booking",
    "patient_absence",
    "protocol_version",
    "resource_capability",
    "course",
    "session",
    "session_event",
)


def upgrade() -> None:
    op.create_table(
        "idempotent_reply",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("scope", sa.String(length=200), nullable=False),
        sa.Column("body_digest", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_idempotent_reply"),
        sa.UniqueConstraint("key", "scope", name="uq_idempotent_reply_key_scope"),
    )
    op.create_index("ix_idempotent_reply_created_at", "idempotent_reply", ["created_at"], unique=False)

    op.create_table(
        "site",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("public_id", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=100), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("timezone", sa.String(length=64), nullable=False),
        sa.Column("granularity_minutes", sa.Integer(), nullable=False),
        sa.Column("hours", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.CheckConstraint("granularity_minutes BETWEEN 1 AND 1440", name="ck_site_granularity"),
        sa.PrimaryKeyConstraint("id", name="pk_site"),
        sa.UniqueConstraint("code", name="uq_site_code"),
        sa.UniqueConstraint("public_id", name="uq_site_public_id"),
    )
    op.create_table(
        "closure",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("public_id", sa.String(length=40), nullable=False),
        sa.Column("site_id", ROW_ID, nullable=False),
        sa.Column("starts_at", INSTANT, nullable=False),
        sa.Column("ends_at", INSTANT, nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("source", sa.String(length=10), nullable=False),
        sa.Column("accepted_at", INSTANT, nullable=False),
        sa.Column("accepted_by", sa.String(length=200), nullable=False),
        sa.Column("removed_at", INSTANT, nullable=True),
        sa.CheckConstraint("source IN ('staff', 'holidays')", name="ck_closure_source"),
        sa.CheckConstraint("ends_at > starts_at", name="ck_closure_ends_after_start"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name="fk_closure_site_id"),
        sa.PrimaryKeyConstraint("id", name="pk_closure"),
        sa.UniqueConstraint("public_id", name="uq_closure_public_id"),
    )
    op.create_index("ix_closure_site_id_starts_at", "closure", ["site_id", "starts_at"], unique=False)

    op.create_table(
        "patient",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("site_id", ROW_ID, nullable=False),
        sa.Column("public_id", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=100), nullable=False),
        sa.Column("given_name", sa.String(length=200), nullable=False),
        sa.Column("family_name", sa.String(length=200), nullable=False),
        sa.Column("born_on", sa.Date(), nullable=True),
        sa.Column("available", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name="fk_patient_site_id"),
        sa.PrimaryKeyConstraint("id", name="pk_patient"),
        sa.UniqueConstraint("public_id", name="uq_patient_public_id"),
        sa.UniqueConstraint("site_id", "code", name="uq_patient_site_id_code"),
    )
    op.create_index("ix_patient_site_id_family_name", "patient", ["site_id", "family_name"], unique=False)

    op.create_table(
        "protocol",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("site_id", ROW_ID, nullable=False),
        sa.Column("public_id", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=100), nullable=False),
        sa.Column("origin", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name="fk_protocol_site_id"),
        sa.PrimaryKeyConstraint("id", name="pk_protocol"),
        sa.UniqueConstraint("public_id", name="uq_protocol_public_id"),
        sa.UniqueConstraint("site_id", "code", name="uq_protocol_site_id_code"),
    )
    op.create_table(
        "resource",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("site_id", ROW_ID, nullable=False),
        sa.Column("public_id", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=100), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("capacity_since", INSTANT, nullable=False),
        sa.Column("hours", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("reseat_allowed", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.Column("retired_at", INSTANT, nullable=True),
        sa.CheckConstraint("kind IN ('chair', 'device', 'room', 'staff')", name="ck_resource_kind"),
        sa.CheckConstraint("capacity >= 1", name="ck_resource_capacity"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name="fk_resource_site_id"),
        sa.PrimaryKeyConstraint("id", name="pk_resource"),
        sa.UniqueConstraint("public_id", name="uq_resource_public_id"),
        sa.UniqueConstraint("site_id", "code", name="uq_resource_site_id_code"),
    )
    op.create_table(
        "absence",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("public_id", sa.String(length=40), nullable=False),
        sa.Column("resource_id", ROW_ID, nullable=False),
        sa.Column("starts_at", INSTANT, nullable=False),
        sa.Column("ends_at", INSTANT, nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint("ends_at > starts_at", name="ck_absence_ends_after_start"),
        sa.ForeignKeyConstraint(["resource_id"], ["resource.id"], name="fk_absence_resource_id"),
        sa.PrimaryKeyConstraint("id", name="pk_absence"),
        sa.UniqueConstraint("public_id", name="uq_absence_public_id"),
    )
    op.create_index("ix_absence_resource_id_starts_at", "absence", ["resource_id", "starts_at"], unique=False)

    faults.point("F24")
    op.create_table(
        "booking",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("public_id", sa.String(length=40), nullable=False),
        sa.Column("resource_id", ROW_ID, nullable=False),
        sa.Column("starts_at", INSTANT, nullable=False),
        sa.Column("ends_at", INSTANT, nullable=False),
        sa.Column("load", sa.Integer(), nullable=False),
        sa.Column("exclusive", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("hold_until", INSTANT, nullable=True),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("capability", sa.String(length=100), nullable=False),
        sa.Column("reseat", sa.Boolean(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("released_at", INSTANT, nullable=True),
        sa.CheckConstraint("(status = 'released') = (released_at IS NOT NULL)", name="ck_booking_released_when"),
        sa.CheckConstraint("status <> 'held' OR hold_until IS NOT NULL", name="ck_booking_held_until_when"),
        sa.CheckConstraint("status IN ('held', 'booked', 'released')", name="ck_booking_status"),
        sa.CheckConstraint("ends_at - starts_at <= 86400", name="ck_booking_within_a_day"),
        sa.CheckConstraint("ends_at > starts_at", name="ck_booking_ends_after_start"),
        sa.CheckConstraint("load >= 0", name="ck_booking_load"),
        sa.ForeignKeyConstraint(["resource_id"], ["resource.id"], name="fk_booking_resource_id"),
        sa.PrimaryKeyConstraint("id", name="pk_booking"),
        sa.UniqueConstraint("public_id", name="uq_booking_public_id"),
    )
    op.create_index("ix_booking_held", "booking", ["hold_until"], unique=False, sqlite_where=HELD, postgresql_where=HELD)
    op.create_index("ix_booking_purpose", "booking", ["purpose"], unique=False)
    op.create_index("ix_booking_resource_id_starts_at", "booking", ["resource_id", "starts_at"], unique=False)

    op.create_table(
        "patient_absence",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("patient_id", ROW_ID, nullable=False),
        sa.Column("starts_at", INSTANT, nullable=False),
        sa.Column("ends_at", INSTANT, nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.CheckConstraint("ends_at > starts_at", name="ck_patient_absence_ends_after_start"),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name="fk_patient_absence_patient_id"),
        sa.PrimaryKeyConstraint("id", name="pk_patient_absence"),
    )
    op.create_index("ix_patient_absence_patient_id_starts_at", "patient_absence", ["patient_id", "starts_at"], unique=False)

    op.create_table(
        "protocol_version",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("protocol_id", ROW_ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("published_at", INSTANT, nullable=True),
        sa.Column("published_by", sa.String(length=200), nullable=True),
        sa.CheckConstraint("status = 'draft' OR published_at IS NOT NULL", name="ck_protocol_version_published_when"),
        sa.CheckConstraint("status IN ('draft', 'active', 'retired')", name="ck_protocol_version_status"),
        sa.ForeignKeyConstraint(["protocol_id"], ["protocol.id"], name="fk_protocol_version_protocol_id"),
        sa.PrimaryKeyConstraint("id", name="pk_protocol_version"),
        sa.UniqueConstraint("protocol_id", "number", name="uq_protocol_version_protocol_id_number"),
    )
    op.create_table(
        "resource_capability",
        sa.Column("resource_id", ROW_ID, nullable=False),
        sa.Column("capability", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(["resource_id"], ["resource.id"], name="fk_resource_capability_resource_id"),
        sa.PrimaryKeyConstraint("resource_id", "capability", name="pk_resource_capability"),
    )
    op.create_table(
        "course",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("site_id", ROW_ID, nullable=False),
        sa.Column("public_id", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=100), nullable=False),
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
        sa.Column("extension", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("agreed_sessions", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint("status IN ('draft', 'active', 'on_hold', 'completed', 'stopped')", name="ck_course_status"),
        sa.CheckConstraint("(window_from IS NULL) = (window_until IS NULL)", name="ck_course_window"),
        sa.CheckConstraint("agreed_sessions >= 0", name="ck_course_agreed_sessions"),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name="fk_course_patient_id"),
        sa.ForeignKeyConstraint(["protocol_version_id"], ["protocol_version.id"], name="fk_course_protocol_version_id"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name="fk_course_site_id"),
        sa.PrimaryKeyConstraint("id", name="pk_course"),
        sa.UniqueConstraint("public_id", name="uq_course_public_id"),
        sa.UniqueConstraint("site_id", "code", name="uq_course_site_id_code"),
    )
    op.create_index("ix_course_patient_id", "course", ["patient_id"], unique=False)

    op.create_table(
        "session",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("course_id", ROW_ID, nullable=False),
        sa.Column("patient_id", ROW_ID, nullable=False),
        sa.Column("public_id", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("phase", sa.String(length=100), nullable=False),
        sa.Column("template", sa.String(length=100), nullable=False),
        sa.Column("starts_at", INSTANT, nullable=True),
        sa.Column("ends_at", INSTANT, nullable=True),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("authorized", sa.Boolean(), nullable=False),
        sa.Column("missed_wish", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("replaces_id", ROW_ID, nullable=True),
        sa.CheckConstraint(SESSION_STATES, name="ck_session_status"),
        sa.CheckConstraint("status IN ('planned', 'cancelled', 'missed') OR starts_at IS NOT NULL", name="ck_session_placed"),
        sa.CheckConstraint("(starts_at IS NULL) = (ends_at IS NULL)", name="ck_session_both_times"),
        sa.CheckConstraint("ends_at - starts_at <= 86400", name="ck_session_within_a_day"),
        sa.CheckConstraint("ends_at > starts_at", name="ck_session_ends_after_start"),
        sa.CheckConstraint("number >= 1", name="ck_session_number"),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name="fk_session_course_id"),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name="fk_session_patient_id"),
        sa.ForeignKeyConstraint(["replaces_id"], ["session.id"], name="fk_session_replaces_id"),
        sa.PrimaryKeyConstraint("id", name="pk_session"),
        sa.UniqueConstraint("public_id", name="uq_session_public_id"),
    )
    op.create_index("ix_session_patient_id_starts_at", "session", ["patient_id", "starts_at"], unique=False)
    op.create_index("ix_session_starts_at", "session", ["starts_at"], unique=False)
    op.create_index(
        "uq_session_course_id_number_live", "session", ["course_id", "number"], unique=True, sqlite_where=LIVE, postgresql_where=LIVE
    )

    op.create_table(
        "session_event",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("session_id", ROW_ID, nullable=True),
        sa.Column("course_id", ROW_ID, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name="fk_session_event_course_id"),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name="fk_session_event_session_id"),
        sa.PrimaryKeyConstraint("id", name="pk_session_event"),
    )
    op.create_index("ix_session_event_course_id_at", "session_event", ["course_id", "at"], unique=False)
    op.create_index("ix_session_event_session_id", "session_event", ["session_id"], unique=False)
    create_guards(op.get_bind())


def downgrade() -> None:
    drop_guards(op.get_bind())
    for table in reversed(TABLES):
        op.drop_table(table)
