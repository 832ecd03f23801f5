"""The text scorer as the pipeline uses it; the checks of every scorer are in test_scorers.py."""

from __future__ import annotations

import math
import pickle
import random
import time
import tracemalloc

import pytest

from models.scorers.base import Batch, Text
from models.scorers.text import TextScorer

HAM = ["minutes", "meeting", "patch", "thanks", "tomorrow", "list", "server", "lunch"]
SPAM = ["winner", "click", "free", "claim", "offer", "casino", "pills", "loan"]
HOSTILE = {
    "nothing": Text("", ""),
    "one word": Text("x" * 8192, "y" * 8192),
    "signs": Text("!" * 8192, "$" * 8192),
    "fields": Text("a:\n" * 2730, "http://" * 1170),
    "breaks": Text("\n" * 8192, "\r\n" * 4096),
    "encoded": Text("=?utf-8?q?" * 819, "=?" * 4096),
    "markup": Text("Subject: " * 910, "<!--" * 2048),
    "surrogates": Text("From: \ud800\n", "\udfff\ud800"),
    "far letters": Text("From: 𐍈\n", "🎁" * 8192),
    "zeros": Text("\x00" * 100, "\x00a" * 100),
    "ideographs": Text("Subject: 发票\n", "发票代开" * 2048),
}


def batch(*texts: Text | None) -> Batch:
    return Batch.of((), [()] * len(texts), list(texts))


def mails(count: int, seed: int = 1) -> tuple[list[Text], list[bool]]:
    chance = random.Random(seed)
    texts, labels = [], []
    for _ in range(count):
        abuse = chance.random() < 0.4
        words = chance.choices(SPAM if abuse else HAM, k=4) + [f"w{chance.randrange(500)}" for _ in range(30)]
        chance.shuffle(words)
        texts.append(Text(f"From: {words[0]}@mail.example\nSubject: {' '.join(words[:3])}\n", " ".join(words)))
        labels.append(abuse)
    return texts, labels


def taught(count: int = 200) -> TextScorer:
    scorer = TextScorer(min_labels=5)
    texts, labels = mails(count)
    scorer.learn(batch(*texts), labels)
    return scorer


def test_abuse_scores_higher() -> None:
    texts, labels = mails(200, seed=2)
    scores = taught().score_many(batch(*texts))
    assert sum((score > 0.5) != abuse for score, abuse in zip(scores, labels, strict=True)) < 6


def test_an_event_without_text_scores_a_half_and_teaches_nothing() -> None:
    scorer = taught()
    before = pickle.dumps(scorer)
    scorer.learn(batch(None, None), [True, False])
    assert pickle.dumps(scorer) == before
    assert scorer.score_many(batch(None, None)) == [0.5, 0.5]
    assert scorer.score_many(Batch.of((), [(), ()])) == [0.5, 0.5]
    assert scorer.contributions(batch(None))[0].parts == ()


def test_a_batch_scores_as_its_mails_one_by_one_to_the_last_bit() -> None:
    scorer, (texts, _) = taught(), mails(60, seed=3)
    mixed: list[Text | None] = [*texts, None, *HOSTILE.values(), None]
    assert scorer.score_many(batch(*mixed)) == [scorer.score_many(batch(text))[0] for text in mixed]


def test_examples_learned_at_once_are_learned_one_after_the_other() -> None:
    texts, labels = mails(40)
    weights = [random.Random(7).choice((0.5, 1.0, 2.0)) for _ in texts]
    one = TextScorer(5)
    for text, label, weight in zip(texts, labels, weights, strict=True):
        one.learn(batch(text), [label], [weight])
    other = TextScorer(5)
    other.learn(batch(*texts), labels, weights)
    assert pickle.dumps(one) == pickle.dumps(other)


def test_it_is_ready_after_enough_labels_of_both_classes() -> None:
    scorer = TextScorer(min_labels=2)
    text = Text("", "hello")
    for label, ready in ((True, False), (True, False), (True, False), (False, False), (False, True)):
        scorer.learn(batch(text), [label])
        assert scorer.ready is ready
    assert scorer.learned == 5


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts_are_scored_learned_and_explained(name: str) -> None:
    scorer = taught(30)
    (score,) = scorer.score_many(batch(HOSTILE[name]))
    assert 0 <= score <= 1
    scorer.learn(batch(HOSTILE[name]), [True])
    (after,) = scorer.score_many(batch(HOSTILE[name]))
    assert 0 <= after <= 1
    assert scorer.contributions(batch(HOSTILE[name]))[0].parts


def test_no_text_costs_much_more_than_ordinary_words() -> None:
    scorer = taught(30)

    def cost_s(text: Text) -> float:
        best = math.inf
        for _ in range(5):
            start = time.process_time()
            for _ in range(4):
                scorer.score_many(batch(text))
            best = min(best, time.process_time() - start)
        return best

    ordinary = cost_s(Text("Received: from mail by x\n" * 320, "some words of text " * 430))
    for name, text in HOSTILE.items():
        assert cost_s(text) < 8 * ordinary, name
    # What is beyond the lengths read costs nothing.
    assert cost_s(Text("Received: from mail by x\n" * 32_000, "some words of text " * 43_000)) < 3 * ordinary


def test_memory_is_bounded_however_long_the_text() -> None:
    scorer = taught(30)
    huge = batch(*[Text("a: b\n" * 200_000, "word " * 200_000)] * 50)
    tracemalloc.start()
    scorer.score_many(huge)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20_000_000


def test_words_without_spaces_between_them_are_learned() -> None:
    scorer = TextScorer(1)
    chance = random.Random(4)
    common = "的一是在不了有和人这中大为上个国"
    for number in range(120):
        abuse = number % 2 == 0
        body = "".join(chance.choices(common, k=20)) + ("代开发票优惠" if abuse else "明天会议讨论")
        scorer.learn(batch(Text("", body)), [abuse])
    abuse, legit = scorer.score_many(batch(Text("", "发票代开的优惠"), Text("", "讨论明天的会议")))
    assert abuse > 0.7 > 0.3 > legit


def test_a_subject_is_read_however_it_is_encoded() -> None:
    scorer = TextScorer(1)
    for number in range(60):
        subject = "免费发票" if number % 2 else "会议记录"
        scorer.learn(batch(Text(f"From: a@x.example\nSubject: {subject}\n", f"n{number}")), [number % 2 == 1])
    plain, encoded = scorer.score_many(
        batch(Text("Subject: 免费发票\n", ""), Text("Subject: =?utf-8?B?5YWN6LS55Y+R56Wo?=\n", ""))
    )
    assert min(plain, encoded) > 0.5


def test_contributions_can_be_read_and_add_up_to_the_log_odds() -> None:
    scorer, (texts, _) = taught(), mails(20, seed=5)
    for one, score in zip(scorer.contributions(batch(*texts)), scorer.score_many(batch(*texts)), strict=True):
        total = sum(part for _, part in one.parts)
        assert total == pytest.approx(math.log(score / (1 - score)), abs=1e-6)
        sizes = [abs(part) for _, part in one.parts]
        assert sizes == sorted(sizes, reverse=True)
        assert one.how.startswith("exact")
    told = dict(scorer.contributions(batch(Text("Subject: x\n", "casino lunch")))[0].parts)
    assert told["casino"] > 0 > told["lunch"]


def test_no_mail_can_be_found_in_a_checkpoint() -> None:
    scorer = TextScorer(1)
    for label in (True, False, True):
        scorer.learn(batch(Text("From: secretname@x.example\n", "confidentialword")), [label])
    found = pickle.dumps(scorer, protocol=5)
    for word in (b"secretname", b"confidentialword"):
        assert word not in found
        assert word.decode().encode("utf-32-le") not in found
