"""What programs call the cell with."""
