"""Messages that wait to go out are found by their visits, however many there are, and those that went out lately by when they did."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0007"
branch_labels = None
depends_on = None

WAITS = sa.text("state IN ('planned', 'uncertain')")


def upgrade() -> None:
    op.create_index(
        "ix_message_waiting", "message", ["channel", "visit_at", "id"], unique=False, sqlite_where=WAITS, postgresql_where=WAITS
    )
    op.create_index("ix_message_sent_at", "message", ["sent_at"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_message_sent_at", table_name="message")
    op.drop_index("ix_message_waiting", table_name="message", sqlite_where=WAITS, postgresql_where=WAITS)
