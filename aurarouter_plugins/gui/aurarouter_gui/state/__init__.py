"""What the window knows and does, without Qt: every class here can be tested in a plain interpreter."""
