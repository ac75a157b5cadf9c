"""Plan, fill, run, judge, fold."""
