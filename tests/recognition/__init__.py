"""Tests of recognition: every path of the table, alone and over several bundles."""
