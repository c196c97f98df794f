"""The command line of the grid."""
