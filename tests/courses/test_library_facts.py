"""The library tells where each of its numbers comes from, and its courses are as long as the facts say."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TypeAlias

import pytest
import yaml

from courses.library import library_version, protocol_files
from courses.protocols.notation import read_protocol

Node: TypeAlias = "dict[str, Node] | list[Node] | str | int | float | bool | None"

GUIDE = Path(__file__).parents[2] / "docs" / "protocols.md"
KEYS = ("id", "title", "modality", "phases", "session_templates", "session_rules", "extension", "notes", "facts")
PLANNED = ("phases", "session_templates", "session_rules", "extension")
SIGN_OFF = {"DESIGN": "design", "UNCONFIRMED": "unconfirmed"}
COURSE_LENGTHS = {
    "act-12": 12,
    "cbt-16": 16,
    "comprehensive-psychiatric-evaluation": 1,
    "dbs-programming": 9,
    "dbt-individual-24": 24,
    "dbt-skills-group-24": 24,
    "deep-tms-h1-20": 20,
    "deep-tms-h1-44": 44,
    "deep-tms-h7-ocd": 29,
    "ect-continuation-windows": 4,
    "ect-index-2-per-week": 12,
    "ect-index-3-per-week": 12,
    "ect-maintenance": 12,
    "emdr": 12,
    "esketamine-mdsi": 8,
    "esketamine-trd": 12,
    "family-therapy": 12,
    "ipt-16": 16,
    "ketamine-iv-maintenance": 1,
    "ketamine-iv-series-6": 6,
    "mbct-group-8": 10,
    "medication-management-reviews": 5,
    "psychodynamic-24": 24,
    "tms-accelerated-50": 50,
    "tms-itbs-36": 36,
    "tms-maintenance": 11,
    "tms-payer-20-plus-5": 25,
    "tms-standard-36": 36,
    "tms-standard-36-19-minutes": 36,
    "vns-programming": 16,
}

each_protocol = pytest.mark.parametrize("file", protocol_files(), ids=lambda file: file.name)


def read(file: Traversable) -> dict[str, Node]:
    protocol = yaml.safe_load(file.read_text(encoding="utf-8"))
    assert isinstance(protocol, dict)
    return protocol


def fields(node: Node) -> dict[str, Node]:
    assert isinstance(node, dict)
    return node


def entries(node: Node) -> list[Node]:
    assert isinstance(node, list)
    return node


def text(node: Node) -> str:
    assert isinstance(node, str)
    return node


def numbers(node: Node, path: str) -> Iterator[tuple[str, Node]]:
    """Each number that needs a source, with its path; a load of 0 or 1 and a count of 1 only say that somebody is there."""
    if isinstance(node, dict):
        for key, below in node.items():
            if not (key in ("load", "count") and below in (0, 1)):
                yield from numbers(below, f"{path}.{key}")
    elif isinstance(node, list):
        for index, below in enumerate(node):
            yield from numbers(below, f"{path}[{index}]")
    elif isinstance(node, int | float) and not isinstance(node, bool):
        yield path, node


def resolve(node: Node, path: str) -> list[tuple[str, Node]]:
    """What stands at a path, with the wildcard unfolded. Fails where nothing stands there."""
    found: list[tuple[str, Node]] = [("", node)]
    for part in re.findall(r"[^.\[\]]+|\[(?:\d+|\*)\]", path):
        if part == "[*]":
            found = [(f"{at}[{index}]", below) for at, each in found for index, below in enumerate(entries(each))]
        elif part.startswith("["):
            found = [(at + part, entries(each)[int(part[1:-1])]) for at, each in found]
        else:
            found = [(f"{at}.{part}", fields(each)[part]) for at, each in found]
    return found


def n_sessions(phases: Node) -> int:
    total = 0
    for each in entries(phases):
        phase = fields(each)
        sessions, weekly = phase.get("sessions", 0), entries(phase.get("weekly", []))
        assert isinstance(sessions, int)
        total += sessions + sum(block for block in weekly if isinstance(block, int)) + len(entries(phase.get("windows", [])))
    return total


def listed_tags() -> dict[str, str]:
    """The tags of the guide's table of sources, each with its grade."""
    table = GUIDE.read_text(encoding="utf-8").split("## Sources")[1]
    rows = [[cell.strip() for cell in line.strip("| ").split("|")] for line in table.splitlines() if line.startswith("| ")]
    return {row[0]: row[-1] for row in rows if row[0] != "tag"}


@each_protocol
def test_every_number_has_one_fact_that_resolves_to_it(file: Traversable) -> None:
    protocol = read(file)
    wanted = dict(pair for key in PLANNED if key in protocol for pair in numbers(protocol[key], f".{key}"))

    facts = [fields(fact) for fact in entries(protocol["facts"])]

    told = [(at, value, fact["value"]) for fact in facts for at, value in resolve(protocol, text(fact["of"]))]

    assert {at: stated for at, _, stated in told} == wanted
    assert all(value == stated and type(value) is type(stated) for _, value, stated in told)
    assert len(told) == len(wanted)


@each_protocol
def test_the_status_of_a_fact_follows_from_its_source(file: Traversable) -> None:
    for each in entries(read(file)["facts"]):
        fact = fields(each)
        source = text(fact["source"])
        expected = SIGN_OFF.get(source, "vendor" if source.endswith(":c") else "confirmed")

        assert fact["status"] == expected, fact
        assert set(fact) <= {"of", "value", "source", "status", "note"}


@each_protocol
def test_every_source_is_in_the_guide_with_the_grade_that_its_tag_says(file: Traversable) -> None:
    protocol, listed = read(file), listed_tags()
    sources = {text(fields(each)["source"]) for key in ("facts", "notes") for each in entries(protocol[key])} - set(SIGN_OFF)

    for source in sources:
        assert listed[source.removesuffix(":c")].startswith("C") == source.endswith(":c"), source


@each_protocol
def test_a_file_is_named_after_its_protocol_and_has_all_that_the_desk_reads(file: Traversable) -> None:
    protocol = read(file)

    assert file.name == f"{protocol['id']}.yaml"
    assert list(protocol) == [key for key in KEYS if key in protocol]
    assert all(text(fields(note)["text"]).endswith(".") and set(fields(note)) == {"text", "source"} for note in entries(protocol["notes"]))


@each_protocol
def test_every_template_is_used_and_every_rule_finds_one(file: Traversable) -> None:
    protocol = read(file)
    rules = [fields(rule) for rule in entries(protocol["session_rules"])]

    assert {rule["template"] for rule in rules} == set(fields(protocol["session_templates"]))
    assert set(rules[-1]) == {"template"}


@each_protocol
def test_a_requirement_names_steps_that_follow_each_other(file: Traversable) -> None:
    for template in fields(read(file)["session_templates"]).values():
        names = [text(fields(step)["name"]) for step in entries(fields(template)["steps"])]
        for requirement in entries(fields(template)["requirements"]):
            asked = [text(step) for step in entries(fields(requirement).get("steps", [*names]))]
            begin = names.index(asked[0])

            assert names[begin : begin + len(asked)] == asked


def test_the_library_holds_each_course_in_its_length() -> None:
    found = [read(file) for file in protocol_files()]

    assert {text(protocol["id"]): n_sessions(protocol["phases"]) for protocol in found} == COURSE_LENGTHS
    assert max(Counter(text(protocol["id"]) for protocol in found).values()) == 1
    assert library_version


@each_protocol
def test_the_notation_reads_every_file_whole(file: Traversable) -> None:
    document = read_protocol(file.read_text(encoding="utf-8"), file.name)

    assert document.protocol.n_sessions == COURSE_LENGTHS[document.protocol.id]
    assert [fact.of for fact in document.facts if not fact.agrees] == []
    assert (len(document.facts), len(document.notes)) == (len(entries(read(file)["facts"])), len(entries(read(file)["notes"])))


def test_the_guide_names_every_protocol() -> None:
    guide = GUIDE.read_text(encoding="utf-8")

    assert [name for name in COURSE_LENGTHS if f"`{name}`" not in guide] == []


@pytest.mark.parametrize(
    ("name", "template", "minutes"),
    [
        ("tms-standard-36", "mapping", 90),
        ("tms-standard-36-19-minutes", "treatment", 30),
        ("tms-itbs-36", "treatment", 15),
        ("deep-tms-h1-20", "treatment", 30),
        ("tms-accelerated-50", "treatment", 10),
        ("esketamine-trd", "dose-56", 147),
        ("esketamine-trd", "dose-84", 152),
        ("ect-index-3-per-week", "treatment", 150),
        ("vns-programming", "programming", 45),
    ],
)
def test_a_visit_takes_as_long_as_the_facts_say(name: str, template: str, minutes: int) -> None:
    protocol = next(read(file) for file in protocol_files() if file.name == f"{name}.yaml")
    steps = entries(fields(fields(protocol["session_templates"])[template])["steps"])

    assert sum(length for step in steps if isinstance(length := fields(step)["minutes"], int)) == minutes


def test_the_payers_extension_makes_36_sessions_in_place_of_the_taper() -> None:
    file = next(file for file in protocol_files() if file.name == "tms-payer-20-plus-5.yaml")
    document = read_protocol(file.read_text(encoding="utf-8"), file.name)
    extension = document.extension
    assert extension is not None

    kept = [phase for phase in document.protocol.phases if phase.name not in extension.replaces]

    assert [phase.n_sessions for phase in (*kept, *extension.phases)] == [20, 10, 6]
    assert "25 percent" in extension.asks
