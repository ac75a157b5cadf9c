"""Servers that other people wrote, started for the live tests."""
