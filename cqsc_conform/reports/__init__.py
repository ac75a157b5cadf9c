"""One renderer a format over one result model."""
