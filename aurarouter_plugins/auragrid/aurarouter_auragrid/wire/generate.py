"""Makes `generated/` out of the `.proto` files: `pip install grpcio-tools`, then run this file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def main() -> None:
    """Run the compiler of protocol buffers."""
    command = [sys.executable, "-m", "grpc_tools.protoc", f"-I{HERE}", f"--python_out={HERE / 'generated'}"]
    protocols = sorted(path.name for path in HERE.glob("*.proto"))
    subprocess.run([*command, f"--pyi_out={HERE / 'generated'}", *protocols], check=True, cwd=HERE)


if __name__ == "__main__":
    main()
