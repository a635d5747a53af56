"""Logs kept for years: ingest into Parquet, and the queries that find what rules may fire on."""
