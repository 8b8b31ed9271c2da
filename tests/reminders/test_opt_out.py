"""What replies mean, in the words that people use."""

from __future__ import annotations

import pytest

from scheduler.reminders.opt_out import Meaning, meaning_of

WORDINGS = """
STOP|stop|Stop.|STOP!|stop please|Please stop|STOPALL|stop all|Stop texting me|stop sending me texts|stop now|stop messages|quit
QUIT|end|END.|revoke|I revoke my consent|opt out|OPT-OUT|optout|opt me out please|Unsubscribe|please unsubscribe me|remove me
Remove my number|take me off your list|delete my number|leave me alone|no more texts|No more messages please|don't text me
Don’t text me anymore|do not contact me|do not text|wrong number|Wrong number!|wrong person|stop it|Stpo|STOP. Who is this?
stop this now|Hi, please stop texting me|I want to opt out|dont contact me|ALTO|alto por favor|parar|pare|basta|baja|darme de baja
quiero darme de baja|no más|No mas mensajes|no mas textos por favor|no me escriba|No me escriban más|no envíen más
dejen de escribir|Por favor dejen de enviar mensajes|número equivocado|eliminar|borrar|salir|no quiero recibir mensajes
"""
STOPS = WORDINGS.strip().replace("\n", "|").split("|")


@pytest.mark.parametrize("text", STOPS)
def test_to_be_left_alone(text: str) -> None:
    assert meaning_of(text) is Meaning.STOP


def test_there_are_sixty_wordings_and_more() -> None:
    assert len(set(STOPS)) >= 60


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("CANCEL", Meaning.CANCEL),
        ("cancel please", Meaning.CANCEL),
        ("Cancelar", Meaning.CANCEL),
        ("START", Meaning.START),
        ("unstop", Meaning.START),
        ("HELP", Meaning.HELP),
        ("ayuda", Meaning.HELP),
        ("C", Meaning.CONFIRM),
        ("c.", Meaning.CONFIRM),
        ("Yes thank you", Meaning.CONFIRM),
        ("Sí, gracias", Meaning.CONFIRM),
        ("R", Meaning.ASK),
        ("otra hora por favor", Meaning.ASK),
        ("Can I come at 9 instead?", Meaning.OTHER),
        ("I will cancel my other plans and be there", Meaning.OTHER),
        ("The bus stop is closed, I will be late", Meaning.OTHER),
        ("", Meaning.OTHER),
        ("🙂", Meaning.OTHER),
    ],
)
def test_everything_else(text: str, meaning: Meaning) -> None:
    assert meaning_of(text) is meaning
