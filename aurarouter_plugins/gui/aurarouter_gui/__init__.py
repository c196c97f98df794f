"""AuraRouter's desktop window. Qt is imported when the window is opened, and the kernel when the window is drawn."""
