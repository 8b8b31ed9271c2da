"""What is sent with an operation so that it is understood: else it would be refused for what it lacks, before anybody looks whose it is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.api.clinic import daily

CHECKLIST = "id: more\ntitle: More\nused_for: [{modality: none}]\nitems: [{code: more, words: More, kind: text}]\n"
TIME = {"starts_at": "2027-03-02T09:00", "ends_at": "2027-03-02T10:00"}
EVENT = {"kind": "headache", "is_serious": False, "began_at": "2026-11-23T07:30", "description": "mild"}
CONSENT = {"channel": "sms", "address": "+12125550101", "opted": "in", "evidence": "said so"}
NOTE = {"item": "note", "value": "calm"}
MOVE_UP = {"resource": "x", "seen": [], "free_at": "2026-11-23T09:00"}
WHY = {"reason": "travels for a while"}


def query_of(operation: str) -> dict[str, str]:
    """The query of an operation that asks for one."""
    if operation.endswith("/alternatives"):
        return {"near": "2026-11-24T09:00"}
    if operation == "GET /api/v1/sites/{site}/holidays":
        return {"country": "US", "year": "2027"}
    return {"from": "2026-11-23T00:00", "until": "2026-11-24T00:00"} if operation.endswith("/bookings") else {}


def body_of(operation: str, ids: Mapping[str, str]) -> dict[str, Any]:
    """The body of an operation of the API; `ids` names what it speaks of."""
    wish = {"patient": ids.get("patient", "p_x"), "protocol": ids.get("protocol", "x"), "start_on_or_after": "2026-12-07"}
    protocol = {"code": "more", "text": daily(3).replace("id: daily", "id: more")}
    bodies: dict[str, dict[str, Any]] = {
        "POST /api/v1/patients/{patient}/absences": TIME,
        "POST /api/v1/patients/{patient}/absences/remove": TIME,
        "PUT /api/v1/patients/{patient}/hours": {"available": None},
        "PUT /api/v1/patients/{patient}/contact": {"phone": "+12125550101"},
        "POST /api/v1/patients/{patient}/consents": CONSENT,
        "PUT /api/v1/sites/{site}/messaging": {"label": "Linden", "phone": "+12125550100"},
        "POST /api/v1/sites/{site}/message-texts": {"language": "en", "kind": "booked", "text": "{label}: we see you {when}. {stop}"},
        "PUT /api/v1/sites/{site}/opening-settings": {"hold_minutes": 30},
        "POST /api/v1/courses/{course}/opening-wishes": {"aim": "sooner"},
        "POST /api/v1/sessions/{session}/cancel": WHY,
        "POST /api/v1/sessions/{session}/miss": WHY,
        "POST /api/v1/sessions/{session}/move": {"starts_at": "2026-11-24T09:00"},
        "POST /api/v1/sessions/{session}/abort": WHY,
        "POST /api/v1/sessions/{session}/incomplete": WHY,
        "POST /api/v1/sessions/{session}/release-early": WHY,
        "POST /api/v1/sessions/{session}/take-off": WHY,
        "POST /api/v1/sessions/{session}/slide": {"not_before": "2026-11-24T09:00"},
        "POST /api/v1/sites/{site}/lists/{day}/order": {"resource": "x", "seen": [], "order": []},
        "POST /api/v1/sites/{site}/lists/{day}/move-up": MOVE_UP,
        "POST /api/v1/sites/{site}/lists/{day}/move-up-with-gaps": MOVE_UP,
        "POST /api/v1/sites/{site}/patients": {"given_name": "Cy", "family_name": "Oak", "born_on": "1990-01-01"},
        "POST /api/v1/sites/{site}/plans": wish,
        "POST /api/v1/sites/{site}/courses": json.loads(ids.get("proposal", "{}")),
        "POST /api/v1/sites/{site}/waiting-list": {"wish": wish},
        "POST /api/v1/sites/{site}/joint-plans": {"waiting": [ids.get("named", "w_x")], "seconds": 1},
        "PUT /api/v1/waiting-list/{waiting}": {"start_on_or_after": "2026-12-07"},
        "POST /api/v1/waiting-list/{waiting}/take-off": WHY,
        "POST /api/v1/courses/{course}/hold": WHY,
        "POST /api/v1/courses/{course}/stop": WHY,
        "POST /api/v1/courses/{course}/resume": {"from_on": "2026-12-14"},
        "POST /api/v1/courses/{course}/extend": WHY | {"more": 1},
        "POST /api/v1/sites/{site}/closures": TIME,
        "POST /api/v1/sites/{site}/holidays": {"country": "US", "dates": ["2027-01-01"]},
        "POST /api/v1/sites/{site}/resources/{resource}/absences": TIME,
        "POST /api/v1/sites/{site}/resources": {"code": "more", "kind": "room", "capabilities": []},
        "POST /api/v1/forms/{form}/submit": {"how": "fax", "submitted_at": "2026-11-23T07:00", "digest": "0"},
        "POST /api/v1/sites/{site}/certifications": {"program": "p", "number": "1", "from_on": "2026-11-23"},
        "POST /api/v1/certifications/{certification}/end": {"until_on": "2026-12-01"},
        "POST /api/v1/patients/{patient}/enrollments": {"site": ids.get("site", "x"), "program": "p", "from_on": "2026-11-23"},
        "POST /api/v1/enrollments/{enrollment}/end": {"until_on": "2026-12-01"},
        "POST /api/v1/enrollments/{enrollment}/transfer": {"told_on": "2026-12-01"},
        "POST /api/v1/sites/{site}/lots": {"product": "Device", "lot": "more"},
        "POST /api/v1/lots/{lot}/expiry": {"expires_on": "2027-12-01"},
        "POST /api/v1/lots/{lot}/receive": {"units": 1},
        "POST /api/v1/lots/{lot}/return": {"units": 1},
        "POST /api/v1/lots/{lot}/count": {"units": 1},
        "POST /api/v1/lots/{lot}/waste": {"units": 1} | WHY,
        "POST /api/v1/sessions/{session}/adverse-events": EVENT,
        "POST /api/v1/sessions/{session}/entries": {"entries": [NOTE]},
        "POST /api/v1/sessions/{session}/entries/paper": {"entries": [NOTE | {"observed_at": "2026-11-23T08:00", "reason": "no power"}]},
        "POST /api/v1/sessions/{session}/entries/{entry}/amend": {"value": "calm", "reason_code": "mood"} | WHY,  # no such reason
        "POST /api/v1/sessions/{session}/entries/{entry}/retract": {"reason_code": "other"} | WHY,
        "POST /api/v1/sessions/{session}/signatures": {"meaning": "m", "digest": "0" * 64},
        "POST /api/v1/sessions/{session}/overrides": {"gate": "calm", "verb": "dose"} | WHY,
        "POST /api/v1/sessions/{session}/alerts/seen": {"alert": "due:note"},
        "POST /api/v1/adverse-events/{adverse_event}/resolve": {"resolved_at": "2026-11-23T08:00"},
        "POST /api/v1/adverse-events/{adverse_event}/report": {"reported_at": "2026-11-23T08:00", "how": "by telephone"},
        "POST /api/v1/sites/{site}/protocols": protocol,
        "POST /api/v1/sites/{site}/checklists": {"text": CHECKLIST},
        "POST /api/v1/sites/{site}/checklists/{checklist}/versions": {"text": CHECKLIST},
        "POST /api/v1/sites/{site}/protocols/{protocol}/versions": {"text": protocol["text"]},
        "POST /api/v1/sites/{site}/protocols/{protocol}/copy": {"code": "more"},
    }
    return bodies.get(operation, {})
