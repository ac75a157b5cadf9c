"""Statements and who stands behind them: keys, envelopes, chains, lists, logs, time stamps."""
