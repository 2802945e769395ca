"""Base templates, sign-in, offices, pages shared by all systems, and their guards."""
