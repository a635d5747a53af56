"""What CloudFormation remembers of its stacks, as far as the account tells it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mainstay.model.values import Record, Value
from mainstay.sources.live.calls import Failed
from mainstay.sources.live.stacks import read_stacks

REGION = "eu-west-1"


class OneIsBroken:
    """Tells of three stacks, and fails at the resources of the second."""

    account = "111122223333"
    partition = "aws"

    def pages(
        self,
        service: str,
        operation: str,
        region: str,
        parameters: Mapping[str, Value],
        tokens: tuple[str, str] | None = None,
    ) -> Iterator[Record]:
        if operation == "list_stacks":
            yield Record({"StackSummaries": [Record({"StackId": id}) for id in ("one", "broken", "three")]})
            return
        id = parameters["StackName"]
        if id == "broken":
            raise Failed("InternalFailure", "it cannot be told")
        told = {"LogicalResourceId": "Queue", "ResourceType": "AWS::SQS::Queue", "PhysicalResourceId": f"of-{id}"}
        yield Record({"StackResourceSummaries": [Record(told)]})


def test_a_stack_that_cannot_be_read_does_not_hide_those_after_it() -> None:
    assert read_stacks(OneIsBroken(), (REGION,)) == {
        id: {"Queue": ("AWS::SQS::Queue", f"of-{id}")} for id in ("one", "three")
    }
