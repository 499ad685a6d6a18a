"""What pages, updates and the API read about incidents; nothing here changes a row."""
