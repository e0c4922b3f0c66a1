"""The invented municipality, made once for all tests of the workshop."""

import pytest

from procurement_kit.workshop import demo_files
from procurement_kit.workshop.invented import make_world
from procurement_kit.workshop.purchases import draw_documents


@pytest.fixture(scope="session")
def world():
    return make_world()


@pytest.fixture(scope="session")
def documents(world):
    return draw_documents(world)


@pytest.fixture(scope="session")
def truth():
    return demo_files.planted_truth()


@pytest.fixture(scope="session")
def written(tmp_path_factory, truth):
    """The folder of the invented municipality with its files."""
    import os

    from procurement_kit.workshop.demo import open_demo

    root = tmp_path_factory.mktemp("demo")
    before = {name: os.environ.get(name) for name in ("PROCUREMENT_DATA", "PROCUREMENT_KEYS")}
    os.environ.update(PROCUREMENT_DATA=str(root / "data"), PROCUREMENT_KEYS=str(root / "keys"))
    try:
        municipality = open_demo()
        demo_files.write_demo_files(municipality)
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
    return municipality
