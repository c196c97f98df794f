"""How many nodes hold each model: wished in the cell, worked towards by every node."""
