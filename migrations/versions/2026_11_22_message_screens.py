"""Who called whom about a message and what came of it, who read a language, who approved a text."""

import sqlalchemy as sa
from alembic import op

from migrations.message_guards import CALLS

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.BigInteger()


def upgrade() -> None:
    op.add_column("message_template", sa.Column("approved_by", sa.String(length=200), nullable=False, server_default=""))
    op.create_table(
        "language_review",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("site_id", ROW_ID, nullable=False),
        sa.Column("language", sa.String(length=6), nullable=False),
        sa.Column("reviewer", sa.String(length=200), nullable=False),
        sa.Column("qualification", sa.String(length=200), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name="fk_language_review_site_id"),
        sa.PrimaryKeyConstraint("id", name="pk_language_review"),
    )
    op.create_index("ix_language_review_site_id_language", "language_review", ["site_id", "language"], unique=False)
    op.create_table(
        "message_call",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("message_id", ROW_ID, nullable=True),
        sa.Column("reply_id", ROW_ID, nullable=True),
        sa.Column("outcome", sa.String(length=12), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.CheckConstraint("(message_id IS NULL) <> (reply_id IS NULL)", name="ck_message_call_about_one"),
        sa.CheckConstraint(
            "outcome IN ('spoke', 'no_answer', 'voicemail', 'wrong_number', 'not_needed', 'undone')", name="ck_message_call_outcome"
        ),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name="fk_message_call_message_id"),
        sa.ForeignKeyConstraint(["reply_id"], ["message_reply.id"], name="fk_message_call_reply_id"),
        sa.PrimaryKeyConstraint("id", name="pk_message_call"),
    )
    op.create_index("ix_message_call_message_id", "message_call", ["message_id"], unique=False)
    op.create_index("ix_message_call_reply_id", "message_call", ["reply_id"], unique=False)
    CALLS.create(op.get_bind())


def downgrade() -> None:
    CALLS.drop(op.get_bind())
    op.drop_table("message_call")
    op.drop_table("language_review")
    op.drop_column("message_template", "approved_by")
