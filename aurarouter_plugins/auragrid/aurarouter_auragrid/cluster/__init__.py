"""Makes what a cell on several machines needs: certificates and a configuration for each."""
