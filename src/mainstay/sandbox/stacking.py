"""A stack in moto's CloudFormation: added to turn by turn, and taken back where moto refuses a resource."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Mapping
from typing import Any

from mainstay.model.errors import UsageError
from mainstay.sandbox.deployment import Json


class Refused(Exception):
    """moto could not make a resource."""

    def __init__(self, logical_id: str, reason: str) -> None:
        super().__init__(reason)
        self.logical_id = logical_id
        self.reason = reason


class Stack:
    """The stack of this name, which may be there already."""

    def __init__(self, client: Any, name: str, description: str) -> None:
        self.client = client
        self.name = name
        self.description = description
        self.id = ""
        self.resources: dict[str, Json] = {}
        self.metadata: Mapping[str, Json] = {}
        self.outputs: Mapping[str, Json] = {}
        self._find()
        self.new = not self.id

    def _find(self) -> None:
        from botocore.exceptions import ClientError

        try:
            found = self.client.describe_stacks(StackName=self.name)["Stacks"][0]
            body = self.client.get_template(StackName=self.name)["TemplateBody"]
        except ClientError:
            return
        template = json.loads(body) if isinstance(body, str) else body
        if "mainstay" not in template.get("Metadata", {}):
            raise UsageError(f"there is a stack {self.name} already that was not deployed by mainstay")
        self.id = found["StackId"]
        self.resources = dict(template.get("Resources", {}))
        self.metadata = template["Metadata"]

    def keep_only(self, names: Iterable[str]) -> None:
        """What the template no longer has goes with the next update."""
        kept = set(names)
        self.resources = {name: body for name, body in self.resources.items() if name in kept}

    def add(self, bodies: Mapping[str, Json], metadata: Mapping[str, Json]) -> dict[str, str]:
        """Make or change these resources, given in the order of their needs; the physical ids of all in the stack.

        Raises Refused at the first that moto does not make, and keeps those before it.
        """
        self.metadata = metadata
        for name in [name for name in bodies if name in self.resources and bodies[name] != self.resources[name]]:
            error = self._put({**self.resources, name: bodies[name]})
            if error is not None:
                raise Refused(name, error)
            self.resources[name] = bodies[name]
        new = {name: body for name, body in bodies.items() if name not in self.resources}
        after = {**self.resources, **new}
        error = self._put(after)
        if error is None:
            self.resources = after
            return self._ids()
        refused = self._first_missing(new)
        if refused is None:
            raise UsageError(f"the stack {self.name} cannot be made: {error}{self._discarded()}")
        for name in itertools.takewhile(lambda name: name != refused, new):
            self.resources[name] = new[name]
        self._take_back(error)
        raise Refused(refused, error)

    def finish(self, outputs: Mapping[str, Json], metadata: Mapping[str, Json]) -> dict[str, str]:
        """Put in the outputs and the metadata, and give what the outputs came to."""
        self.outputs, self.metadata = outputs, metadata
        error = self._put(self.resources)
        if error is not None:
            self.outputs = {}
            error = self._put(self.resources)
        if error is not None:
            raise UsageError(f"the stack {self.name} cannot be finished: {error}")
        found = self.client.describe_stacks(StackName=self.name)["Stacks"][0]
        return {output["OutputKey"]: str(output["OutputValue"]) for output in found.get("Outputs", ())}

    def _put(self, resources: Mapping[str, Json]) -> str | None:
        """Create or update the stack, wait for it, and say what moto said against it."""
        from botocore.exceptions import BotoCoreError, ClientError, WaiterError

        body: dict[str, Json] = {
            "AWSTemplateFormatVersion": "2010-09-09",
            "Description": self.description,
            "Metadata": self.metadata,
            "Resources": resources,
            "Outputs": self.outputs,
        }
        call, waiter = (
            (self.client.update_stack, "stack_update_complete")
            if self.id
            else (self.client.create_stack, "stack_create_complete")
        )
        try:
            answer = call(StackName=self.name, TemplateBody=json.dumps(body), Capabilities=["CAPABILITY_NAMED_IAM"])
            self.client.get_waiter(waiter).wait(StackName=self.name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
        except ClientError as error:
            said = error.response.get("Error", {})
            reason = said.get("Message") or ""
            return str(reason) if reason and reason != "Internal Server Error" else "moto failed, and does not say why"
        except (BotoCoreError, WaiterError) as error:
            return str(error)
        self.id = answer["StackId"]
        return None

    def _ids(self) -> dict[str, str]:
        pages = self.client.get_paginator("list_stack_resources").paginate(StackName=self.name)
        listed = [resource for page in pages for resource in page["StackResourceSummaries"]]
        return {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in listed}

    def _first_missing(self, names: Iterable[str]) -> str | None:
        """The first that is not there. moto tries again to make what it is asked about, and fails at the same one."""
        from botocore.exceptions import ClientError

        for name in names:
            try:
                self.client.describe_stack_resource(StackName=self.name, LogicalResourceId=name)
            except ClientError:
                return name
        return None

    def _take_back(self, reason: str) -> None:
        """After a turn that failed half way: the stack with what was made, and without what was not."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            self.id = self.id or self.client.describe_stacks(StackName=self.name)["Stacks"][0]["StackId"]
        except (BotoCoreError, ClientError):
            raise UsageError(f"the stack {self.name} cannot be made: {reason}{self._discarded()}") from None
        error = self._put(self.resources)
        if error is not None:
            raise UsageError(f"the stack {self.name} failed and cannot go on: {error}{self._discarded()}")

    def _discarded(self) -> str:
        """Take away the stack that a failed deployment began; what there is to say where it stays."""
        from botocore.exceptions import BotoCoreError, ClientError

        if not self.new:
            return ""
        try:
            self.client.delete_stack(StackName=self.id or self.name)
        except (BotoCoreError, ClientError):
            return f"; what is there of the stack {self.name} could not be taken away"
        return ""
