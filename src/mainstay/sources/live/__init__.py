"""The live source: reads accounts through the APIs of AWS, by collectors that are data."""
