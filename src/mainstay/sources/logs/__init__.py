"""Readers of logs: what AWS delivers becomes batches of records."""
