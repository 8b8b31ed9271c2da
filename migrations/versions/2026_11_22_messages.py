"""Messages: how patients are reached and what they allowed, what goes out and what became of it, what was written back."""

import sqlalchemy as sa
from alembic import op

from migrations.message_guards import MESSAGES

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.BigInteger()
TABLES = (
    "worker_lease",
    "message_template",
    "messaging",
    "consent",
    "message_reply",
    "patient_contact",
    "message",
    "visit_answer",
    "message_attempt",
)


def upgrade() -> None:
    op.create_table(
        "worker_lease",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("holder", sa.String(length=40), nullable=False),
        sa.Column("until", INSTANT, nullable=False),
        sa.Column("beat_at", INSTANT, nullable=False),
        sa.Column("looked_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_worker_lease"),
    )
    op.create_table(
        "message_template",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("site_id", ROW_ID, nullable=False),
        sa.Column("language", sa.String(length=6), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name="fk_message_template_site_id"),
        sa.PrimaryKeyConstraint("id", name="pk_message_template"),
        sa.UniqueConstraint("site_id", "language", "kind", "number", name="uq_message_template_site_id_language_kind_number"),
    )
    op.create_table(
        "messaging",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("site_id", ROW_ID, nullable=False),
        sa.Column("label", sa.String(length=40), nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=False),
        sa.Column("opens", sa.Integer(), nullable=False),
        sa.Column("closes", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("opens >= 480 AND closes <= 1260 AND opens < closes", name="ck_messaging_hours"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name="fk_messaging_site_id"),
        sa.PrimaryKeyConstraint("id", name="pk_messaging"),
        sa.UniqueConstraint("site_id", name="uq_messaging_site_id"),
    )
    op.create_table(
        "consent",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("patient_id", ROW_ID, nullable=True),
        sa.Column("channel", sa.String(length=4), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("opted", sa.String(length=3), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.CheckConstraint("channel IN ('sms', 'mail')", name="ck_consent_channel"),
        sa.CheckConstraint("opted IN ('in', 'out')", name="ck_consent_opted"),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name="fk_consent_patient_id"),
        sa.PrimaryKeyConstraint("id", name="pk_consent"),
    )
    op.create_index("ix_consent_address_channel", "consent", ["address", "channel"], unique=False)
    op.create_index("ix_consent_patient_id", "consent", ["patient_id"], unique=False)
    op.create_table(
        "message_reply",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("public_id", sa.String(length=40), nullable=False),
        sa.Column("site_id", ROW_ID, nullable=True),
        sa.Column("patient_id", ROW_ID, nullable=True),
        sa.Column("channel", sa.String(length=4), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("event", sa.String(length=120), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("meaning", sa.String(length=10), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.Column("closed_by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name="fk_message_reply_patient_id"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name="fk_message_reply_site_id"),
        sa.PrimaryKeyConstraint("id", name="pk_message_reply"),
        sa.UniqueConstraint("event", name="uq_message_reply_event"),
        sa.UniqueConstraint("public_id", name="uq_message_reply_public_id"),
    )
    op.create_index("ix_message_reply_patient_id", "message_reply", ["patient_id"], unique=False)
    op.create_index("ix_message_reply_site_id_closed_at", "message_reply", ["site_id", "closed_at"], unique=False)
    op.create_table(
        "patient_contact",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("patient_id", ROW_ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=False),
        sa.Column("mail", sa.String(length=254), nullable=False),
        sa.Column("language", sa.String(length=6), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("channel", sa.String(length=4), nullable=False),
        sa.Column("late_reminder", sa.Boolean(), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.CheckConstraint("channel IN ('sms', 'mail', 'desk')", name="ck_patient_contact_channel"),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name="fk_patient_contact_patient_id"),
        sa.PrimaryKeyConstraint("id", name="pk_patient_contact"),
        sa.UniqueConstraint("patient_id", "number", name="uq_patient_contact_patient_id_number"),
    )
    op.create_index("ix_patient_contact_mail", "patient_contact", ["mail"], unique=False)
    op.create_index("ix_patient_contact_phone", "patient_contact", ["phone"], unique=False)
    op.create_table(
        "message",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("public_id", sa.String(length=40), nullable=False),
        sa.Column("site_id", ROW_ID, nullable=False),
        sa.Column("patient_id", ROW_ID, nullable=False),
        sa.Column("course_id", ROW_ID, nullable=False),
        sa.Column("session_id", ROW_ID, nullable=True),
        sa.Column("subject", sa.String(length=60), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("edition", sa.BigInteger(), nullable=False),
        sa.Column("channel", sa.String(length=4), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("why", sa.String(length=40), nullable=False),
        sa.Column("visit_at", INSTANT, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("try_at", INSTANT, nullable=False),
        sa.Column("useful_until", INSTANT, nullable=False),
        sa.Column("copies", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("claimed_by", sa.String(length=40), nullable=True),
        sa.Column("sent_at", INSTANT, nullable=True),
        sa.Column("seen_at", INSTANT, nullable=True),
        sa.Column("seen_by", sa.String(length=200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint("(state = 'claimed') = (claimed_by IS NOT NULL)", name="ck_message_claimed_by"),
        sa.CheckConstraint("channel IN ('sms', 'mail', 'desk')", name="ck_message_channel"),
        sa.CheckConstraint(
            "state IN ('planned', 'claimed', 'sent', 'uncertain', 'parked', 'failed', 'voided', 'expired')", name="ck_message_state"
        ),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name="fk_message_course_id"),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name="fk_message_patient_id"),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name="fk_message_session_id"),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name="fk_message_site_id"),
        sa.PrimaryKeyConstraint("id", name="pk_message"),
        sa.UniqueConstraint("public_id", name="uq_message_public_id"),
        sa.UniqueConstraint("subject", "kind", "edition", "channel", "address", name="uq_message_subject_kind_edition_channel_address"),
    )
    op.create_index("ix_message_address_sent_at", "message", ["address", "sent_at"], unique=False)
    op.create_index("ix_message_course_id", "message", ["course_id"], unique=False)
    op.create_index("ix_message_patient_id_sent_at", "message", ["patient_id", "sent_at"], unique=False)
    op.create_index("ix_message_session_id", "message", ["session_id"], unique=False)
    op.create_index("ix_message_site_id_state_visit_at", "message", ["site_id", "state", "visit_at"], unique=False)
    op.create_index("ix_message_state_channel_try_at", "message", ["state", "channel", "try_at"], unique=False)
    op.create_table(
        "visit_answer",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("session_id", ROW_ID, nullable=False),
        sa.Column("visit_at", INSTANT, nullable=False),
        sa.Column("answer", sa.String(length=10), nullable=False),
        sa.Column("source", sa.String(length=10), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.CheckConstraint("answer IN ('confirmed', 'asked', 'ride', 'fasting', 'cancelled')", name="ck_visit_answer_answer"),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name="fk_visit_answer_session_id"),
        sa.PrimaryKeyConstraint("id", name="pk_visit_answer"),
    )
    op.create_index("ix_visit_answer_session_id_at", "visit_answer", ["session_id", "at"], unique=False)
    op.create_table(
        "message_attempt",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("message_id", ROW_ID, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("what", sa.String(length=20), nullable=False),
        sa.Column("reference", sa.String(length=100), nullable=False),
        sa.Column("detail", sa.String(length=200), nullable=False),
        sa.Column("event", sa.String(length=120), nullable=True),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name="fk_message_attempt_message_id"),
        sa.PrimaryKeyConstraint("id", name="pk_message_attempt"),
        sa.UniqueConstraint("message_id", "event", name="uq_message_attempt_message_id_event"),
    )
    op.create_index("ix_message_attempt_message_id_at", "message_attempt", ["message_id", "at"], unique=False)
    MESSAGES.create(op.get_bind())


def downgrade() -> None:
    MESSAGES.drop(op.get_bind())
    for table in reversed(TABLES):
        op.drop_table(table)
