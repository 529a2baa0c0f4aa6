"""Statements of an online platform, sent by a client library of others: TinCanPython (xAPI 1.0.3)."""

import json
import urllib.error
import urllib.request
import uuid

from tincan import Activity, Agent, AgentAccount, RemoteLRS, Result, Score, Statement, StatementRef, Verb

HOME = "https://learn.example.org"
ACTIVITY = f"{HOME}/courses/tea"
COMPLETED = "http://adlnet.gov/expapi/verbs/completed"

MAPPING = f"""
[[platform]]
ledger = "district"
organization = "school"
home_page = "{HOME}"

[[platform.course]]
activity = "{ACTIVITY}"
version = "tea/v1"
"""


def learner(resident):
    return Agent(account=AgentAccount(home_page=HOME, name=resident))


def completed(resident, day, **more):
    statement = {
        "id": str(uuid.uuid4()),
        "actor": learner(resident),
        "verb": Verb(id=COMPLETED),
        "object": Activity(id=ACTIVITY),
        "result": Result(completion=True, success=True, duration="PT1H30M", score=Score(scaled=0.86)),
        "timestamp": f"{day}T09:30:00+08:00",
    }
    return Statement(**{**statement, **more})


def platform_of(server):
    """The platform as its client library sees it, with a token of the school."""
    arguments = ["token", "create", "--role", "platform", "--person", "platform-01", "--organization", "school"]
    token = json.loads(server.run(*arguments).stdout)["token"]
    return RemoteLRS(version="1.0.3", endpoint=f"http://{server.http}/xapi/", username="platform", password=token)


def refused(answer, status, reason, field=None):
    assert not answer.success and answer.response.status == status, (answer.response.status, answer.data)
    told = json.loads(answer.data)
    assert told["reason"] == reason and told["message"], told
    assert field is None or told["field"] == field, told


def of(lrs, **query):
    answer = lrs.query_statements(query)
    assert answer.success, answer.data
    return answer.content


def a_platform_records_completions(server, entries):
    """Recorded once however often it comes, read back, counted in the same account as lessons in person."""
    lrs = platform_of(server)
    about = lrs.about()
    assert about.success and "1.0.3" in about.content.version, about.data
    before = len(entries("r0011"))
    statement = completed("r0011", "2026-04-01")
    for _ in range(3):
        saved = lrs.save_statement(statement)
        assert saved.success and saved.response.status == 204, (saved.response.status, saved.data)
    recorded = entries("r0011")
    assert len(recorded) == before + 1, recorded
    entry = recorded[-1]
    assert (entry.request_id, entry.minutes, entry.occurred_on) == (str(statement.id), 90, "2026-04-01"), entry
    assert entry.online_course.mark == 86 and entry.online_course.course_version.endswith("courses/tea/versions/v1")
    told = lrs.retrieve_statement(statement.id)
    assert told.success, told.data
    kept = told.content
    assert (str(kept.id), kept.verb.id, kept.object.id) == (str(statement.id), COMPLETED, ACTIVITY), told.data
    assert (kept.actor.account.name, kept.result.completion, kept.result.score.raw) == ("r0011", True, 86), told.data
    assert kept.stored is not None and kept.authority.account.name == "school", told.data


def a_list_of_statements_is_recorded_whole_or_not_at_all(server, entries):
    lrs = platform_of(server)
    good = [completed(f"r00{n}", "2026-04-02") for n in (12, 13, 14)]
    saved = lrs.save_statements(good + [completed("r9999", "2026-04-02")])
    refused(saved, 404, "RESIDENT_NOT_FOUND", "[3].actor.account.name")
    assert not any(e.occurred_on == "2026-04-02" for e in entries("r0012")), "nothing of it was recorded"
    for _ in range(2):
        saved = lrs.save_statements(good)
        assert saved.success and [s.id for s in saved.content] == [s.id for s in good], saved.data
    assert [len([e for e in entries(f"r00{n}") if e.occurred_on == "2026-04-02"]) for n in (12, 13, 14)] == [1, 1, 1]
    held = of(lrs, agent=learner("r0012"), activity=Activity(id=ACTIVITY)).statements
    assert [s.id for s in held] == [good[0].id], held
    assert [s.id for s in of(lrs, limit=2).statements] == [good[2].id, good[1].id], "the newest come first"
    seen, page = [], lrs.query_statements({"limit": 2, "ascending": True})
    while True:
        seen += [s.id for s in page.content.statements]
        if not page.content.more:
            break
        page = lrs.more_statements(page.content)
        assert page.success, page.data
    assert seen[-3:] == [s.id for s in good] and len(seen) == len(set(seen)), seen


def a_voided_statement_gives_its_credit_back(server, entries):
    lrs = platform_of(server)
    statement = completed("r0015", "2026-04-03")
    assert lrs.save_statement(statement).success
    void = Statement(
        id=str(uuid.uuid4()), actor=learner("r0015"), verb=Verb(id="http://adlnet.gov/expapi/verbs/voided"), object=StatementRef(id=statement.id)
    )
    for _ in range(2):
        saved = lrs.save_statement(void)
        assert saved.success, saved.data
    assert entries("r0015")[-1].reversed_at > 0
    assert lrs.retrieve_statement(statement.id).response.status == 404
    assert lrs.retrieve_voided_statement(statement.id).content.id == statement.id
    told = lrs.retrieve_statement(void.id)
    assert told.success and told.content.object.id == statement.id, told.data
    assert not of(lrs, agent=learner("r0015")).statements
    unknown = Statement(id=str(uuid.uuid4()), actor=learner("r0015"), verb=void.verb, object=StatementRef(id=str(uuid.uuid4())))
    refused(lrs.save_statement(unknown), 400, "XAPI_VOIDED", "object.id")
    other = Statement(id=str(uuid.uuid4()), actor=learner("r0015"), verb=void.verb, object=StatementRef(id=void.id))
    refused(lrs.save_statement(other), 400, "XAPI_VOIDED", "object.id")


def what_cannot_be_placed_is_refused_with_a_reason(server, entries):
    lrs, day = platform_of(server), "2026-04-04"
    before = len(entries("r0016"))
    attempted = Verb(id="http://adlnet.gov/expapi/verbs/attempted")
    elsewhere = Agent(account=AgentAccount(home_page="https://other.example.org", name="r0016"))
    cases = [
        ("XAPI_ACTIVITY", "object.id", {"object": Activity(id=f"{HOME}/courses/unknown")}),
        ("XAPI_VERB", "verb.id", {"verb": attempted}),
        ("XAPI_ACTOR", "actor", {"actor": Agent(mbox="mailto:resident-0001@example.org")}),
        ("XAPI_ACTOR", "actor", {"actor": elsewhere}),
        ("XAPI_NOT_COMPLETED", "result", {"result": Result(success=False)}),
        ("XAPI_NOT_COMPLETED", "result", {"result": Result(completion=False)}),
        ("XAPI_DURATION", "result.duration", {"result": Result(completion=True)}),
        ("XAPI_SCORE", "result.score", {"result": Result(duration="PT1H", score=Score(scaled=-0.5))}),
        ("OCCURRED_IN_FUTURE", "timestamp", {"timestamp": "2999-01-01T00:00:00Z"}),
    ]
    for reason, field, wrong in cases:
        answer = lrs.save_statement(completed("r0016", day, **wrong))
        refused(answer, 400, reason, field)
    same = completed("r0016", day)
    assert lrs.save_statement(same).success
    refused(lrs.save_statement(completed("r0016", "2026-04-05", id=same.id)), 409, "IDEMPOTENCY_KEY_REUSED", "id")
    assert len(entries("r0016")) == before + 1


def what_is_no_statement_is_refused(server, entries):
    """What the client library would never send."""
    lrs = platform_of(server)
    good = json.loads(completed("r0017", "2026-04-06").to_json())
    good.pop("id")
    before = len(entries("r0017"))

    def send(body, status, reason, query="", method="POST", **headers):
        sent = {"Authorization": lrs.auth, "X-Experience-API-Version": "1.0.3", "Content-Type": "application/json"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(f"http://{server.http}/xapi/statements{query}", body, sent, method=method)
        try:
            urllib.request.urlopen(request, timeout=10)
        except urllib.error.HTTPError as error:
            told = json.loads(error.read())
            assert error.code == status and told["reason"].startswith(reason), (error.code, told)
            assert error.headers["X-Experience-API-Version"] == "1.0.3" and told["message"], told
            return
        raise AssertionError(f"{reason} was not refused: {body[:200]}")

    text = json.dumps(good)
    for body in (
        b"{", b"\xff\xfe", b"[]x", {**good, "colour": "red"}, {**good, "timestamp": None}, {"actor": good["actor"]}, b"[" * 200,
        {**good, "id": "not-a-uuid"}, {**good, "timestamp": "2026-04-06T09:30:00-00:00"}, {**good, "timestamp": "yesterday"},
        (text[:-1] + ', "timestamp": "2026-04-07T09:30:00Z"}').encode(), {**good, "actor": []}, [good, "x"],
    ):
        send(body, 400, "XAPI_STATEMENT")
    send([], 400, "BATCH_SIZE")
    send([good] * 1001, 400, "BATCH_SIZE")
    send(b" " * (5 << 20), 413, "FRAME_TOO_LARGE")
    send(good, 400, "XAPI_NOT_TAKEN", Content_Type="multipart/mixed; boundary=x")
    send({**good, "attachments": [{"usageType": "x"}]}, 400, "XAPI_NOT_TAKEN")
    send(good, 400, "XAPI_VERSION", X_Experience_API_Version="2.0.0")
    send({**good, "version": "2.0.0"}, 400, "XAPI_VERSION")
    send(good, 400, "XAPI_PARAMETER", query="?method=PUT")
    send(good, 400, "XAPI_PARAMETER", method="PUT")
    send({**good, "id": str(uuid.uuid4())}, 400, "XAPI_STATEMENT", query=f"?statementId={uuid.uuid4()}", method="PUT")
    for wrong in ("", "Basic", "Basic eDp5", "Bearer x", "Basic " + "x" * 99):
        send(good, 401, "CREDENTIAL", Authorization=wrong)
    assert len(entries("r0017")) == before, "nothing of it was recorded"
    twice = [lrs.save_statement(Statement(**good)) for _ in range(2)]
    assert all(saved.success for saved in twice), [saved.data for saved in twice]
    assert len(entries("r0017")) == before + 1, "a statement without an id that says when it was is known by its content"


CHECKS = [
    a_platform_records_completions,
    a_list_of_statements_is_recorded_whole_or_not_at_all,
    a_voided_statement_gives_its_credit_back,
    what_cannot_be_placed_is_refused_with_a_reason,
    what_is_no_statement_is_refused,
]
