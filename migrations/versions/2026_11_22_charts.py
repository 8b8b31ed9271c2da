"""Charts: checklists and what is entered by them, and what is owed afterwards."""

import sqlalchemy as sa
from alembic import op

from migrations import chart_guards

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.BigInteger()
OUTCOME = "outcome IN ('complete', 'incomplete', 'aborted')"
TABLES = (
    "certification",
    "checklist",
    "lot",
    "checklist_version",
    "enrollment",
    "adverse_event",
    "alert_seen",
    "entry",
    "gate_override",
    "monitoring_form",
    "session_checklist",
    "signature",
    "form_submission",
    "lot_move",
    "clock_distance",
)


def upgrade() -> None:
    op.create_table(
        "certification",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("public_id", sa.String(length=40), nullable=False),
        sa.Column("site_id", ROW_ID, nullable=False),
        sa.Column("program", sa.String(length=40), nullable=False),
        sa.Column("number", sa.String(length=100), nullable=False),
        sa.Column("representative", sa.String(length=200), nullable=False),
        sa.Column("setting_name", sa.String(length=200), nullable=False),
        sa.Column("address", sa.String(length=200), nullable=False),
        sa.Column("address_more", sa.String(length=200), nullable=False),
        sa.Column("city", sa.String(length=100), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("postal_code", sa.String(length=20), nullable=False),
        sa.Column("telephone", sa.String(length=40), nullable=False),
        sa.Column("email", sa.String(length=200), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("until_on IS NULL OR until_on >= from_on", name="ck_certification_days"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name="fk_certification_site_id"),
        sa.PrimaryKeyConstraint("id", name="pk_certification"),
        sa.UniqueConstraint("public_id", name="uq_certification_public_id"),
    )
    op.create_index("ix_certification_site_id_program", "certification", ["site_id", "program"], unique=False)
    op.create_table(
        "checklist",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("site_id", ROW_ID, nullable=False),
        sa.Column("public_id", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=100), nullable=False),
        sa.Column("origin", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name="fk_checklist_site_id"),
        sa.PrimaryKeyConstraint("id", name="pk_checklist"),
        sa.UniqueConstraint("public_id", name="uq_checklist_public_id"),
        sa.UniqueConstraint("site_id", "code", name="uq_checklist_site_id_code"),
    )
    op.create_table(
        "lot",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("public_id", sa.String(length=40), nullable=False),
        sa.Column("site_id", ROW_ID, nullable=False),
        sa.Column("product", sa.String(length=100), nullable=False),
        sa.Column("lot", sa.String(length=100), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name="fk_lot_site_id"),
        sa.PrimaryKeyConstraint("id", name="pk_lot"),
        sa.UniqueConstraint("public_id", name="uq_lot_public_id"),
        sa.UniqueConstraint("site_id", "product", "lot", name="uq_lot_site_id_product_lot"),
    )
    op.create_table(
        "checklist_version",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("checklist_id", ROW_ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("published_at", INSTANT, nullable=True),
        sa.Column("published_by", sa.String(length=200), nullable=True),
        sa.CheckConstraint("status = 'draft' OR published_at IS NOT NULL", name="ck_checklist_version_published_when"),
        sa.CheckConstraint("status IN ('draft', 'active', 'retired')", name="ck_checklist_version_status"),
        sa.ForeignKeyConstraint(["checklist_id"], ["checklist.id"], name="fk_checklist_version_checklist_id"),
        sa.PrimaryKeyConstraint("id", name="pk_checklist_version"),
        sa.UniqueConstraint("checklist_id", "number", name="uq_checklist_version_checklist_id_number"),
    )
    op.create_table(
        "enrollment",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("public_id", sa.String(length=40), nullable=False),
        sa.Column("patient_id", ROW_ID, nullable=False),
        sa.Column("site_id", ROW_ID, nullable=False),
        sa.Column("program", sa.String(length=40), nullable=False),
        sa.Column("number", sa.String(length=100), nullable=False),
        sa.Column("middle_name", sa.String(length=100), nullable=False),
        sa.Column("sex", sa.String(length=20), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("transfer_told_on", sa.Date(), nullable=True),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("until_on IS NULL OR until_on >= from_on", name="ck_enrollment_days"),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name="fk_enrollment_patient_id"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name="fk_enrollment_site_id"),
        sa.PrimaryKeyConstraint("id", name="pk_enrollment"),
        sa.UniqueConstraint("public_id", name="uq_enrollment_public_id"),
    )
    op.create_index("ix_enrollment_patient_id_program", "enrollment", ["patient_id", "program"], unique=False)
    op.create_table(
        "adverse_event",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("public_id", sa.String(length=40), nullable=False),
        sa.Column("session_id", ROW_ID, nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("is_serious", sa.Boolean(), nullable=False),
        sa.Column("began_at", INSTANT, nullable=False),
        sa.Column("resolved_at", INSTANT, nullable=True),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("reported_at", INSTANT, nullable=True),
        sa.Column("reported_how", sa.String(length=40), nullable=True),
        sa.Column("confirmation", sa.String(length=200), nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("status <> 'reported' OR reported_at IS NOT NULL", name="ck_adverse_event_reported_when"),
        sa.CheckConstraint("status IN ('noted', 'to_report', 'reported', 'closed')", name="ck_adverse_event_status"),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name="fk_adverse_event_session_id"),
        sa.PrimaryKeyConstraint("id", name="pk_adverse_event"),
        sa.UniqueConstraint("public_id", name="uq_adverse_event_public_id"),
    )
    op.create_index("ix_adverse_event_session_id", "adverse_event", ["session_id"], unique=False)
    op.create_table(
        "alert_seen",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("session_id", ROW_ID, nullable=False),
        sa.Column("alert", sa.String(length=150), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("device", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name="fk_alert_seen_session_id"),
        sa.PrimaryKeyConstraint("id", name="pk_alert_seen"),
    )
    op.create_index("ix_alert_seen_session_id_at", "alert_seen", ["session_id", "at"], unique=False)
    op.create_table(
        "entry",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("public_id", sa.String(length=40), nullable=False),
        sa.Column("session_id", ROW_ID, nullable=False),
        sa.Column("checklist_version_id", ROW_ID, nullable=False),
        sa.Column("item", sa.String(length=100), nullable=False),
        sa.Column("value", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("unit", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("replaces_id", ROW_ID, nullable=True),
        sa.Column("observed_at", INSTANT, nullable=False),
        sa.Column("observed_offset", sa.Integer(), nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.Column("author", sa.String(length=40), nullable=False),
        sa.Column("author_name", sa.String(length=200), nullable=False),
        sa.Column("author_role", sa.String(length=20), nullable=False),
        sa.Column("second", sa.String(length=40), nullable=True),
        sa.Column("second_name", sa.String(length=200), nullable=True),
        sa.Column("reason_code", sa.String(length=40), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=True),
        sa.Column("source", sa.String(length=10), nullable=False),
        sa.Column("together", sa.String(length=40), nullable=False),
        sa.Column("queue_key", sa.String(length=240), nullable=True),
        sa.Column("moved_from_id", ROW_ID, nullable=True),
        sa.CheckConstraint("(kind IN ('amendment', 'retraction')) = (replaces_id IS NOT NULL)", name="ck_entry_replaces"),
        sa.CheckConstraint("kind = 'original' OR reason_code IS NOT NULL", name="ck_entry_reason"),
        sa.CheckConstraint("kind IN ('original', 'late', 'amendment', 'retraction')", name="ck_entry_kind"),
        sa.ForeignKeyConstraint(["checklist_version_id"], ["checklist_version.id"], name="fk_entry_checklist_version_id"),
        sa.ForeignKeyConstraint(["moved_from_id"], ["entry.id"], name="fk_entry_moved_from_id"),
        sa.ForeignKeyConstraint(["replaces_id"], ["entry.id"], name="fk_entry_replaces_id"),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name="fk_entry_session_id"),
        sa.PrimaryKeyConstraint("id", name="pk_entry"),
        sa.UniqueConstraint("public_id", name="uq_entry_public_id"),
        sa.UniqueConstraint("session_id", "queue_key", name="uq_entry_session_id_queue_key"),
    )
    op.create_index("ix_entry_replaces_id", "entry", ["replaces_id"], unique=False)
    op.create_index("ix_entry_session_id_recorded_at", "entry", ["session_id", "recorded_at"], unique=False)
    op.create_table(
        "gate_override",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("public_id", sa.String(length=40), nullable=False),
        sa.Column("session_id", ROW_ID, nullable=False),
        sa.Column("gate", sa.String(length=100), nullable=False),
        sa.Column("verb", sa.String(length=20), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("by_name", sa.String(length=200), nullable=False),
        sa.Column("by_role", sa.String(length=20), nullable=False),
        sa.Column("second", sa.String(length=40), nullable=True),
        sa.Column("second_name", sa.String(length=200), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name="fk_gate_override_session_id"),
        sa.PrimaryKeyConstraint("id", name="pk_gate_override"),
        sa.UniqueConstraint("public_id", name="uq_gate_override_public_id"),
    )
    op.create_index("ix_gate_override_session_id", "gate_override", ["session_id"], unique=False)
    op.create_table(
        "monitoring_form",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("public_id", sa.String(length=40), nullable=False),
        sa.Column("site_id", ROW_ID, nullable=False),
        sa.Column("session_id", ROW_ID, nullable=False),
        sa.Column("program", sa.String(length=40), nullable=False),
        sa.Column("dose_on", sa.Date(), nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("status IN ('owed', 'submitted', 'void')", name="ck_monitoring_form_status"),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name="fk_monitoring_form_session_id"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name="fk_monitoring_form_site_id"),
        sa.PrimaryKeyConstraint("id", name="pk_monitoring_form"),
        sa.UniqueConstraint("public_id", name="uq_monitoring_form_public_id"),
        sa.UniqueConstraint("session_id", name="uq_monitoring_form_session_id"),
    )
    op.create_index("ix_monitoring_form_site_id_status_due_at", "monitoring_form", ["site_id", "status", "due_at"], unique=False)
    op.create_table(
        "session_checklist",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("session_id", ROW_ID, nullable=False),
        sa.Column("checklist_version_id", ROW_ID, nullable=False),
        sa.Column("pinned_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["checklist_version_id"], ["checklist_version.id"], name="fk_session_checklist_checklist_version_id"),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name="fk_session_checklist_session_id"),
        sa.PrimaryKeyConstraint("id", name="pk_session_checklist"),
        sa.UniqueConstraint("session_id", "checklist_version_id", name="uq_session_checklist_session_id_checklist_version_id"),
    )
    op.create_table(
        "signature",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("public_id", sa.String(length=40), nullable=False),
        sa.Column("session_id", ROW_ID, nullable=False),
        sa.Column("meaning", sa.String(length=40), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("by_name", sa.String(length=200), nullable=False),
        sa.Column("by_role", sa.String(length=20), nullable=False),
        sa.Column("strength", sa.String(length=20), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("covers", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name="fk_signature_session_id"),
        sa.PrimaryKeyConstraint("id", name="pk_signature"),
        sa.UniqueConstraint("public_id", name="uq_signature_public_id"),
    )
    op.create_index("ix_signature_session_id_at", "signature", ["session_id", "at"], unique=False)
    op.create_table(
        "form_submission",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("form_id", ROW_ID, nullable=False),
        sa.Column("submitted_at", INSTANT, nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.Column("how", sa.String(length=20), nullable=False),
        sa.Column("confirmation", sa.String(length=200), nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("by_name", sa.String(length=200), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["form_id"], ["monitoring_form.id"], name="fk_form_submission_form_id"),
        sa.PrimaryKeyConstraint("id", name="pk_form_submission"),
    )
    op.create_index("ix_form_submission_form_id", "form_submission", ["form_id"], unique=False)
    op.create_table(
        "lot_move",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("lot_id", ROW_ID, nullable=False),
        sa.Column("session_id", ROW_ID, nullable=True),
        sa.Column("entry_id", ROW_ID, nullable=True),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.Column("by", sa.String(length=40), nullable=False),
        sa.Column("by_name", sa.String(length=200), nullable=False),
        sa.Column("witness", sa.String(length=40), nullable=True),
        sa.Column("witness_name", sa.String(length=200), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint("kind <> 'wasted' OR witness IS NOT NULL", name="ck_lot_move_witness"),
        sa.CheckConstraint("units >= 0", name="ck_lot_move_units"),
        sa.CheckConstraint("kind IN ('received', 'used', 'wasted', 'returned', 'counted')", name="ck_lot_move_kind"),
        sa.CheckConstraint("witness IS NULL OR witness <> by", name="ck_lot_move_another"),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name="fk_lot_move_entry_id"),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name="fk_lot_move_lot_id"),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name="fk_lot_move_session_id"),
        sa.PrimaryKeyConstraint("id", name="pk_lot_move"),
    )
    op.create_index("ix_lot_move_lot_id_at", "lot_move", ["lot_id", "at"], unique=False)
    op.create_index("ix_lot_move_session_id", "lot_move", ["session_id"], unique=False)
    op.create_table(
        "clock_distance",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("boot", sa.String(length=64), nullable=False),
        sa.Column("distance", sa.BigInteger(), nullable=False),
        sa.Column("noted_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_clock_distance"),
    )
    op.create_index("ix_clock_distance_boot", "clock_distance", ["boot"], unique=False)
    op.execute(f"ALTER TABLE session ADD COLUMN outcome VARCHAR(12) CONSTRAINT ck_session_outcome CHECK ({OUTCOME})")
    chart_guards.create_guards(op.get_bind())


def downgrade() -> None:
    chart_guards.drop_guards(op.get_bind())
    op.execute("ALTER TABLE session DROP COLUMN outcome")
    for table in reversed(TABLES):
        op.drop_table(table)
