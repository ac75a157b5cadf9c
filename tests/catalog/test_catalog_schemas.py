"""The contracts' schemas are generated, valid, and tell good examples from bad."""

from pathlib import Path
from typing import Any

import jsonschema
import jsonschema_rs
import msgspec
import pytest

from cqsc_conform.catalog.gate import admit
from cqsc_conform.catalog.schemas import CONTRACTS, generate, main, schema_of
from cqsc_conform.errors import KitError
from cqsc_conform.formats.yaml_strict import read_yaml
from cqsc_conform.model.codec import nodes_from_yaml
from cqsc_conform.resources import schemas_root

EXAMPLES = schemas_root() / "examples"
FILES = sorted(EXAMPLES.glob("*/*/*.*"))
WRITTEN = {"profile", "probes", "adoption", "target", "job", "answers", "findings"}


def ident(path: Path) -> str:
    return path.relative_to(EXAMPLES).as_posix()


def prepared(value: Any) -> Any:
    for body in value.get("probes", {}).values():
        body["steps"] = nodes_from_yaml(body["steps"])
    return value


def test_the_files_are_what_the_model_says() -> None:
    kept = {path.name: path.read_bytes() for path in schemas_root().glob("*.schema.json")}
    assert kept == generate()


def test_the_files_are_written_as_generated(tmp_path: Path) -> None:
    main(tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == generate()


@pytest.mark.parametrize("contract", CONTRACTS)
def test_a_schema_is_itself_valid_and_described(contract: str) -> None:
    schema = schema_of(contract)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema_rs.meta.validate(schema)
    for name, part in schema["$defs"].items():
        assert part["title"] == name
        assert part["description"].strip() == part["description"]


@pytest.mark.parametrize("contract", CONTRACTS)
def test_every_contract_has_examples_of_both_kinds(contract: str) -> None:
    assert list((EXAMPLES / contract / "valid").iterdir())
    assert list((EXAMPLES / contract / "invalid").iterdir())


@pytest.mark.parametrize("path", FILES, ids=ident)
def test_an_example_is_what_its_folder_says(path: Path) -> None:
    contract, kind = path.parts[-3], path.parts[-2]
    if contract in WRITTEN:
        located = read_yaml(path.read_bytes(), path.name)
        if kind == "valid":
            admit(located, contract, CONTRACTS[contract], prepare=prepared)
            return
        code = path.read_text().splitlines()[0].removeprefix("# expect: ")
        with pytest.raises(KitError) as caught:
            admit(located, contract, CONTRACTS[contract], prepare=prepared)
        assert code in {problem.code for problem in caught.value.problems}
        return
    value = msgspec.json.decode(path.read_bytes())
    assert jsonschema_rs.Draft202012Validator(schema_of(contract)).is_valid(value) is (
        kind == "valid"
    )
    assert jsonschema.Draft202012Validator(schema_of(contract)).is_valid(value) is (kind == "valid")
    if kind == "valid":
        msgspec.json.decode(path.read_bytes(), type=CONTRACTS[contract])
    else:
        with pytest.raises(msgspec.ValidationError):
            msgspec.json.decode(path.read_bytes(), type=CONTRACTS[contract])
