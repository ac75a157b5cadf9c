"""From a verified bundle and an adoption to a recognition and a residual plan.  Pure."""
