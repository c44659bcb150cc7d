"""What `chalice deploy` would make of this checkout, worked out offline.

Chalice imports the application with the stage's environment around it, so the plan is made in a
process of its own: `planned` starts it, this module is what it runs.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from desk.errors import DeskError
from desk.venv import ROOT


def planned(stage: str, *, root: Path = ROOT) -> dict[str, Any]:
    """Return the functions, the schedules, the bucket and the API that *stage* would have."""
    environ = {name: v for name, v in os.environ.items() if not name.startswith("BROADSHEET_")}
    environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")  # Chalice asks for one, and for no call
    done = subprocess.run(  # noqa: S603 - our own
        [sys.executable, str(Path(__file__)), stage],
        cwd=root,
        env={**environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        why = done.stderr.strip().splitlines()[-1:] or ["it says nothing"]
        raise DeskError(f"the application cannot be planned: {why[0]}")
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def _plan(stage: str) -> dict[str, Any]:
    from chalice.cli.factory import CLIFactory
    from chalice.deploy import models
    from chalice.deploy.appgraph import ApplicationGraphBuilder, DependencyBuilder

    config = CLIFactory(str(Path.cwd()), environ=os.environ).create_config_obj(stage)
    graph = ApplicationGraphBuilder().build(config, stage)
    plan: dict[str, Any] = {"functions": {}, "uploads": [], "schedules": {}, "apis": []}
    for resource in DependencyBuilder().build_dependencies(graph):
        if isinstance(resource, models.LambdaFunction):
            role: Any = resource.role  # this project's are all made by Chalice, from a file
            plan["functions"][resource.resource_name] = {
                "function_name": resource.function_name,
                "handler": resource.handler,
                "memory": resource.memory_size,
                "timeout": resource.timeout,
                "environment": dict(resource.environment_variables),
                "role": role.role_name,
                "policy": Path(role.policy.filename).name,
            }
        elif isinstance(resource, models.S3BucketNotification):
            name = resource.lambda_function.resource_name
            plan["uploads"].append([name, resource.bucket, sorted(resource.events)])
        elif isinstance(resource, models.ScheduledEvent):
            name = resource.lambda_function.resource_name
            plan["schedules"][name] = resource.schedule_expression
        elif isinstance(resource, models.RestAPI):
            name = resource.lambda_function.resource_name
            plan["apis"].append([name, resource.api_gateway_stage])
    return plan


if __name__ == "__main__":
    json.dump(_plan(sys.argv[1]), sys.stdout)
