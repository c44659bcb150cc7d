"""An event that no try can handle, from the upload to the receipt, in a newsroom that runs."""

from local_run import client

from desk import local
from desk.redrive import FOUND, SENT, redrive

FAILED = "lost.md  failed 3 times, is in the failure queue"


def test_an_event_that_fails_is_seen_until_it_is_handled(start, story, tmp_path):
    run = start(tmp_path / "data", "--no-samples")
    dynamodb, name = client("dynamodb", run.said("s3")), "broadsheet-local"

    def redriven(*, only_look=False):
        done = redrive(local.stage_of(local.find(tmp_path / "data")), only_look=only_look)
        return [(one.keys, one.became) for one in done]

    table = dynamodb.describe_table(TableName=name)["Table"]
    dynamodb.update_table(TableName=name, DeletionProtectionEnabled=False)
    dynamodb.delete_table(TableName=name)
    run.s3.put_object(Bucket=run.said("uploads"), Key="lost.md", Body=story())
    run.wait_for(lambda line: line.startswith(FAILED))
    for _ in range(2):  # a look takes nothing away
        assert redriven(only_look=True) == [(("lost.md",), FOUND)]

    # Nothing is mended yet: what is sent fails again, and is back.
    assert redriven() == [(("lost.md",), SENT)]
    run.wait_for(lambda _: sum(line.startswith(FAILED) for line in run.lines) == 2)
    assert redriven(only_look=True) == [(("lost.md",), FOUND)]

    dynamodb.create_table(
        TableName=name,
        KeySchema=table["KeySchema"],
        AttributeDefinitions=table["AttributeDefinitions"],
        BillingMode="PAY_PER_REQUEST",
    )
    assert redriven() == [(("lost.md",), SENT)]
    run.wait_for(lambda line: line.startswith("lost.md  published"))
    assert redriven(only_look=True) == []
