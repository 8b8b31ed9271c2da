"""The fields of a monitoring form, in the order of the form (clinical facts, 2.6). An item of a checklist names one as its `form_field`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Field:
    """A field. `part` is the form's own number of the section; `required` is what the form marks so."""

    code: str
    part: int
    words: str
    required: bool = False


PARTS = {
    1: "Patient",
    2: "Medicines taken at the same time",
    3: "Who did the monitoring",
    4: "Setting",
    5: "Session",
    6: "Evaluation",
    7: "Vital signs",
    8: "Blood pressure",
    9: "Sedation and dissociation",
    10: "Respiratory depression and pulse oximetry",
    11: "Serious adverse events",
}
"""The sections by their numbers."""

FIELDS = (
    Field("first_name", 1, "First name", required=True),
    Field("middle_name", 1, "Middle name"),
    Field("last_name", 1, "Last name", required=True),
    Field("birth_date", 1, "Birth date", required=True),
    Field("sex", 1, "Sex", required=True),
    Field("first_treatment", 1, "First treatment", required=True),
    Field("enrolled", 1, "Enrolled"),
    Field("benzodiazepines", 2, "Benzodiazepines", required=True),
    Field("sedative_hypnotics", 2, "Non-benzodiazepine sedative hypnotics", required=True),
    Field("psychostimulants", 2, "Psychostimulants", required=True),
    Field("maois", 2, "Monoamine oxidase inhibitors", required=True),
    Field("opioids", 2, "Opioids", required=True),
    Field("monitor_name", 3, "First and last name of who did the monitoring", required=True),
    Field("monitor_telephone", 3, "Telephone of the setting", required=True),
    Field("monitor_email", 3, "E-mail of the setting", required=True),
    Field("setting_name", 4, "Name of the setting", required=True),
    Field("setting_address", 4, "Address 1", required=True),
    Field("setting_address_more", 4, "Address 2"),
    Field("setting_city", 4, "City", required=True),
    Field("setting_state", 4, "State", required=True),
    Field("setting_postal_code", 4, "ZIP", required=True),
    Field("session_date", 5, "Date of the session", required=True),
    Field("dose", 5, "Dose given", required=True),
    Field("lot", 5, "Lot number"),
    Field("total_minutes", 5, "Total minutes from the first device to the end of monitoring", required=True),
    Field("ready_after_minutes", 6, "Minutes from the start after which the patient would have been ready to leave, were there no minimum"),
    Field("vitals_acceptable_before", 7, "Vital signs acceptable before administration", required=True),
    Field("vitals_acceptable_after", 7, "Vital signs acceptable before the session ended", required=True),
    Field("pressure_before", 8, "Blood pressure before dosing", required=True),
    Field("pressure_at_40", 8, "Blood pressure 40 minutes after", required=True),
    Field("pressure_after", 8, "Blood pressure before the session was completed", required=True),
    Field("sedation", 9, "Sedation", required=True),
    Field("sedation_onset", 9, "Sedation: when it began"),
    Field("sedation_resolved", 9, "Sedation: when it was over"),
    Field("sedation_measures", 9, "Sedation: what was done"),
    Field("dissociation", 9, "Dissociation", required=True),
    Field("dissociation_onset", 9, "Dissociation: when it began"),
    Field("dissociation_resolved", 9, "Dissociation: when it was over"),
    Field("dissociation_measures", 9, "Dissociation: what was done"),
    Field("respiratory_depression", 10, "Respiratory depression", required=True),
    Field("oximetry", 10, "Pulse oximetry"),
    Field("serious_adverse_event", 11, "Serious adverse event", required=True),
    Field("serious_adverse_events", 11, "Serious adverse event: what happened"),
)
"""Every field. The wording of what follows a yes in parts 9 to 11 is not confirmed; the program's own form has the last word."""

PRESSURE = "pressure"
"""What an item of blood pressure names that is asked several times: into which of the three fields a reading goes is told by its time."""
ANSWERED = frozenset({field.code for field in FIELDS} | {PRESSURE})
"""What an item may name as its `form_field`."""

BY_CODE = {field.code: field for field in FIELDS}
"""The fields by their codes."""
