"""What somebody who writes back means: to be left alone, to hear from us again, to confirm, to ask for another time.

To be left alone is understood in many words and spellings, in English and Spanish, and always wins: a text is a whole wish only if
nothing but politeness stands beside it, or if it asks in a sentence to be left alone.
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum


class Meaning(StrEnum):
    """What a reply means. `cancel` opts out and has the clinic call: it does not cancel the visit."""

    STOP = "stop"
    CANCEL = "cancel"
    START = "start"
    HELP = "help"
    CONFIRM = "confirm"
    ASK = "ask"
    OTHER = "other"


STOPS = {
    *(
        "stop",
        "stopall",
        "stop all",
        "stopp",
        "stopped",
        "stpo",
        "sotp",
        "stop it",
        "stop now",
        "stop texting",
        "stop texting me",
        "stop texts",
    ),
    *(
        "stop messages",
        "stop messaging me",
        "stop sending",
        "stop sending texts",
        "stop reminders",
        "stop this",
        "quit",
        "end",
        "end all",
        "revoke",
    ),
    *(
        "revoke consent",
        "opt out",
        "optout",
        "opt me out",
        "unsubscribe",
        "unsubscribe me",
        "unsub",
        "remove",
        "remove me",
        "remove my number",
    ),
    *(
        "take me off",
        "take me off your list",
        "delete me",
        "delete my number",
        "leave me alone",
        "no more",
        "no more texts",
        "no more messages",
    ),
    *("dont text me", "do not text me", "dont text", "do not text", "dont contact me", "do not contact me", "wrong number", "wrong person"),
    *(
        "alto",
        "parar",
        "pare",
        "paren",
        "para",
        "basta",
        "detener",
        "detenga",
        "baja",
        "darme de baja",
        "dar de baja",
        "salir",
        "no mas",
        "fin",
    ),
    *(
        "no mas mensajes",
        "no mas textos",
        "no me escriba",
        "no me escriban",
        "no enviar",
        "no envie mas",
        "no envien mas",
        "no me contacte",
    ),
    *(
        "no me contacten",
        "eliminar",
        "borrar",
        "borrame",
        "quitar",
        "quiteme",
        "numero equivocado",
        "terminar",
        "dejen de escribir",
        "arret",
    ),
}
CANCELS = {"cancel", "cancela", "cancelar", "cancele", "cancell", "cancle", "anular", "cancel all", "cancel texts", "cancelar mensajes"}
STARTS = {
    "start",
    "unstop",
    "yes start",
    "restart",
    "subscribe",
    "resume",
    "begin",
    "opt in",
    "optin",
    "iniciar",
    "empezar",
    "alta",
    "comenzar",
}
HELPS = {"help", "info", "information", "ayuda", "informacion", "help me", "aide"}
CONFIRMS = {"c", "confirm", "confirmed", "confirmo", "confirmar", "confirmado", "yes", "y", "si", "ok", "okay", "vale", "yes confirm", "1"}
ASKS = {"r", "reschedule", "change", "move", "another time", "new time", "cambiar", "cambio", "otra hora", "reprogramar", "2"}
POLITE = {
    "please",
    "pls",
    "plz",
    "now",
    "por",
    "favor",
    "thanks",
    "thank",
    "you",
    "gracias",
    "hi",
    "hello",
    "hola",
    "ya",
    "texts",
    "messages",
    "me",
}
IN_A_SENTENCE = re.compile(
    r"\b(stop (text|send|messag|contact|remind|call|writ|bother)\w*|unsubscribe|opt(ed|ing)? ?out|opt me out|leave me alone"
    r"|(do not|dont) (text|contact|message|send)|no more (text|message|reminder)s?|(take|remove|delete) (me|my number|this number)"
    r"|revoke (my |all )?consent|no (me )?(escrib|envi|mand|contact)\w*|darme de baja|dejen? de (escribir|enviar|mandar)"
    r"|no quiero (mas )?(recibir )?(mas )?(mensajes|textos))\b"
)
FIRST_STOPS = {"stop", "stopall", "unsubscribe", "optout", "quit", "alto", "baja"}
"""Words with which nobody begins unless they want to be left alone."""


def meaning_of(text: str) -> Meaning:
    """What a reply means."""
    words = _words(text)
    said, kernel = " ".join(words), " ".join(word for word in words if word not in POLITE)
    for meaning, known in _KNOWN:
        if said in known or kernel in known:
            return meaning
    if words and (words[0] in FIRST_STOPS or IN_A_SENTENCE.search(said)):
        return Meaning.STOP
    return Meaning.OTHER


_KNOWN = (
    (Meaning.STOP, STOPS),
    (Meaning.CANCEL, CANCELS),
    (Meaning.START, STARTS),
    (Meaning.HELP, HELPS),
    (Meaning.CONFIRM, CONFIRMS),
    (Meaning.ASK, ASKS),
)


def _words(text: str) -> list[str]:
    folded = unicodedata.normalize("NFKD", text.casefold().replace("'", "").replace("’", ""))
    letters = "".join(letter for letter in folded if not unicodedata.combining(letter))
    return re.findall(r"[a-z0-9]+", letters.replace("-", " "))[:60]
