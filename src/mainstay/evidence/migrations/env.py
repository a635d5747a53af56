"""What Alembic runs: the steps go through the connection that the ledger has opened, within its transaction."""

from __future__ import annotations

from alembic import context

from mainstay.evidence.schema import VERSION_TABLE, metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    transactional_ddl=False,  # the transaction is the ledger's
)
context.run_migrations()
