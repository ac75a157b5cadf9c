"""Other people's formats, read and written by pure functions."""
