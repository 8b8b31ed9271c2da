"""What the database itself refuses about patients' links, whatever program writes to it: that a key or what was done by it is changed."""

from migrations.append_only import AppendOnly

LINKS = AppendOnly(dict.fromkeys(("link_key", "link_event"), "id"), "links_are_append_only", "refuse_to_change_links")
