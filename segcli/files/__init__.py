"""The only room that opens files: reading with compression, writing atomically, locks, the run manifest."""
