"""What `chalice deploy` would make, found out offline, and what each function may do."""

import pytest

TABLE = "arn:aws:dynamodb:*:*:table/broadsheet-prod"
UPLOADS = "arn:aws:s3:::broadsheet-prod-uploads-*"
RECEIPTS = "arn:aws:s3:::broadsheet-prod-receipts-*"
FAILURES = "arn:aws:sqs:*:*:broadsheet-prod-failures"
EDITORS = "arn:aws:sns:*:*:broadsheet-prod-editors"
ASYNCHRONOUS = {"ingest", "refresh_latest", "fetch_feeds", "reconcile"}
FUNCTIONS = {"api_handler", *ASYNCHRONOUS}
READ = {"dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query"}


def allowed(statements):
    """The pairs of action and resource that a policy allows."""
    return {
        (action, statement["Resource"])
        for statement in statements
        for action in statement["Action"]
    }


def on(resource, actions):
    return {(action, resource) for action in actions}


def test_the_functions_have_the_contracts_names_and_do_not_share_their_imports(plan):
    handlers = {name: f["handler"] for name, f in plan["functions"].items()}

    assert handlers == {
        "api_handler": "app.app",
        **{name: f"chalicelib.events.{name}" for name in ASYNCHRONOUS},
    }


def test_each_function_has_a_role_and_a_policy_of_its_own(plan, policies):
    used = [function["policy"] for function in plan["functions"].values()]
    roles = {function["role"] for function in plan["functions"].values()}

    assert sorted(used) == sorted(f"policy-{name}.json" for name in FUNCTIONS)
    assert len(roles) == len(FUNCTIONS)
    assert set(policies) == FUNCTIONS


def test_uploads_and_deletions_call_ingest(plan):
    bucket = plan["functions"]["ingest"]["environment"]["BROADSHEET_UPLOADS_BUCKET"]

    assert plan["uploads"] == [["ingest", bucket, ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"]]]


def test_the_schedules_are_the_contracts(plan):
    assert plan["schedules"] == {
        "refresh_latest": "rate(5 minutes)",
        "fetch_feeds": "rate(15 minutes)",
        "reconcile": "rate(1 hour)",
    }


def test_one_api_serves_all_routes(plan):
    assert plan["apis"] == [["api_handler", "api"]]


def test_memory_and_time_are_set_for_each(plan):
    sizes = {name: (f["memory"], f["timeout"]) for name, f in plan["functions"].items()}

    assert sizes == {
        "api_handler": (1024, 15),
        "ingest": (1769, 300),
        "refresh_latest": (512, 60),
        "fetch_feeds": (1024, 300),
        "reconcile": (1024, 300),
    }


def test_public_functions_read_the_table_and_prepared_images_and_nothing_else(plan, policies):
    log = plan["functions"]["api_handler"]["function_name"]

    assert allowed(policies["api_handler"]) == (
        on(TABLE, READ)
        | on(f"{RECEIPTS}/public-media/*", {"s3:GetObject"})
        | on(f"arn:aws:logs:*:*:log-group:/aws/lambda/{log}:*",
             {"logs:CreateLogStream", "logs:PutLogEvents"})
    )  # fmt: skip


def test_the_refresh_never_sees_an_upload(policies):
    names = {resource for _, resource in allowed(policies["refresh_latest"])}

    assert not any("s3" in name for name in names)
    needed = {"dynamodb:BatchGetItem", "dynamodb:PutItem", "dynamodb:Query"}
    assert on(TABLE, needed) <= allowed(policies["refresh_latest"])


def test_who_asks_strangers_sees_no_upload_and_writes_the_table_alone(policies):
    told = allowed(policies["fetch_feeds"])

    assert not any("s3" in resource for _, resource in told)
    needed = {"dynamodb:PutItem", "dynamodb:Query"}
    assert {one for one in told if one[0].startswith("dynamodb:")} == on(TABLE, needed)


def test_no_stage_that_is_deployed_asks_its_own_machine_for_feeds(plan):
    told = {name for f in plan["functions"].values() for name in f["environment"]}

    assert "BROADSHEET_LOOPBACK_FEEDS" not in told


@pytest.mark.parametrize("name", ["ingest", "reconcile"])
def test_the_fold_reads_uploads_and_cannot_change_them(policies, name):
    actions = {
        action for action, resource in allowed(policies[name]) if resource.startswith(UPLOADS)
    }

    assert actions == {"s3:GetObjectVersion", "s3:ListBucketVersions"}


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_a_policy_names_what_is_ours_and_allows_no_more_than_it_says(plan, policies, name):
    log = plan["functions"][name]["function_name"]
    ours = (TABLE, UPLOADS, RECEIPTS, FAILURES, EDITORS)
    ours = (*ours, f"arn:aws:logs:*:*:log-group:/aws/lambda/{log}:*")

    for statement in policies[name]:
        if statement["Action"] == ["bedrock:InvokeModel"]:  # see test_model
            assert name in {"ingest", "reconcile"}
            continue
        assert set(statement) <= {"Sid", "Effect", "Action", "Resource", "Condition"}
        assert statement["Effect"] == "Allow"
        assert statement["Resource"].startswith(ours)
        assert not any("*" in action for action in statement["Action"])
        if ":s3:" in statement["Resource"]:
            # A bucket's name says nothing of its owner: only our own account's count.
            own = {"aws:ResourceAccount": "${aws:PrincipalAccount}"}
            assert statement["Condition"] == {"StringEquals": own}


def test_who_folds_may_push_notices_to_the_editors_and_nobody_else_may(policies):
    may = {
        name: {(action, on) for action, on in allowed(policies[name]) if action.startswith("sns:")}
        for name in FUNCTIONS
    }

    push = {("sns:Publish", EDITORS)}
    assert may == {
        "ingest": push,
        "reconcile": push,
        "api_handler": set(),
        "refresh_latest": set(),
        "fetch_feeds": set(),
    }


@pytest.mark.parametrize("name", sorted(ASYNCHRONOUS))
def test_what_fails_may_be_put_in_the_failure_queue(policies, name):
    assert (("sqs:SendMessage", FAILURES)) in allowed(policies[name])
