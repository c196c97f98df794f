"""Python loads this at its start where the folder is on its path: has `aurarouter gui` tell when its window is usable.

The program itself is the installed one, untouched; what it starts is not watched.
"""

import os
import sys

if sys.argv[1:] == ["gui"]:
    import gui_windows

    gui_windows.watch(os.environ["GUI_WATCH"])
