"""What a member of the cell does."""
