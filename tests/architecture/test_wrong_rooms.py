"""No collecting boxes in the tree, nothing of strangers in the pages, no address in a lock file."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("rooms", "courses", "scheduler", "migrations", "tests")
FORBIDDEN_NAMES = {
    *("util", "utils", "common", "helper", "helpers", "misc", "core", "service", "services", "manager", "managers"),
    *("models", "schemas", "types", "constants", "enums", "crud", "interfaces"),
}
ADDRESS = re.compile(r"(?:https?:)?//[\w.-]+\.\w+")
NAMESPACE = "http://www.w3.org/"  # the name of SVG's vocabulary, which no browser fetches
SCRIPT_SOURCE = re.compile(r"<script[^>]*\ssrc=[\"']([^\"']*)")


def tree() -> Iterator[Path]:
    for package in PACKAGES:
        yield from (path.relative_to(ROOT) for path in (ROOT / package).rglob("*") if "__pycache__" not in path.parts)


def pages() -> list[Path]:
    return [path for path in tree() if path.suffix in {".html", ".js", ".css", ".svg"} and path.parts[0] != "tests"]


def strange_addresses(text: str) -> list[str]:
    return [found for found in ADDRESS.findall(text.replace(NAMESPACE, ""))]


def test_no_room_has_a_name_that_fits_every_product() -> None:
    assert [str(path) for path in tree() if path.stem in FORBIDDEN_NAMES] == []
    assert [str(path) for path in tree() if path.stem == "base" and (ROOT / path).is_dir()] == []


def test_pages_name_no_address_of_strangers() -> None:
    assert {str(path): found for path in pages() if (found := strange_addresses((ROOT / path).read_text()))} == {}


def test_pages_load_only_our_own_scripts() -> None:
    sources = {(str(path), source) for path in pages() for source in SCRIPT_SOURCE.findall((ROOT / path).read_text())}

    assert {(path, source) for path, source in sources if not source.startswith(("/static/", "{{"))} == set()


def test_a_strange_address_is_seen() -> None:
    assert strange_addresses('<script src="//cdn.example.com/x.js"></script>') == ["//cdn.example.com"]
    assert strange_addresses('<svg xmlns="http://www.w3.org/2000/svg">') == []


def test_lock_files_hold_no_address() -> None:
    locks = sorted(ROOT.glob("requirements*.lock"))

    assert [lock.name for lock in locks] == ["requirements-dev.lock", "requirements.lock"]
    assert [lock.name for lock in locks if "://" in lock.read_text()] == []
    assert [lock.name for lock in locks if "--hash=sha256:" not in lock.read_text()] == []
