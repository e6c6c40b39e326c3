"""What experiments share between tables and the report: style, panels, grids, the ledger, the page."""
