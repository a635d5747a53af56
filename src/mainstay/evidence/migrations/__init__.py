"""How a ledger came to its present schema, step by step. A step is never changed after a release."""
