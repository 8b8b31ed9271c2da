"""What the database itself refuses about messages, whatever program writes to it: that what was agreed, tried or answered is changed."""

from migrations.append_only import AppendOnly

CALLS = AppendOnly(dict.fromkeys(("language_review", "message_call"), "id"), "messages_are_append_only", "refuse_to_change_what_was_called")
MESSAGES = AppendOnly(
    dict.fromkeys(("consent", "message_attempt", "message_template", "patient_contact", "visit_answer"), "id"),
    "messages_are_append_only",
    "refuse_to_change_what_was_said",
)
