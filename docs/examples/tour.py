"""A tour of the credit bank over gRPC reflection, as a clerk of one community: post, post again, read, explain, reverse, be
refused. The token is that of the demo's clerk.

    creditbank demo                                      # in one terminal
    target/python/bin/python docs/examples/tour.py       # in another; tests/run made the environment
"""

import pathlib
import sys
import uuid

import grpc

sys.path.append(str(pathlib.Path(__file__).parents[2] / "tests/python"))
from reflected import Bank, details

LEDGER = "ledgers/district"
address = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:50051"
clerk = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else "creditbank-demo-tokens/clerk.token").read_text().strip()
bank = Bank(address, clerk)
entries, accounts = "creditbank.v1.LedgerService", "creditbank.v1.AccountService"
resident = f"{LEDGER}/residents/r0150"
school = f"{LEDGER}/organizations/jinma-school"
lecture = {"account": resident, "organization": school, "occurredOn": "2025-11-15", "minutes": 100, "lecture": {}}


def balance():
    found = bank.call(f"{accounts}/GetBalance", name=resident)
    return f"{found.balance.centi_credits / 100:.2f} credits, {found.balance.minutes} minutes, at position {found.position}"


print("before         ", balance())
request_id = str(uuid.uuid4())
posted = bank.call(f"{entries}/PostEntry", parent=LEDGER, requestId=request_id, entry=lecture)
print("posted         ", posted.entry.name, "replayed:", posted.replayed)
posted = bank.call(f"{entries}/PostEntry", parent=LEDGER, requestId=request_id, entry=lecture)
print("the same again ", posted.entry.name, "replayed:", posted.replayed)
print("after          ", balance())

explained = bank.call(f"{accounts}/ExplainBalance", name=resident)
line = next(line for line in explained.lines if line.entry == posted.entry.name)
print("why            ", line.sentence.hant)
print("               ", line.sentence.en)

reversal = {"name": posted.entry.name, "organization": school, "reason": "input_error"}
reversed_ = bank.call(f"{entries}/ReverseEntry", requestId=str(uuid.uuid4()), **reversal)
print("reversed by    ", f"event {reversed_.reversal.position}")
print("after that     ", balance())



def refused(what, entry):
    try:
        bank.call(f"{entries}/PostEntry", parent=LEDGER, requestId=str(uuid.uuid4()), entry=entry)
    except grpc.RpcError as error:
        reason, _, _, fields = details(error)
        print(f"{what:<15}", error.code().name, reason, fields)
        print("               ", error.details())


refused("no such day", {**lecture, "occurredOn": "2025-02-30"})
refused("another school", {**lecture, "organization": f"{LEDGER}/organizations/lianhe-enterprise"})
