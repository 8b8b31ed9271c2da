"""A key of a link that has long opened nothing may be removed; it still cannot be changed, nor what was done by it."""

from alembic import op

from migrations.link_guards import KEYS_KEPT, KEYS_MAY_GO

revision = "0014"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in KEYS_MAY_GO[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    for statement in KEYS_KEPT[op.get_bind().dialect.name]:
        op.execute(statement)
