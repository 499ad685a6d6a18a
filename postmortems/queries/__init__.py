"""What pages and the API read about reviews; nothing here changes a row."""
