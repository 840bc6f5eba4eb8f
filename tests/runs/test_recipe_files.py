import pytest

from qtools.errors import BadInputError
from qtools.runs.recipe_files import names_in, read_recipe


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "large.toml").write_text("size = 9\n")
    (tmp_path / "small.toml").write_text("size = 1\n")
    return tmp_path


def test_names_are_those_of_the_files(folder):
    assert names_in(folder) == ("large", "small")


def test_a_recipe_is_found_by_its_name_or_its_path(folder, tmp_path_factory):
    own = tmp_path_factory.mktemp("own") / "mine.toml"
    own.write_text("size = 5\n")
    assert read_recipe(folder, "small") == (folder / "small.toml", {"size": 1})
    assert read_recipe(folder, str(own)) == (own, {"size": 5})


@pytest.mark.parametrize("wrong", ["smal", "nowhere.toml", ""])
def test_what_is_no_recipe_is_refused_with_the_known_ones(folder, wrong):
    with pytest.raises(BadInputError, match="large, small"):
        read_recipe(folder, wrong)
