"""Private tasks as events: every node can see them on the way, and only cleared nodes with the cell's key open them."""
