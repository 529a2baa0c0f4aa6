"""The demo's badges, looked at by software that nobody here wrote: 1EdTech's schema of Open Badges 3.0, openbadgeslib, openvc.

Run by tests/python/run with the path of the program. Prints one line a check and, last, `N passed, M failed`. The schema is
fetched once; nothing else here asks the network.
"""

import copy
import datetime
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tarfile
import tempfile
import traceback
import zlib

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from issuer import CLERK, LEARNER, PERSON, Issuer, claims_of, decoded, encoded
from jsonschema import Draft201909Validator, FormatChecker
from openbadgeslib.ob3 import OB3VerificationError
from openvc.errors import OpenvcError
from referencing import Registry, Resource

HERE = pathlib.Path(__file__).parent
SCHEMAS = HERE.parents[1] / "target/python/schemas"
# Its licence lets it be used and not be copied, so that it is fetched: the library's own tests bring it along.
BADGE_SCHEMA = "openbadgeslib-4.6.3/tests/fixtures/ob_schemas/ob_v3p0_achievementcredential_schema.json"
BADGE_SCHEMA_SHA256 = "b7358e895f492e74055dc6bfc7ffc420d0e497f90c4579fb83d9519b86d393ea"
BADGE_SCHEMA_IN = "openbadgeslib==4.6.3 --hash=sha256:aec21bf41b223ae3fcd196aa92972e3d3a6b12048f4929b2ceedd5fc54ea1eaf"

LIST_BYTES = 16_384


def fetched_schema():
    """1EdTech's schema of an Open Badge."""
    kept = SCHEMAS / pathlib.Path(BADGE_SCHEMA).name
    if not kept.exists():
        with tempfile.TemporaryDirectory() as temporary:
            folder = pathlib.Path(temporary)
            (folder / "wanted").write_text(BADGE_SCHEMA_IN)
            pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:", "--require-hashes"]
            subprocess.run([*pip, "-d", folder, "-r", folder / "wanted"], check=True)
            with tarfile.open(next(folder.glob("*.tar.gz"))) as packed:
                schema = packed.extractfile(BADGE_SCHEMA).read()
        SCHEMAS.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(schema)
    schema = kept.read_bytes()
    assert hashlib.sha256(schema).hexdigest() == BADGE_SCHEMA_SHA256, f"{kept} is not the schema that was looked at"
    return json.loads(schema)


def refused(why, verify, *arguments):
    try:
        verify(*arguments)
    except (OB3VerificationError, OpenvcError) as error:
        assert re.search(why, f"{type(error).__name__}: {error}"), f"refused for another reason: {type(error).__name__}: {error}"
        return
    raise AssertionError("it was not refused")


def changed(credential):
    return {**credential, "name": "棋 Chess"}


def changed_token(token):
    header, _, signature = token.split(".")
    return ".".join((header, encoded(json.dumps(changed(claims_of(token))).encode()), signature))


def by_another_key(token):
    signed = token.rsplit(".", 1)[0]
    return f"{signed}.{encoded(Ed25519PrivateKey.generate().sign(signed.encode()))}"


def the_official_schema_takes_every_badge(issuer):
    of_badges = Draft201909Validator(fetched_schema(), format_checker=FormatChecker())
    tokens = map(claims_of, (issuer.badge_token, issuer.other_token, issuer.statement_token))
    for badge in (issuer.badge, issuer.other_badge, issuer.statement, *tokens, *issuer.members):
        of_badges.validate(badge)
    assert not of_badges.is_valid({**issuer.badge, "validFrom": "yesterday"})
    marked = issuer.other_badge["credentialSubject"]
    assert marked["result"][0]["value"] == "85" and marked["activityStartDate"] < marked["activityEndDate"], marked


def a_schema_of_our_own_takes_the_transcript_and_none_that_lacks_what_it_must_have(issuer):
    badges = fetched_schema()
    registry = Registry().with_resource(badges["$id"], Resource.from_contents(badges))
    ours = json.loads((HERE / "clr.schema.json").read_text())
    of_transcripts = Draft201909Validator(ours, registry=registry, format_checker=FormatChecker())
    of_transcripts.validate(issuer.transcript)
    of_transcripts.validate(claims_of(issuer.transcript_token))
    nameless, empty, of_tokens, of_no_criteria = (copy.deepcopy(issuer.transcript) for _ in range(4))
    del nameless["name"]
    empty["credentialSubject"]["verifiableCredential"] = []
    of_tokens["credentialSubject"]["verifiableCredential"] = [issuer.badge_token]
    del of_no_criteria["credentialSubject"]["verifiableCredential"][0]["credentialSubject"]["achievement"]["criteria"]
    for bad in (nameless, empty, of_tokens, of_no_criteria):
        assert not of_transcripts.is_valid(bad)


def openbadgeslib_believes_the_tokens_and_none_that_was_changed(issuer):
    for token in (issuer.badge_token, issuer.other_token, issuer.statement_token):
        assert issuer.verify_token(token).issuer.id == issuer.did
        refused("signature", issuer.verify_token, changed_token(token))
        refused("signature", issuer.verify_token, by_another_key(token))


def openvc_believes_the_json_and_none_that_was_changed(issuer):
    lists = [json.loads(issuer.list_of(credential)) for credential in (issuer.badge, issuer.statement)]
    assert len(issuer.members) > 2
    for credential in (*issuer.credentials, *lists):
        assert issuer.verify_json(credential).issuer == issuer.did
        refused("SignatureInvalid", issuer.verify_json, changed(credential))


def the_claims_of_a_token_are_those_of_its_credential(issuer):
    lists = [issuer.list_of(claims_of(token)) for token in issuer.tokens]
    key = next(method["publicKeyJwk"] for method in json.loads(issuer.document)["verificationMethod"] if "publicKeyJwk" in method)
    for token in (*issuer.tokens, *lists):
        claims, header = jwt.decode(token, jwt.PyJWK(key), algorithms=["EdDSA"]), jwt.get_unverified_header(token)
        assert header["alg"] == "EdDSA" and header["kid"].startswith(f"{issuer.did}#"), header
        assert header["typ"] == ("vc+jwt" if token in lists else "JWT") and len(header) == 3, header
        named = claims["issuer"] if token in lists else claims["issuer"]["id"]
        assert claims["iss"] == named == issuer.did and claims["jti"] == claims["id"]
        assert claims["sub"] == claims["credentialSubject"]["id"] and "proof" not in claims and "vc" not in claims
        second = lambda name: datetime.datetime.fromisoformat(claims[name]).timestamp()
        assert claims["nbf"] == second("validFrom") and ("exp" in claims) == ("validUntil" in claims) == (token in lists)
        assert "exp" not in claims or claims["exp"] == second("validUntil")


def a_list_is_of_the_size_and_place_that_the_standard_says(issuer):
    for credential in (*issuer.credentials, *map(claims_of, issuer.tokens)):
        status, served = credential["credentialStatus"], issuer.list_of(credential)
        content = json.loads(served) if served.startswith("{") else claims_of(served)
        assert ("proof" in credential) == ("proof" in content), "a list is in the form of what it is a list of"
        assert content["id"] == status["statusListCredential"] != status["id"] and "BitstringStatusListCredential" in content["type"]
        subject, index = content["credentialSubject"], status["statusListIndex"]
        assert status["type"] == "BitstringStatusListEntry" and subject["type"] == "BitstringStatusList"
        assert status["statusPurpose"] == subject["statusPurpose"] == "revocation"
        assert isinstance(index, str) and index == str(int(index)) and 0 <= int(index) < LIST_BYTES * 8
        assert subject["encodedList"].startswith("u") and "=" not in subject["encodedList"]
        bits = zlib.decompress(decoded(subject["encodedList"][1:]), wbits=31)
        assert len(bits) == LIST_BYTES and not bits[int(index) // 8] & 0x80 >> int(index) % 8


def a_proof_is_of_the_issuer(issuer):
    now = datetime.datetime.now(datetime.timezone.utc)
    for credential in issuer.credentials:
        proof = credential["proof"]
        assert proof["verificationMethod"].startswith(f"{issuer.did}#") and credential["issuer"]["id"] == issuer.did
        assert (proof["type"], proof["cryptosuite"]) == ("DataIntegrityProof", "eddsa-jcs-2022")
        assert proof["proofPurpose"] == "assertionMethod" and proof["@context"] == credential["@context"]
        assert datetime.datetime.fromisoformat(credential["validFrom"]) <= datetime.datetime.fromisoformat(proof["created"]) <= now


def a_learner_is_known_by_a_salted_hash_and_not_by_name(issuer):
    assert PERSON in issuer.done("directory", "show", LEARNER, "--purpose", "correction", *CLERK, role="clerk")
    for credential in (*issuer.credentials, *map(claims_of, issuer.tokens)):
        identity = credential["credentialSubject"]["identifier"][0]
        hashed = hashlib.sha256(f"{LEARNER}{identity['salt']}".encode()).hexdigest()
        assert identity["hashed"] is True and identity["identityHash"] == f"sha256${hashed}", identity
        assert PERSON not in json.dumps(credential, ensure_ascii=False)
    assert "r0001" not in json.dumps(issuer.badge) + json.dumps(claims_of(issuer.badge_token))


def the_program_agrees_with_them(issuer):
    entries, sums = issuer.list_of(issuer.badge), issuer.list_of(issuer.statement)
    of_tokens = [issuer.list_of(claims_of(token)) for token in (issuer.badge_token, issuer.statement_token)]
    rows = [
        (json.dumps(issuer.badge), [entries], 0, ""),
        (issuer.badge_token, of_tokens[:1], 0, ""),
        (json.dumps(issuer.statement), [sums], 0, ""),
        (issuer.statement_token, of_tokens[1:], 0, ""),
        (json.dumps(issuer.transcript), [entries, sums], 0, ""),
        (issuer.transcript_token, [of_tokens[1], entries, sums], 0, ""),
        (json.dumps(issuer.transcript), [sums], 3, "STATUS_UNKNOWN"),
        (issuer.badge_token, [], 3, "STATUS_UNKNOWN"),
        (json.dumps(changed(issuer.badge)), [entries], 3, "SIGNATURE_INVALID"),
        (changed_token(issuer.badge_token), of_tokens[:1], 3, "SIGNATURE_INVALID"),
        (by_another_key(issuer.badge_token), of_tokens[:1], 3, "SIGNATURE_INVALID"),
        (changed_token(issuer.transcript_token), [of_tokens[1], entries, sums], 3, "SIGNATURE_INVALID"),
        (issuer.badge_token[:-40], of_tokens[:1], 3, "SIGNATURE_INVALID|BADGE_MALFORMED"),
    ]
    for text, lists, code, reason in rows:
        ended, told = issuer.verify_here(text, *lists)
        assert ended == code and re.search(reason, told), (ended, told, code, reason)


def all_refuse_what_was_taken_back_and_only_that(issuer):
    issuer.done("reverse", issuer.entry.split("/")[1], "--organization", "jinma-school", "--reason", "wrong_person")
    refused("status 'revocation' is set", issuer.verify_token, issuer.badge_token)
    refused("status 'revocation' is set", issuer.verify_token, issuer.statement_token)
    member = next(member for member in issuer.members if member["id"] == issuer.badge["id"])
    for credential in (issuer.badge, member, issuer.statement, issuer.transcript):
        refused("(?i)revoked", issuer.verify_json, credential)
    entries, of_tokens = issuer.list_of(issuer.badge), issuer.list_of(claims_of(issuer.badge_token))
    for text, served in ((json.dumps(issuer.badge), entries), (issuer.badge_token, of_tokens)):
        code, told = issuer.verify_here(text, served)
        assert code == 3 and "REVOKED" in told, (code, told)
    issuer.verify_token(issuer.other_token)
    issuer.verify_json(issuer.other_badge)
    code, told = issuer.verify_here(issuer.other_token, of_tokens)
    assert code == 0, told


# In this order: the last takes an entry back.
CHECKS = [
    the_official_schema_takes_every_badge,
    a_schema_of_our_own_takes_the_transcript_and_none_that_lacks_what_it_must_have,
    openbadgeslib_believes_the_tokens_and_none_that_was_changed,
    openvc_believes_the_json_and_none_that_was_changed,
    the_claims_of_a_token_are_those_of_its_credential,
    a_list_is_of_the_size_and_place_that_the_standard_says,
    a_proof_is_of_the_issuer,
    a_learner_is_known_by_a_salted_hash_and_not_by_name,
    the_program_agrees_with_them,
    all_refuse_what_was_taken_back_and_only_that,
]
ISSUERS = {"did:key": [], "did:web": ["--console-url", "https://ledger.example.org"]}


def main(program):
    passed = failed = 0
    for method, flags in ISSUERS.items():
        with tempfile.TemporaryDirectory() as folder:
            issuer = Issuer(program, pathlib.Path(folder), *flags)
            try:
                assert issuer.did.startswith(f"{method}:"), issuer.did
                for check in CHECKS:
                    try:
                        check(issuer)
                        passed += 1
                        print(f"ok      {method}: {check.__name__.replace('_', ' ')}")
                    except Exception:  # every check is reported, whatever stopped it
                        failed += 1
                        print(f"FAILED  {method}: {check.__name__.replace('_', ' ')}\n{traceback.format_exc()}")
            finally:
                issuer.served.terminate()
                issuer.served.communicate()
    print(f"{passed} passed, {failed} failed")
    return failed


if __name__ == "__main__":
    sys.exit(1 if main(os.path.abspath(sys.argv[1])) else 0)
