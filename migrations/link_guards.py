"""What the database itself refuses about patients' links, whatever program writes to it: that a key or what was done by it is changed."""

from migrations.append_only import AppendOnly

LINKS = AppendOnly(dict.fromkeys(("link_key", "link_event"), "id"), "links_are_append_only", "refuse_to_change_links")

ANEW = "DROP TRIGGER link_key_guard ON link_key"
KEYS_MAY_GO = {
    "sqlite": ["DROP TRIGGER link_key_delete_guard"],
    "postgresql": [
        ANEW,
        f"CREATE TRIGGER link_key_guard BEFORE UPDATE ON link_key FOR EACH ROW EXECUTE FUNCTION {LINKS.function}()",
    ],
}
KEYS_KEPT = {
    "sqlite": [f"CREATE TRIGGER link_key_delete_guard BEFORE DELETE ON link_key BEGIN SELECT RAISE(ABORT, '{LINKS.word}'); END"],
    "postgresql": [
        ANEW,
        f"CREATE TRIGGER link_key_guard BEFORE UPDATE OR DELETE ON link_key FOR EACH ROW EXECUTE FUNCTION {LINKS.function}()",
    ],
}
"""A key may be removed once it opens nothing; before that was so, it was kept for ever."""
