"""Rules of the catalogues."""
