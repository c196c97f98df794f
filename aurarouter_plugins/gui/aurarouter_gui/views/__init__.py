"""What the window shows. Only files of this folder import Qt, and none of them imports a provider."""
