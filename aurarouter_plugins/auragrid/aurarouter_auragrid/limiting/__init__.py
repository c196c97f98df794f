"""The limits of a whole cell: one count that all of its nodes share, for the plugin `limits`."""
