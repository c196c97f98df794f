"""The configuration of a whole cell: proposed on one machine, checked and applied by every node."""

from aurarouter_auragrid.configuration.cell_configuration import CellConfiguration
from aurarouter_auragrid.configuration.outcome import NodeAnswer, NodeState, Outcome
from aurarouter_auragrid.configuration.version import SettingChange, Version

__all__ = ["CellConfiguration", "NodeAnswer", "NodeState", "Outcome", "SettingChange", "Version"]
