"""The ledger: what was observed, appended and never changed."""
