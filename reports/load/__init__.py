"""A store's folder to checked, typed frames."""
