"""A run whose process died becomes an interrupted answer with everything up to its last checkpoint."""

from datetime import timedelta

import pytest
from django.utils import timezone

from conversations.generation.reaper import reap, reap_abandoned, reap_other_processes, unfinished_cards
from conversations.models import Checkpoint, Generation, Message
from conversations.services import notify
from conversations.services.generations import (
    CheckpointRecord,
    MessageRecord,
    PartRecord,
    finish_generation,
    save_checkpoints,
)
from tests.factories import ask, make_conversation, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def turn(db):
    return ask(make_conversation(make_user()), process="dead")


def keep(turn, *rows):
    for sequence, row in enumerate(rows):
        save_checkpoints([CheckpointRecord(turn.generation_id, sequence, [row])], [turn.generation_id])


def silence(turn):
    Generation.objects.filter(pk=turn.generation_id).update(
        heartbeat_at=timezone.now() - timedelta(minutes=1)
    )


def answers(turn):
    ids = Message.objects.filter(generation=turn.generation_id).order_by("id").values_list("id", flat=True)
    return Message.objects.in_order(ids)


def test_checkpoints_become_the_answer(turn):
    keep(
        turn,
        [0, 0, "reasoning", "Let me", {}],
        [0, 0, "reasoning", " see", None],
        [0, 1, "text", "It is *so", {}],
    )
    silence(turn)
    assert reap_abandoned() == 1
    (answer,) = answers(turn)
    assert answer.status == "interrupted"
    assert [(part.kind, part.text) for part in answer.parts.all()] == [
        ("reasoning", "Let me see"),
        ("text", "It is *so"),
    ]
    assert answer.parts.all()[1].html == "<p>It is *so</p>"
    assert not Checkpoint.objects.exists()


def test_a_run_that_lives_is_left_alone(turn):
    assert reap_abandoned() == 0
    assert answers(turn)[0].status == "streaming"


def test_a_process_that_asks_spares_its_own_runs_however_long_it_slept(turn):
    silence(turn)
    assert reap_abandoned(sparing="dead") == 0
    assert reap_abandoned(sparing="another") == 1


def test_a_sign_of_life_in_the_last_moment_counts(turn):
    silence(turn)
    abandoned = Generation.objects.get(pk=turn.generation_id)
    keep(turn, [0, 0, "text", "Still here", {}])
    assert not reap(abandoned)
    assert answers(turn)[0].status == "streaming"


@pytest.mark.parametrize(("was_reaped", "told"), [(False, ("run", 7)), (True, None)])
def test_pages_that_were_shown_another_end_are_given_all_of_the_answer(
    turn, was_reaped, told, heard, django_capture_on_commit_callbacks
):
    if was_reaped:
        assert reap(Generation.objects.get(pk=turn.generation_id))
    with django_capture_on_commit_callbacks(execute=True):
        record = MessageRecord(0, turn.answer_id, "complete", [PartRecord("text", "All of it")])
        assert finish_generation(
            turn.generation_id, status="complete", messages=[record], exchange={}, last_frame=("run", 7)
        )
    (changed,) = [event for event in heard if isinstance(event, notify.TranscriptChanged)]
    assert changed.last_frame == told


def test_what_comes_too_late_is_not_kept_beside_the_answer(turn):
    assert reap(Generation.objects.get(pk=turn.generation_id))
    keep(turn, [0, 0, "text", "Late", {}])
    assert not Checkpoint.objects.exists()


def test_the_only_process_ends_what_others_left_at_once(turn):
    assert reap_other_processes("me") == 1
    assert reap_other_processes("me") == 0
    assert answers(turn)[0].status == "interrupted"


def test_a_choice_without_a_row_gets_one(turn):
    keep(turn, [0, 0, "text", "First", {}], [1, 0, "text", "Second", {}])
    silence(turn)
    reap_abandoned()
    assert [answer.text for answer in answers(turn)] == ["First", "Second"]


def test_an_answer_being_continued_keeps_its_beginning(turn):
    answer = answers(turn)[0]
    answer.parts.create(index=0, kind="text", text="Once")
    keep(turn, [0, 0, "text", " **upon**", None], [0, 1, "reasoning", "Hm", {}])
    (card, _) = unfinished_cards(answers(turn))[answer.pk]
    assert card.html == "<p>Once <strong>upon</strong></p>"
    silence(turn)
    reap_abandoned()
    assert [part.text for part in answers(turn)[0].parts.all()] == ["Once **upon**", "Hm"]


def test_a_page_without_a_socket_sees_what_the_last_checkpoint_holds(turn):
    keep(turn, [0, 0, "text", "So **far**", {}])
    (answer,) = answers(turn)
    (card,) = unfinished_cards([answer])[answer.pk]
    assert card.html == "<p>So <strong>far</strong></p>"


def test_the_owner_of_a_run_taken_for_dead_has_the_last_word(turn):
    keep(turn, [0, 0, "text", "Half", {}])
    generation = Generation.objects.get(pk=turn.generation_id)
    assert reap(generation)
    whole = MessageRecord(0, turn.message_ids[-1], "complete", [PartRecord("text", "Half and half")])
    assert finish_generation(turn.generation_id, status="complete", messages=[whole], exchange={})
    assert [(answer.text, answer.status) for answer in answers(turn)] == [("Half and half", "complete")]
    assert not reap(generation)
