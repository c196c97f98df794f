"""Requests that are made up from the gateway's own description: no 5xx goes out, whatever comes in."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = 60
PROGRAM = Path(sys.executable).with_name("schemathesis")


@pytest.mark.soak
async def test_made_up_requests(url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if not PROGRAM.exists():
        pytest.skip("pip install schemathesis")
    # What is no HTTP at all is refused by the server below us, in plain text: its media type is not looked at.
    checks = "not_a_server_error,response_schema_conformance,status_code_conformance"
    command = [str(PROGRAM), "run", f"{url}/openapi.json", "--checks", checks, "--max-examples", str(EXAMPLES)]
    command += ["--phases", "examples,coverage,fuzzing", "--no-color"]
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, cwd=tmp_path, check=False)
    with capsys.disabled():
        print("\n" + done.stdout[-3000:])
    assert done.returncode == 0, done.stdout + done.stderr
