"""Conforming targets, and their mutants, to test the kit against."""
