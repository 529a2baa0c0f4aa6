"""A tour of the credit bank over gRPC reflection: post, post again, read, explain, reverse, be refused.

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
bank = Bank(sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:50051")
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

try:
    bank.call(f"{entries}/PostEntry", parent=LEDGER, requestId=str(uuid.uuid4()), entry={**lecture, "occurredOn": "2025-02-30"})
except grpc.RpcError as error:
    reason, _, _, fields = details(error)
    print("refused        ", error.code().name, reason, fields)
    print("               ", error.details())
