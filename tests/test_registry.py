from __future__ import annotations

import pytest

from bench.registry import Registry, UnknownName


@pytest.fixture
def fruit() -> Registry[int]:
    registry: Registry[int] = Registry("fruit")
    for i, name in enumerate(("apple", "black_cherry", "pear")):
        registry.add(name, i)
    return registry


def test_a_miss_names_the_closest_and_all_that_are_known(fruit: Registry[int]) -> None:
    with pytest.raises(UnknownName) as caught:
        fruit["aple"]
    assert str(caught.value) == (
        "no fruit named 'aple' (did you mean 'apple'?); known: apple, black_cherry, pear"
    )


def test_a_miss_that_is_close_to_nothing_names_all_that_are_known(fruit: Registry[int]) -> None:
    with pytest.raises(UnknownName) as caught:
        fruit["zzz"]
    assert str(caught.value) == "no fruit named 'zzz'; known: apple, black_cherry, pear"


@pytest.mark.parametrize("spelling", ["black_cherry", "Black-Cherry", " BLACK_CHERRY "])
def test_case_and_hyphens_do_not_matter(fruit: Registry[int], spelling: str) -> None:
    assert fruit[spelling] == 1
    assert spelling in fruit


def test_a_name_is_refused_twice(fruit: Registry[int]) -> None:
    with pytest.raises(ValueError, match="there is already a fruit named 'Apple'"):
        fruit.add("Apple", 9)
    assert fruit["apple"] == 0


def test_order_does_not_depend_on_which_module_was_imported_first() -> None:
    def load() -> None:
        registry.add("from_a", "a")

    registry: Registry[str] = Registry("thing", load, group=lambda item: item)
    registry.add("from_b", "b")
    assert list(registry) == ["from_a", "from_b"]
