"""The gateway's own description says what is so; and of requests made up from it none is answered by a 5xx.

Every other test here helps: `described` holds each request that it sends, and each answer, to the description.
"""

import asyncio
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from jsonschema import Draft202012Validator

EXAMPLES = 60
PROGRAM = Path(sys.executable).with_name("schemathesis")


GIVES = {
    "RouterService/classify_intent": {"classification", "task", "success"},
    "ReasoningService/generate_plan": {"steps", "intent", "step_count", "success"},
    "CodingService/generate_code": {"code", "language", "plan_step", "success"},
    "UnifiedRouterService/intelligent_code_gen": {"result", "task", "language", "context_provided", "success"},
}


async def test_each_schema_is_one_and_services_give_what_the_specification_says(url: str) -> None:
    async with httpx.AsyncClient(base_url=url) as client:
        paths = (await client.get("/openapi.json")).json()["paths"]
    for methods in paths.values():
        for told in methods.values():
            bodies = [told.get("requestBody", {"content": {}}), *told["responses"].values()]
            for content in (content for body in bodies for content in body["content"].values()):
                Draft202012Validator.check_schema(content["schema"])
    for name, fields in GIVES.items():
        gives = paths[f"/services/{name}"]["post"]["responses"]["200"]["content"]["application/json"]["schema"]
        assert fields <= {*gives["required"]}


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
