"""Judgement: pure functions from evidence and parameters to a verdict."""
