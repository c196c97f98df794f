"""The cell in the desktop window. Qt, and the window, are imported by the panels' factories alone."""
