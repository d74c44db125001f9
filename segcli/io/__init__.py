"""Access to files: reading with decompression, atomic writing, locks, and the run manifest."""
