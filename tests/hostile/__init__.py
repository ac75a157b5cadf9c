"""A zoo of hostile HTTP peers, each one really different on the wire."""
