"""The page: figures, tables and sentences as one HTML document."""
