import pytest
from local_run import STORY, close, start_run


@pytest.fixture
def start():
    """Start runs that are ready, and end them with the test."""
    started = []

    def ready(*args, **options):
        run = start_run(*args, **options)
        started.append(run)
        run.wait_for(lambda line: line == "ready")
        return run

    yield ready
    for run in started:
        close(run)


@pytest.fixture(scope="module")
def newsroom(tmp_path_factory):
    """One empty newsroom for a module's tests; each uploads under its own keys."""
    run = start_run(tmp_path_factory.mktemp("newsroom") / "data", "--no-samples")
    try:
        run.wait_for(lambda line: line == "ready")
        yield run
    finally:
        close(run)


@pytest.fixture
def story():
    def made(headline="Ferry returns on Monday", published_at="2026-01-05T09:00:00Z"):
        return STORY.format(headline=headline, published_at=published_at).encode()

    return made
