"""Benchmarks: official layouts in, the reference's prompts and metrics, a row beside the published figures out."""
