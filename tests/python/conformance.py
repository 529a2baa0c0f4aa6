"""The API as a client sees it that nobody here wrote: Python's grpcio over server reflection.

Run by tests/python/run with the path of the program. Prints one line a check and, last, `N passed, M failed`.
"""

import atexit
import datetime
import hashlib
import json
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import urllib.request
import uuid

import grpc
import statements
from reflected import Bank, details

LEDGER = "ledgers/district"
ENTRIES = "creditbank.v1.LedgerService"
ACCOUNTS = "creditbank.v1.AccountService"
REGISTRY = "creditbank.v1.RegistryService"
POLICIES = "creditbank.v1.PolicyService"
IDENTITIES = "creditbank.v1.IdentityService"
HOUSEHOLDS = "creditbank.v1.HouseholdService"
REDEMPTIONS = "creditbank.v1.RedemptionService"
REPORTS = "creditbank.v1.ReportService"
CORRECTIONS = "creditbank.v1.CorrectionService"
DIRECTORY = "creditbank.v1.DirectoryService"
RETENTION = "creditbank.v1.RetentionService"
PROOFS = "creditbank.v1.ProofService"
SHA = "ab" * 32


def name(path):
    return f"{LEDGER}/{path}"


def fresh():
    return str(uuid.uuid4())


class Server:
    """`creditbank serve` on a file, with a key file beside it."""

    def __init__(self, program, database, tokens):
        self.program, self.database, self.tokens = program, database, tokens
        if not tokens:
            tokens["officer", "officer-01"] = self.issue("officer", "officer-01")
        key_file = f"{database}.key"
        subprocess.run([program, "directory", "init-key", key_file], capture_output=True, check=False)
        mapping = f"{database}.platforms.toml"
        with open(mapping, "w", encoding="utf-8") as file:
            file.write(statements.MAPPING)
        command = [program, "serve", "--reflection", "--grpc-addr", "127.0.0.1:0", "--http-addr", "127.0.0.1:0"]
        command += ["--xapi-mapping", mapping]
        self.process = subprocess.Popen(
            command + ["--database-url", f"sqlite://{database}", "--key-file", key_file], stdout=subprocess.PIPE, text=True
        )
        atexit.register(self.process.kill)
        ready = json.loads(self.process.stdout.readline())
        self.http, self.address = ready["http"], ready["grpc"]
        self.bank = self.bank_of("officer", "officer-01")

    def issue(self, role, person):
        return json.loads(self.run("token", "create", "--role", role, "--person", person).stdout)["token"]

    def bank_of(self, role, person):
        """The services as somebody in a role sees them."""
        if (role, person) not in self.tokens:
            self.tokens[role, person] = self.issue(role, person)
        return Bank(self.address, self.tokens[role, person])

    def run(self, *arguments):
        command = [self.program, "--database-url", f"sqlite://{self.database}", "--json", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False)


def entry(resident=1, date="2026-03-05", minutes=90, **more):
    return {
        "account": name(f"residents/r{resident:04}"),
        "organization": name("organizations/school"),
        "occurredOn": date,
        "minutes": minutes,
        **(more or {"lecture": {}}),
    }


def post(bank, posted, request_id=None):
    return bank.call(f"{ENTRIES}/PostEntry", parent=LEDGER, requestId=request_id or fresh(), entry=posted)


def refused(code, reason, call, field=None):
    """Asserts that a call is refused with a typed error, and gives its metadata."""
    try:
        call()
    except grpc.RpcError as error:
        found, domain, metadata, fields = details(error)
        assert (error.code(), found, domain) == (code, reason, "creditbank"), (error.code(), found, domain)
        assert field is None or field in fields, fields
        return metadata
    raise AssertionError(f"{reason} was not refused")


def the_server_tells_its_services(server):
    services = server.bank.services()
    services_of_ours = (ENTRIES, ACCOUNTS, REGISTRY, POLICIES, IDENTITIES, HOUSEHOLDS, REDEMPTIONS, REPORTS, CORRECTIONS, DIRECTORY)
    for service in (*services_of_ours, "grpc.health.v1.Health"):
        assert service in services, services
    health = server.bank.call("grpc.health.v1.Health/Check", service=ENTRIES)
    assert health.status == 1, health


def a_district_registers_its_organisations_courses_and_people(server):
    call = server.bank.call
    tree = [("district", "", "district"), ("college", "district", "community_college"), ("school", "district", "school")]
    for child, parent, kind in tree:
        organization = {"institutionType": kind, "displayName": f"機構 {child}"}
        if parent:
            organization["parent"] = name(f"organizations/{parent}")
        call(f"{REGISTRY}/CreateOrganization", parent=LEDGER, requestId=fresh(), organizationId=child, organization=organization)
    school, college = name("organizations/school"), name("organizations/college")
    residents = [f"r{n:04}" for n in range(1, 41)]
    made = call(f"{REGISTRY}/BatchCreateResidents", parent=LEDGER, requestId=fresh(), organization=school, residentIds=residents)
    assert made.created == 40
    call(f"{REGISTRY}/CreateHousehold", parent=LEDGER, requestId=fresh(), householdId="h001", organization=school)
    call(f"{REGISTRY}/CreateTeam", parent=LEDGER, requestId=fresh(), teamId="health", team={"organization": school, "displayName": "健康隊"})
    call(f"{REGISTRY}/CreateCourse", parent=LEDGER, requestId=fresh(), courseId="tea", course={"organization": school, "displayName": "茶藝"})
    call(f"{REGISTRY}/CreateCourseVersion", parent=name("courses/tea"), requestId=fresh(), versionId="v1", organization=school)
    approved = call(f"{REGISTRY}/ApproveCourseVersion", name=name("courses/tea/versions/v1"), requestId=fresh(), organization=college, validFrom="2025-01-01", validTo="2027-12-31")
    assert approved.course.versions[0].valid_to == "2027-12-31"
    chess = {"name": name("codeLists/contests/codes/chess"), "names": {"hant": "棋", "hans": "棋", "en": "chess"}}
    call(f"{REGISTRY}/DefineCode", parent=LEDGER, requestId=fresh(), code=chess)
    types = [kind.code for kind in call(f"{REGISTRY}/ListInstitutionTypes").types]
    assert len(types) >= 10 and "reading_room" in types


def a_school_posts_all_fifteen_forms(server):
    version = name("courses/tea/versions/v1")
    forms = [
        {"offlineCourse": {"courseVersion": version, "plannedMinutes": 120}},
        {"onlineCourse": {"courseVersion": version, "mark": 80}},
        {"lecture": {}},
        {"drill": {}},
        {"volunteerService": {"team": name("teams/health")}},
        {"reading": {"books": 1}},
        {"visit": {}},
        {"contest": {"contest": "chess", "award": "town"}},
        {"certificate": {"numberSha256": SHA}},
        {"degree": {"degree": "diploma", "numberSha256": SHA}},
        {"teaching": {}},
        {"earlyEducation": {}},
        {"youthPractice": {"practice": "survey"}},
    ]
    for day, form in enumerate(forms, start=1):
        posted = post(server.bank, entry(1, f"2026-02-{day:02}", **form)).entry
        assert posted.WhichOneof("detail") and posted.name == name(f"entries/{posted.position}")
    award = {**entry(householdAward={"title": "reading-family"}), "account": name("households/h001")}
    post(server.bank, award)
    heads = {**entry(headCount={"persons": 500}), "account": name("organizations/school"), "minutes": 0}
    post(server.bank, heads)
    balance = server.bank.call(f"{ACCOUNTS}/GetBalance", name=name("organizations/school")).balance
    assert balance.heads == 500 and balance.entries == 14, balance


def a_class_list_is_one_call(server):
    accounts = [name(f"residents/r{n:04}") for n in range(2, 32)]
    shared = {**entry(lecture={}, date="2026-03-01"), "account": ""}
    request = {"parent": LEDGER, "requestId": fresh(), "accounts": accounts, "entry": shared}
    first = server.bank.call(f"{ENTRIES}/PostClassList", **request)
    again = server.bank.call(f"{ENTRIES}/PostClassList", **request)
    assert len(first.entries) == 30 and again.replayed and list(first.entries) == list(again.entries)


def a_batch_has_a_verdict_for_each_item_or_is_refused_whole(server):
    items = [{"requestId": fresh(), "entry": entry(n, "2026-03-02")} for n in (2, 999, 3)]
    answer = server.bank.call(f"{ENTRIES}/BatchPostEntries", parent=LEDGER, requests=items)
    assert [bool(v.name) for v in answer.verdicts] == [True, False, True]
    assert answer.verdicts[1].error.code == grpc.StatusCode.NOT_FOUND.value[0]
    items = [{"requestId": fresh(), "entry": entry(n, "2026-03-03")} for n in (2, 999)]
    batch = lambda: server.bank.call(f"{ENTRIES}/BatchPostEntries", parent=LEDGER, requests=items, atomic=True)
    metadata = refused(grpc.StatusCode.NOT_FOUND, "RESIDENT_NOT_FOUND", batch)
    assert metadata["index"] == "1", metadata


def the_same_request_again_gets_the_first_answer(server):
    request_id, lecture = fresh(), entry(4, "2026-03-04")
    first, again = (post(server.bank, lecture, request_id) for _ in range(2))
    assert not first.replayed and again.replayed and first.entry == again.entry
    other = lambda: post(server.bank, {**lecture, "minutes": 60}, request_id)
    metadata = refused(grpc.StatusCode.ALREADY_EXISTS, "IDEMPOTENCY_KEY_REUSED", other)
    assert metadata["differing_fields"] == "minutes"


def what_was_written_is_read_and_explained(server):
    posted = post(server.bank, entry(5, "2026-03-06"))
    read = lambda method, **more: server.bank.call(f"{ACCOUNTS}/{method}", minPosition=posted.position, **more)
    balance = read("GetBalance", name=name("residents/r0005"))
    assert balance.position >= posted.position and balance.balance.centi_credits == 400
    both = read("BatchGetBalances", parent=LEDGER, names=[name("residents/r0005"), name("residents/r0040")])
    assert [b.centi_credits for b in both.balances] == [400, 0]
    explained = read("ExplainBalance", name=name("residents/r0001"))
    assert sum(line.centi_credits for line in explained.lines) == explained.balance.centi_credits > 0
    assert all(line.sentence.hant and line.sentence.hans and line.sentence.en for line in explained.lines)


def lists_give_every_item_once(server):
    def pages(method, key, **fields):
        items, token = [], ""
        while True:
            page = server.bank.call(method, pageSize=7, pageToken=token, **fields)
            items += getattr(page, key)
            token = page.next_page_token
            if not token:
                return items

    entries = [e.position for e in pages(f"{ENTRIES}/ListEntries", "entries", parent=LEDGER)]
    by_school = [e.position for e in pages(f"{ENTRIES}/ListEntries", "entries", parent=LEDGER, organization=name("organizations/school"))]
    assert entries == sorted(set(entries)) == by_school and len(entries) > 40
    lines = pages(f"{ACCOUNTS}/GetStatement", "lines", name=name("residents/r0001"))
    assert len(lines) == 13
    assert len(pages(f"{ACCOUNTS}/ListBalances", "balances", parent=LEDGER)) == 40


def a_reversal_takes_the_credit_back(server):
    posted = post(server.bank, entry(6, "2026-03-07"))
    credit = lambda: server.bank.call(f"{ACCOUNTS}/GetBalance", name=name("residents/r0006")).balance.centi_credits
    before = credit()
    reverse = {"name": posted.entry.name, "organization": name("organizations/school"), "reason": "wrong_person"}
    reversal = server.bank.call(f"{ENTRIES}/ReverseEntry", requestId=fresh(), **reverse).reversal
    assert credit() == before - 200
    assert server.bank.call(f"{ENTRIES}/GetEntry", name=posted.entry.name).entry.reversed_at == reversal.position
    again = lambda: server.bank.call(f"{ENTRIES}/ReverseEntry", requestId=fresh(), **reverse)
    refused(grpc.StatusCode.FAILED_PRECONDITION, "ALREADY_REVERSED", again)


def a_watcher_sees_every_event_once_and_then_follows(server):
    head = server.bank.call(f"{REGISTRY}/GetLedger", name=LEDGER).ledger.position
    positions, last = [], {}
    stream = server.bank.stream(f"{ENTRIES}/WatchEvents", parent=LEDGER)
    for message in stream:
        positions += [event.position for event in message.events]
        if len(positions) == head:
            other = server.bank_of("officer", "officer-01")
            threading.Timer(0.2, lambda: last.update(posted=post(other, entry(7, "2026-03-08")).entry.position)).start()
        if len(positions) > head:
            break
    stream.cancel()
    deadline = time.time() + 5
    while "posted" not in last and time.time() < deadline:
        time.sleep(0.02)
    assert positions == list(range(1, head + 2)) and last["posted"] == head + 1


def credit_is_redeemed_once_and_lowers_no_level(server):
    call, college, today = server.bank.call, name("organizations/college"), str(datetime.date.today())
    # A window of the whole year, whenever this runs.
    draft = call(f"{POLICIES}/ListPolicies", parent=LEDGER).policies[0].document
    for old, new in [("version = 1", "version = 2"), ("1900-01-01", today), ('"11-01"', '"01-01"'), ('"11-30"', '"12-31"')]:
        draft = draft.replace(old, new, 1)
    proposal = {"parent": LEDGER, "requestId": fresh(), "organization": college, "proposedBy": "officer-01"}
    proposed = call(f"{POLICIES}/ProposePolicy", document=draft, **proposal).policy
    second = server.bank_of("approver", "officer-02")
    second.call(f"{POLICIES}/PublishPolicy", name=proposed.name, requestId=fresh(), organization=college, approvedBy="officer-02", sha256=proposed.sha256)
    post(server.bank, entry(10, today))
    resident = name("residents/r0010")
    before = call(f"{ACCOUNTS}/GetBalance", name=resident).balance
    redeem = {"name": resident, "organization": college, "reward": "certificate"}
    request = {**redeem, "requestId": fresh(), "centiCredits": 150}
    redeemed = call(f"{REDEMPTIONS}/RedeemCredits", **request)
    assert sum(draw.centi_credits for draw in redeemed.redemption.draws) == 150, redeemed
    again = call(f"{REDEMPTIONS}/RedeemCredits", **request)
    assert again.replayed and again.redemption == redeemed.redemption
    left = call(f"{REDEMPTIONS}/GetRedeemableBalance", name=resident).centi_credits
    too_much = lambda: call(f"{REDEMPTIONS}/RedeemCredits", requestId=fresh(), centiCredits=left + 1, **redeem)
    refused(grpc.StatusCode.FAILED_PRECONDITION, "INSUFFICIENT_CREDIT", too_much, "centi_credits")
    assert list(call(f"{REDEMPTIONS}/ListRedemptions", parent=resident).redemptions) == [redeemed.redemption]
    assert call(f"{ACCOUNTS}/GetBalance", name=resident).balance == before


def a_rule_is_tried_proposed_by_one_and_published_by_another(server):
    call, college = server.bank.call, name("organizations/college")
    held = call(f"{POLICIES}/ListPolicies", parent=LEDGER).policies[-1]
    soon = datetime.date.today() + datetime.timedelta(days=2)
    draft = held.document.replace("version = 2", "version = 3").replace(held.effective_from, str(soon))
    draft = draft.replace("per_year_centi = 3000", "per_year_centi = 4000")
    different = call(f"{POLICIES}/DiffPolicies", before=held.document, after=draft).differences
    assert [d.path for d in different] == ["effective_from", "kinds.VOL.per_year_centi", "version"], different
    told = list(server.bank.stream(f"{POLICIES}/SimulatePolicy", parent=LEDGER, document=draft))[-1].result
    assert told.accounts > 30 and told.raised == told.lowered == 0, told
    proposal = {"parent": LEDGER, "requestId": fresh(), "organization": college, "proposedBy": "officer-01"}
    proposed = call(f"{POLICIES}/ProposePolicy", document=draft, **proposal).policy
    publish = lambda who: server.bank_of("approver", who).call(f"{POLICIES}/PublishPolicy", name=proposed.name, requestId=fresh(), organization=college, approvedBy=who, sha256=proposed.sha256)
    refused(grpc.StatusCode.PERMISSION_DENIED, "SAME_ACTOR", lambda: publish("officer-01"), "approved_by")
    published = publish("officer-02")
    assert published.policy.published and published.policy.approved_by == "officer-02"
    bad = lambda: call(f"{POLICIES}/ProposePolicy", document=draft.replace("= 60", "= -1"), **proposal)
    refused(grpc.StatusCode.INVALID_ARGUMENT, "POLICY_INVALID", bad, "document")


def what_was_true_is_told_as_it_was(server):
    of = lambda **more: server.bank.call(f"{ACCOUNTS}/GetBalance", name=name("residents/r0009"), **more)
    before, posted = of(), post(server.bank, entry(9, "2026-03-09"))
    assert of().balance.centi_credits == before.balance.centi_credits + 200
    assert of(asOfPosition=posted.position - 1).balance == before.balance
    assert of(occurredFrom="2026-03-09", occurredTo="2026-03-09").balance.centi_credits == 200
    future = lambda: of(asOfPosition=10**6)
    refused(grpc.StatusCode.UNAVAILABLE, "NOT_YET_APPLIED", future, "as_of_position")


def merged_accounts_answer_as_one_and_can_be_taken_apart(server):
    call = server.bank.call
    district, one, other = name("organizations/district"), name("residents/r0039"), name("residents/r0040")
    for resident, date in ((39, "2026-02-02"), (40, "2026-02-03")):
        post(server.bank, entry(resident, date))
    balance = lambda of, **more: call(f"{ACCOUNTS}/GetBalance", name=of, **more).balance
    propose = lambda merged, survivor: call(f"{IDENTITIES}/ProposeMerge", parent=LEDGER, requestId=fresh(), organization=district, merged=merged, survivor=survivor, person="officer-01").proposal
    approve = lambda proposal, person="officer-02": server.bank_of("approver", person).call(f"{IDENTITIES}/ApproveMerge", name=other, requestId=fresh(), organization=district, person=person, sha256=proposal.sha256)
    proposal = propose(other, one)
    refused(grpc.StatusCode.PERMISSION_DENIED, "SAME_ACTOR", lambda: approve(proposal, "officer-01"), "person")
    assert balance(one).minutes == 90, "nothing changes before a second person approves"
    merged = approve(proposal)
    assert [tied.resident for tied in merged.identity.includes] == [other], merged
    assert balance(one).minutes == 180 and balance(other).survivor == one and balance(other).minutes == 180
    assert balance(other, asOfPosition=merged.position - 1).minutes == 90
    refusal = refused(grpc.StatusCode.FAILED_PRECONDITION, "RESIDENT_MERGED", lambda: post(server.bank, entry(40, "2026-02-04")), "entry.account")
    assert refusal["survivor"] == "r0039", refusal
    circle = lambda: propose(one, other)
    refused(grpc.StatusCode.FAILED_PRECONDITION, "MERGE_CYCLE", circle, "survivor")
    undo = call(f"{IDENTITIES}/ProposeUnmerge", name=other, requestId=fresh(), organization=district, person="officer-01").proposal
    assert call(f"{IDENTITIES}/GetIdentity", name=other).identity.proposal == undo
    approve(undo)
    assert balance(one).minutes == 90 and balance(other).survivor == ""
    call(f"{IDENTITIES}/ChangeIdentifier", name=other, requestId=fresh(), organization=name("organizations/school"), newResidentId="s2026-040")
    assert balance(name("residents/s2026-040")).minutes == 90
    assert call(f"{IDENTITIES}/GetIdentity", name=other).identity.survivor == name("residents/s2026-040")
    assert len(call(f"{IDENTITIES}/ListDuplicateCandidates", parent=LEDGER).candidates) == 0
    house = name("households/h001")
    joined = call(f"{IDENTITIES}/JoinHousehold", name=house, requestId=fresh(), organization=district, resident=one, role="MEMBER_ROLE_ADULT", **{"from": "2025-01-01"})
    assert [member.resident for member in joined.members] == [one]
    call(f"{IDENTITIES}/LeaveHousehold", name=house, requestId=fresh(), organization=district, resident=one, lastDay="2025-12-31")
    assert len(call(f"{IDENTITIES}/ListMembers", parent=house, day="2026-01-01").members) == 0
    ask = {"requestId": fresh(), "organization": district}
    call(f"{HOUSEHOLDS}/GiveConsent", **ask, name=one, purpose="CONSENT_PURPOSE_SELECTION", **{"from": "2025-03-01"})
    then = call(f"{HOUSEHOLDS}/GetHousehold", name=house, day="2025-06-01").household
    assert len(then.members) == 1 and len(then.lacking_selection_consent) == 0, then
    assert call(f"{HOUSEHOLDS}/GetHousehold", name=house, day="2025-02-28").household.lacking_selection_consent == [one]


def a_person_is_read_on_the_record_and_erased_by_two(server):
    call, code, who = server.bank.call, grpc.StatusCode, name("residents/r0025")
    school = {"organization": name("organizations/school"), "person": "officer-01"}
    number = "00000019780203001X"
    data = {"name": "居民〇〇二五", "idKind": "mainland", "idNumber": number}
    put = {"name": who, "requestId": fresh(), **school, "data": data}
    assert list(call(f"{DIRECTORY}/PutPerson", **put).fields) == ["name", "id_number", "birth_date"]
    assert call(f"{DIRECTORY}/PutPerson", **put).replayed
    looking = {**school, "purpose": "identity_check"}
    told = call(f"{DIRECTORY}/GetPerson", name=who, **looking, fields=["name", "id_last_four"]).data
    assert (told.name, told.id_last_four, told.id_number) == ("居民〇〇二五", "001X", ""), told
    found = call(f"{DIRECTORY}/FindPerson", parent=LEDGER, **looking, idKind="mainland", idNumber=number)
    assert found.resident == who, found
    reads = call(f"{DIRECTORY}/ListPersonReads", parent=who).reads
    assert [list(read.fields) for read in reads] == [["id_number"], ["name", "id_last_four"]], reads
    lower = {**put, "requestId": fresh(), "data": {**data, "idNumber": number.lower()}}
    refused(code.INVALID_ARGUMENT, "NOT_CANONICAL", lambda: call(f"{DIRECTORY}/PutPerson", **lower), "data.id_number")
    proposed = call(f"{DIRECTORY}/ProposeErasure", name=who, requestId=fresh(), **school).erasure
    approve = {"name": who, "sha256": proposed.sha256, "organization": name("organizations/district")}
    approving = lambda who: server.bank_of("approver", who).call(f"{DIRECTORY}/ApproveErasure", requestId=fresh(), person=who, **approve)
    alone = lambda: approving("officer-01")
    refused(code.PERMISSION_DENIED, "SAME_ACTOR", alone, "person")
    assert approving("officer-02").erasure.erased_at > 0
    gone = lambda: call(f"{DIRECTORY}/GetPerson", name=who, **looking, fields=["name"])
    refused(code.FAILED_PRECONDITION, "RESIDENT_ERASED", gone, "name")
    refused(code.FAILED_PRECONDITION, "RESIDENT_ERASED", lambda: post(server.bank, entry(25)), "entry.account")


def a_rule_of_retention_is_tried_out_before_anybody_is_erased(server):
    call, code = server.bank.call, grpc.StatusCode
    district = {"parent": LEDGER, "organization": name("organizations/district"), "person": "officer-01"}
    assert call(f"{RETENTION}/SetRetentionRule", requestId=fresh(), **district, months=12).rule.months == 12
    assert call(f"{RETENTION}/GetRetentionRule", parent=LEDGER).rule.set_by == "officer-01"
    told = call(f"{RETENTION}/ListRetentionDue", parent=LEDGER)
    assert (list(told.due), told.months, told.position > 0) == ([], 12, True), told
    one = {"on": told.on, "residents": [name("residents/r0024")]}
    early = lambda: call(f"{RETENTION}/ProposeRetention", requestId=fresh(), **district, **one)
    refused(code.FAILED_PRECONDITION, "RETENTION_NOT_DUE", early, "residents[0]")
    approve = {**district, "person": "officer-02", "proposedAt": told.position, "sha256": "0" * 64}
    none = lambda: server.bank_of("approver", "officer-02").call(f"{RETENTION}/ApproveRetention", requestId=fresh(), **approve)
    refused(code.NOT_FOUND, "ERASURE_NOT_FOUND", none, "proposed_at")


def a_closed_month_is_corrected_by_two_persons(server):
    call, code = server.bank.call, grpc.StatusCode
    school, college = name("organizations/school"), name("organizations/college")
    posted = post(server.bank, entry(10, "2025-06-10"))
    closing = {"parent": LEDGER, "month": "2025-12", "organization": college, "closedBy": "officer-01"}
    closed = call(f"{REPORTS}/CloseMonth", requestId=fresh(), **closing).closing
    again = lambda: call(f"{REPORTS}/CloseMonth", requestId=fresh(), **closing)
    told = refused(code.ALREADY_EXISTS, "MONTH_CLOSED", again, "month")
    assert told["closed_at"] == str(closed.closed_at)
    assert [c.month for c in call(f"{REPORTS}/ListClosings", parent=LEDGER).closings] == ["2025-12"]
    late = lambda: post(server.bank, entry(10, "2025-06-11"))
    told = refused(code.FAILED_PRECONDITION, "PERIOD_CLOSED", late, "entry.occurred_on")
    assert told == {"month": "2025-06", "use": "ProposeCorrection"}, told
    reverse = lambda: call(f"{ENTRIES}/ReverseEntry", name=posted.entry.name, requestId=fresh(), organization=school, reason="absent")
    refused(code.FAILED_PRECONDITION, "APPROVAL_REQUIRED", reverse, "name")
    proposal = {"organization": school, "proposedBy": "officer-01", "reason": "input_error", "reversals": [{"entry": posted.entry.name}]}
    proposed = call(f"{CORRECTIONS}/ProposeCorrection", parent=LEDGER, requestId=fresh(), entries=[entry(10, "2025-06-12")], **proposal).correction
    approve = lambda who, sha: server.bank_of("approver", who).call(f"{CORRECTIONS}/ApproveCorrection", name=proposed.name, requestId=fresh(), organization=college, approvedBy=who, sha256=sha)
    refused(code.PERMISSION_DENIED, "SAME_ACTOR", lambda: approve("officer-01", proposed.sha256), "approved_by")
    refused(code.ABORTED, "PROPOSAL_CHANGED", lambda: approve("officer-02", SHA), "sha256")
    approved = approve("officer-02", proposed.sha256)
    assert approved.entries[0].corrects_month == approved.reversals[0].corrects_month == "2025-06"
    lines = call(f"{ACCOUNTS}/GetStatement", name=name("residents/r0010")).lines
    assert [line.centi_credits for line in lines if line.entry.occurred_on.startswith("2025-06")] == [0, 200], lines
    refused(code.FAILED_PRECONDITION, "CORRECTION_SETTLED", lambda: approve("officer-02", proposed.sha256), "name")


def a_batch_is_taken_back_as_a_whole(server):
    school = name("organizations/school")
    for resident in (11, 12, 13):
        post(server.bank, {**entry(resident, "2026-03-10"), "batch": "a-wrong-file"})
    batch = f"{school}/batches/a-wrong-file"
    assert server.bank.call(f"{CORRECTIONS}/GetBatch", name=batch).batch.standing == 3
    asked = {"name": batch, "requestId": fresh(), "organization": school, "reason": "input_error"}
    told = list(server.bank.stream(f"{CORRECTIONS}/ReverseBatch", **asked))[-1]
    assert told.done and told.reversed == 3, told
    assert server.bank.call(f"{CORRECTIONS}/ListBatches", parent=school).batches[0].standing == 0
def a_year_is_reported_rated_and_proved(server):
    call = server.bank.call
    district = name("organizations/district")
    report = call(f"{REPORTS}/GetReport", parent=LEDGER, period="2026", organization=district, groupBy=["organization", "kind"]).report
    total = report.total.restated
    assert 0 < total.persons < total.attendances and total.heads > 0, total
    # The school posted everything: its rows, by kind, add up to the total, but for persons.
    rows = [row.restated for row in report.rows if row.values[0] == "school"]
    assert sum(row.attendances for row in rows) == total.attendances
    then = call(f"{REPORTS}/GetReport", parent=LEDGER, period="2026", asOfPosition=report.position).report
    assert then.total == report.total
    rate = {"name": name("indicators/resident-participation"), "period": "2026", "organization": district}
    outcome = call(f"{REPORTS}/EvaluateIndicator", **rate).outcomes[0]
    assert outcome.lacks_population and not outcome.HasField("basis_points")
    stated = {"populationOrganization": district, "year": 2026, "population": "permanent_residents", "count": 80, "source": "census"}
    call(f"{REPORTS}/StatePopulation", parent=LEDGER, requestId=fresh(), organization=district, statedBy="officer-01", **stated)
    aim = {"targetOrganization": district, "year": 2026, "target": {"share": {"numerator": 1, "denominator": 80}}}
    call(f"{REPORTS}/SetTarget", name=rate["name"], requestId=fresh(), organization=name("organizations/college"), setBy="officer-01", **aim)
    outcome = call(f"{REPORTS}/EvaluateIndicator", **rate).outcomes[0]
    assert outcome.basis_points == outcome.value * 10_000 // 80 and outcome.reached, outcome
    assert len(call(f"{REPORTS}/ListIndicators", parent=LEDGER).indicators) >= 20
    table = 'title = "評分表"\n[[items]]\nnumber = "1"\ntitle = "無名單"\nof = { kinds = ["HDC"] }\n'
    parts = list(server.bank.stream(f"{REPORTS}/GetEvidencePack", parent=LEDGER, period="2026", scoreTable=table))
    assert parts[-1].total.heads == total.heads, parts
    future = lambda: call(f"{REPORTS}/GetMonthlyReport", parent=LEDGER, month="2099-01")
    refused(grpc.StatusCode.OUT_OF_RANGE, "PERIOD_IN_FUTURE", future, "month")


def of_a_platform(check):
    """A check of statements, which looks into accounts through the API."""

    def checked(server):
        def entries(resident):
            listed = server.bank.call(f"{ENTRIES}/ListEntries", parent=LEDGER, account=name(f"residents/{resident}"), pageSize=1000)
            return list(listed.entries)

        check(server, entries)

    checked.__name__ = check.__name__
    return checked


def an_entry_is_proven_and_the_log_begins_with_what_it_was(server):
    call = server.bank.call
    posted = post(server.bank, entry(9, "2026-03-07"))
    before = call(f"{PROOFS}/GetInclusionProof", name=name(f"entries/{posted.position}"))
    assert before.index == posted.position - 1 and before.size >= posted.position, before
    node = hashlib.sha256(b"\0" + before.event.encode()).digest()
    assert node == before.leaf_hash and json.loads(before.event)["position"] == posted.position
    index, last = before.index, before.size - 1
    for sibling in before.path:
        if index & 1 or index == last:
            node = hashlib.sha256(b"\1" + sibling + node).digest()
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            node = hashlib.sha256(b"\1" + node + sibling).digest()
        index, last = index >> 1, last >> 1
    assert len(node) == 32 and not last, "every sibling was used"
    same = call(f"{PROOFS}/GetConsistencyProof", name=LEDGER, oldSize=before.size, size=before.size)
    assert not same.path and same.size == before.size
    unsigned = lambda: call(f"{PROOFS}/GetCheckpoint", name=LEDGER)
    refused(grpc.StatusCode.FAILED_PRECONDITION, "CHECKPOINTS_CLOSED", unsigned)


def bad_input_gets_typed_errors(server):
    bank, code = server.bank, grpc.StatusCode
    rows = [
        (code.INVALID_ARGUMENT, "DATE_NOT_IN_CALENDAR", entry(8, "2026-02-30"), "entry.occurred_on"),
        (code.INVALID_ARGUMENT, "DATE_FORMAT", entry(8, "115/03/01"), "entry.occurred_on"),
        (code.OUT_OF_RANGE, "OCCURRED_IN_FUTURE", entry(8, "2999-01-01"), "entry.occurred_on"),
        (code.OUT_OF_RANGE, "OCCURRED_TOO_OLD", entry(8, "1999-12-31"), "entry.occurred_on"),
        (code.INVALID_ARGUMENT, "AMOUNT_NOT_POSITIVE", entry(8, minutes=0), "entry.minutes"),
        (code.INVALID_ARGUMENT, "HOURS_EXCEED_DURATION", entry(8, minutes=1441), "entry.minutes"),
        (code.NOT_FOUND, "RESIDENT_NOT_FOUND", entry(999), "entry.account"),
        (code.NOT_FOUND, "CODE_NOT_FOUND", entry(8, lecture={}, subject="alchemy"), "entry.subject"),
        (code.INVALID_ARGUMENT, "FIELD_REQUIRED", {**entry(8), "organization": ""}, "entry.organization"),
        (code.INVALID_ARGUMENT, "TIME_ZONE", entry(8, lecture={}, timeZone="Europe/Paris"), "entry.time_zone"),
    ]
    for expected, reason, bad, field in rows:
        refused(expected, reason, lambda bad=bad: post(bank, bad), field)
    short = lambda: post(bank, entry(8), "short")
    refused(code.INVALID_ARGUMENT, "IDEMPOTENCY_KEY_INVALID", short)
    for garbage in (b"\xff\xff\xff", b"\x0a\x02\xff\xfe"):
        refused(code.INVALID_ARGUMENT, "MALFORMED_MESSAGE", lambda g=garbage: bank.raw(f"{ENTRIES}/PostEntry", g))
    large = lambda: bank.raw(f"{ENTRIES}/PostEntry", bytes(3 << 20))
    refused(code.RESOURCE_EXHAUSTED, "MESSAGE_TOO_LARGE", large)


def it_stops_gracefully_and_everything_is_there_after(server):
    head = server.bank.call(f"{REGISTRY}/GetLedger", name=LEDGER).ledger.position
    metrics = urllib.request.urlopen(f"http://{server.http}/metrics", timeout=5).read().decode()
    assert f'creditbank_position{{ledger="district"}} {head}' in metrics, metrics
    stream = server.bank.stream(f"{ENTRIES}/WatchEvents", parent=LEDGER)
    next(stream)
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(timeout=15) == 0, "an open stream does not keep the server from stopping"
    verified = json.loads(server.run("verify").stdout)
    assert verified["clean"] and verified["events"] == head, verified
    after = Server(server.program, server.database, server.tokens)
    try:
        assert after.bank.call(f"{REGISTRY}/GetLedger", name=LEDGER).ledger.position == head
    finally:
        after.process.kill()


CHECKS = [
    the_server_tells_its_services,
    a_district_registers_its_organisations_courses_and_people,
    a_school_posts_all_fifteen_forms,
    a_class_list_is_one_call,
    a_batch_has_a_verdict_for_each_item_or_is_refused_whole,
    the_same_request_again_gets_the_first_answer,
    what_was_written_is_read_and_explained,
    lists_give_every_item_once,
    a_reversal_takes_the_credit_back,
    a_watcher_sees_every_event_once_and_then_follows,
    credit_is_redeemed_once_and_lowers_no_level,
    a_rule_is_tried_proposed_by_one_and_published_by_another,
    what_was_true_is_told_as_it_was,
    merged_accounts_answer_as_one_and_can_be_taken_apart,
    a_person_is_read_on_the_record_and_erased_by_two,
    a_rule_of_retention_is_tried_out_before_anybody_is_erased,
    an_entry_is_proven_and_the_log_begins_with_what_it_was,
    a_closed_month_is_corrected_by_two_persons,
    a_batch_is_taken_back_as_a_whole,
    a_year_is_reported_rated_and_proved,
    *map(of_a_platform, statements.CHECKS),
    bad_input_gets_typed_errors,
    it_stops_gracefully_and_everything_is_there_after,
]


def main():
    passed = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        server = Server(sys.argv[1], f"{folder}/ledger.db", {})
        try:
            for check in CHECKS:
                try:
                    check(server)
                    passed += 1
                    print(f"ok      {check.__name__.replace('_', ' ')}")
                except Exception:  # every check is reported, whatever stopped it
                    failed += 1
                    print(f"FAILED  {check.__name__.replace('_', ' ')}\n{traceback.format_exc()}")
        finally:
            server.process.kill()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
