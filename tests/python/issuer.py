"""A demo that issues badges, and what it has issued: for the checks of badges.py."""

import atexit
import base64
import itertools
import json
import os
import re
import subprocess
import urllib.request
import uuid

from openbadgeslib.ob3 import OB3Verifier
from openvc import verify_credential
from openvc.did.base import DidResolverRegistry
from openvc.did.did_key import DidKeyResolver
from openvc.did.did_web import DidWebResolver
from openvc.resolvers import default_status_list_resolver
from openvc.verify import VerificationPolicy
from reflected import Bank

LEDGER = "ledgers/district"
LEARNER = "residents/r0001"
PERSON = "居民 0001"
CLERK = ["--organization", "lanyuan", "--person", "clerk-01"]


def decoded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def claims_of(token):
    return json.loads(decoded(token.split(".")[1]))


class Issuer:
    """A demo that issues, and what it has issued: in JSON, and as a token."""

    def __init__(self, program, folder, *flags):
        self.program, self.folder = program, folder
        subprocess.run([program, "directory", "init-key", folder / "directory.key"], check=True, capture_output=True)
        command = [program, "demo", "--grpc-addr", "127.0.0.1:0", "--http-addr", "127.0.0.1:0", "--key-file", "directory.key"]
        self.served = subprocess.Popen([*command, *flags], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        atexit.register(self.served.kill)
        shown = (re.match(r"\s+(?:gRPC\s+|metrics\s+http://)([^\s/]+)", line) for line in self.served.stdout)
        self.address, self.http = (found.group(1) for found in itertools.islice(filter(None, shown), 2))
        self.did, _, at = self.done("issuer").split()
        self.home = at.removesuffix("/did.json")
        self.document = self.page(at)
        self.key_or_document = self.did
        if self.did.startswith("did:web:"):
            self.key_or_document = folder / "did.json"
            self.key_or_document.write_text(self.document)
        (folder / "person.toml").write_text(f'name = "{PERSON}"\nbirth_date = "1978-02-03"\n', encoding="utf-8")
        self.done("directory", "put", LEARNER, "--from", "person.toml", *CLERK, role="clerk")
        self.entry, self.other = self.lecture(), self.marked_course()
        self.badge, self.badge_token = self.issued("badge", self.entry)
        self.other_badge, self.other_token = self.issued("badge", self.other)
        self.statement, self.statement_token = self.issued("badge", LEARNER)
        self.transcript, self.transcript_token = self.issued("transcript", LEARNER)
        self.members = self.transcript["credentialSubject"]["verifiableCredential"]
        self.credentials = [self.badge, self.other_badge, self.statement, self.transcript, *self.members]
        self.tokens = [self.badge_token, self.other_token, self.statement_token, self.transcript_token]

    def lecture(self):
        listed = map(json.loads, self.done("entries", "--account", LEARNER, "--json").splitlines())
        return next(f"entries/{entry['position']}" for entry in listed if "lecture" in entry and not entry["reversed_at"])

    def marked_course(self):
        """A course of several days, with a mark: what a badge can tell most of."""
        officer = Bank(self.address, (self.folder / "creditbank-demo-tokens" / "officer.token").read_text().strip())
        school, version = f"{LEDGER}/organizations/jinma-school", f"{LEDGER}/courses/tea/versions/v1"

        def call(method, **fields):
            return officer.call(f"creditbank.v1.{method}", requestId=str(uuid.uuid4()), **fields)

        course = {"organization": school, "displayName": "茶藝"}
        call("RegistryService/CreateCourse", parent=LEDGER, courseId="tea", course=course)
        call("RegistryService/CreateCourseVersion", parent=f"{LEDGER}/courses/tea", versionId="v1", organization=school)
        approved = {"organization": f"{LEDGER}/organizations/wenjiang-college", "validFrom": "2025-01-01", "validTo": "2027-12-31"}
        call("RegistryService/ApproveCourseVersion", name=version, **approved)
        entry = {"account": f"{LEDGER}/{LEARNER}", "organization": school, "minutes": 600}
        entry |= {"startedOn": "2025-11-01", "occurredOn": "2025-11-15", "offlineCourse": {"courseVersion": version, "mark": 85}}
        return f"entries/{call('LedgerService/PostEntry', parent=LEDGER, entry=entry).position}"

    def run(self, *arguments, role="officer"):
        environment = os.environ | {
            "CREDITBANK_SERVER": f"http://{self.address}",
            "CREDITBANK_TOKEN_FILE": str(self.folder / "creditbank-demo-tokens" / f"{role}.token"),
        }
        return subprocess.run([self.program, *arguments], cwd=self.folder, env=environment, capture_output=True, text=True, check=False)

    def done(self, *arguments, role="officer"):
        """What a command prints that must succeed."""
        ended = self.run(*arguments, role=role)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    def issued(self, what, name):
        texts = []
        for form in ("json", "jwt"):
            file = self.folder / f"{what}-{name.replace('/', '-')}.{form}"
            self.done(what, name, file)
            texts.append(file.read_text().strip())
        return json.loads(texts[0]), texts[1]

    def page(self, url):
        """What is served at an address of the ledger, now; nothing is at any other."""
        if not url.startswith(f"{self.home}/"):
            raise OSError(f"nothing is at {url}")
        here = f"http://{self.http}/{LEDGER}{url.removeprefix(self.home)}"
        with urllib.request.urlopen(here, timeout=20) as served:
            return served.read().decode()

    def list_of(self, credential):
        return self.page(credential["credentialStatus"]["statusListCredential"])

    def verify_token(self, token):
        """By openbadgeslib, with the list that is served now."""
        download = lambda url: self.page(url).encode()
        return OB3Verifier.for_issuer_did(self.did, download=download).verify(token, check_status=True, download=download)

    def verify_json(self, credential):
        """By openvc, with the list that is served now."""
        resolver = DidResolverRegistry([DidKeyResolver(), DidWebResolver(lambda url: json.loads(self.page(url)))])
        lists = default_status_list_resolver(resolver=resolver, fetch=self.page)
        policy = VerificationPolicy(require_status_issuer_binding=True)
        return verify_credential(credential, resolver=resolver, policy=policy, resolve_status_list=lists)

    def verify_here(self, text, *lists):
        """By `creditbank verify-badge`: how it ends, and what it says."""
        (self.folder / "looked-at").write_text(text)
        command = ["verify-badge", self.folder / "looked-at", "--issuer", self.key_or_document]
        for n, content in enumerate(lists):
            (self.folder / f"list-{n}").write_text(content)
            command += ["--status", self.folder / f"list-{n}"]
        ended = self.run(*command)
        return ended.returncode, ended.stderr
