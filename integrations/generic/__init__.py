"""Any tool that posts JSON: a key says by dotted paths where its words stand."""
