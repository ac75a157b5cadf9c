import copy
from datetime import UTC, datetime, timedelta

import pytest

from cqsc_conform.reference.data import Catalogue, make_catalogue
from cqsc_conform.reference.mutants.catalog import MUTANTS, Mutant, mutant_of
from cqsc_conform.reference.pools import POOL_A, POOL_B, Pool
from cqsc_conform.reference.uscc import check_character

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
ALPHABET = set("0123456789ABCDEFGHJKLMNPQRTUWXY")


def test_the_published_worked_example_of_gb_32100() -> None:
    assert check_character("91350100M000100Y4") == "3"


@pytest.mark.parametrize("pool", [POOL_A, POOL_B])
@pytest.mark.parametrize("size", [12, 23, 41, 300])
@pytest.mark.parametrize("seed", [1, 7, 2026])
def test_a_catalogue_repeats_from_its_seed_and_is_in_order(
    pool: Pool, size: int, seed: int
) -> None:
    catalogue = make_catalogue(seed, NOW, size, pool=pool)
    assert catalogue == make_catalogue(seed, NOW, size, pool=pool)
    assert catalogue != make_catalogue(seed + 1, NOW, size, pool=pool)
    entries = catalogue.entries
    for name in ("id", "code", "title"):
        assert len({e[name] for e in entries}) == size
    codes = {e["code"] for e in entries}
    for entry in entries:
        uscc = entry["provider_code"]
        assert len(uscc) == 18
        assert set(uscc) <= ALPHABET
        assert uscc[17] == check_character(uscc[:17])
        assert set(entry["related"]) <= codes - {entry["code"]}
        assert entry["title"] not in entry["abstract"]


@pytest.mark.parametrize("later", [timedelta(0), timedelta(days=90), timedelta(days=4000)])
def test_ages_do_not_depend_on_when_it_runs(later: timedelta) -> None:
    now, then = make_catalogue(1, NOW, 23), make_catalogue(1, NOW + later, 23)
    for a, b in zip(now.entries, then.entries, strict=True):
        moved = datetime.fromisoformat(b["updated"]) - datetime.fromisoformat(a["updated"])
        assert moved == later


def _changed(a: Catalogue, b: Catalogue) -> int:
    return sum(x != y for x, y in zip(a.entries, b.entries, strict=True))


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda m: m.id)
@pytest.mark.parametrize("size", [12, 23])
def test_a_mutant_leaves_the_world_it_was_given_alone(mutant: Mutant, size: int) -> None:
    for seed in range(5):
        catalogue = make_catalogue(seed, NOW, size)
        before = copy.deepcopy(catalogue)
        assert _changed(catalogue, mutant.data(catalogue)) <= 1
        assert catalogue == before


@pytest.mark.parametrize("now", [NOW, datetime(2026, 2, 1, tzinfo=UTC), NOW + timedelta(days=900)])
def test_an_abolished_region_is_published_after_its_end_and_before_the_update(
    now: datetime,
) -> None:
    for seed in range(20):
        broken = mutant_of("DI-CATALOG-007.abolished").data(make_catalogue(seed, now, 23))
        (entry,) = [e for e in broken.entries if e["region"] == "500105"]
        assert "2025-11-06" < entry["published"] <= entry["updated"][:10]


def test_an_unknown_mutant_is_named() -> None:
    with pytest.raises(KeyError, match="nothing"):
        mutant_of("nothing")
