"""The demo's ledger, exported and looked at by the verifier of verify_archive.py, whole and harmed in every way.

Run by tests/python/run with the path of the program. Prints one line a check and, last, `N passed, M failed`.
"""

import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import verify_archive

DATABASE = "sqlite://creditbank-demo.db"


def demo(program, folder):
    """Builds the demo, has it sign a checkpoint, and exports it. The folder of the export and the public key."""
    command = [program, "demo", "--grpc-addr", "127.0.0.1:0", "--http-addr", "127.0.0.1:0"]
    served = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        for line in served.stdout:
            found = re.match(r"\s+gRPC\s+(\S+)", line)
            if found:
                break
        environment = os.environ | {
            "CREDITBANK_SERVER": f"http://{found.group(1)}",
            "CREDITBANK_TOKEN_FILE": str(folder / "creditbank-demo-tokens" / "auditor.token"),
        }
        signed = subprocess.run([program, "checkpoint", "--json"], env=environment, capture_output=True, check=True)
    finally:
        served.terminate()
        served.communicate()
    subprocess.run([program, "--database-url", DATABASE, "export", "archive"], cwd=folder, check=True, capture_output=True)
    return folder / "archive", json.loads(signed.stdout)["verifier_key"]


def reseal(folder):
    """Writes the digests of the files as they are now into the manifest."""
    manifest = json.loads((folder / "manifest.json").read_text())
    for listed in manifest["files"]:
        data = (folder / listed["name"]).read_bytes()
        listed["sha256"], listed["lines"] = hashlib.sha256(data).hexdigest(), data.count(b"\n")
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")


def of_lines(change):
    """Harms the lines of the first file of events, and seals the folder anew."""

    def harm(folder):
        path = next(folder.glob("events-*1.ndjson"))
        lines = path.read_bytes().splitlines(keepends=True)
        path.write_bytes(b"".join(change(lines)))
        reseal(folder)

    return harm


def flip(name, at):
    def harm(folder):
        path = next(folder.glob(name))
        data = bytearray(path.read_bytes())
        data[at % len(data)] ^= 1
        path.write_bytes(bytes(data))

    return harm


HARMS = {
    "a bit of an event": flip("events-*", 5_000),
    "a bit of a hash": flip("tree-0-*", 500),
    "a bit of a request": flip("requests-*", 500),
    "a bit of the root that is signed": flip("checkpoint", 50),
    "a bit of the signature": flip("checkpoint", -10),
    "an event deleted": of_lines(lambda lines: lines[:9] + lines[10:]),
    "an event doubled": of_lines(lambda lines: lines[:9] + lines[8:]),
    "two swapped": of_lines(lambda lines: lines[:8] + [lines[9], lines[8]] + lines[10:]),
    "an event changed, all sealed anew": of_lines(lambda lines: [line.replace(b"lanyuan", b"lanyuam") for line in lines]),
    "truncated": of_lines(lambda lines: lines[:-1]),
    "no checkpoint": lambda folder: (folder / "checkpoint").unlink(),
}


def main(program):
    passed = failed = 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        archive, key = demo(program, folder)
        print(verify_archive.verify(archive, key))
        passed += 1
        theirs = subprocess.run([program, "verify-export", archive, "--key", key], capture_output=True, check=False)
        passed, failed = (passed + 1, failed) if theirs.returncode == 0 else (passed, failed + 1)
        for name, harm in HARMS.items():
            copy = folder / "harmed"
            shutil.copytree(archive, copy)
            harm(copy)
            try:
                told, detected = verify_archive.verify(copy, key), False
            except (verify_archive.Wrong, ValueError, KeyError, OSError) as wrong:
                told, detected = wrong, True
            theirs = subprocess.run([program, "verify-export", copy, "--key", key], capture_output=True, check=False)
            both = detected and theirs.returncode != 0
            print(f"{'ok ' if both else 'BAD'} {name}: {told}")
            passed, failed = (passed + 1, failed) if both else (passed, failed + 1)
            shutil.rmtree(copy)
    print(f"{passed} passed, {failed} failed")
    return failed


if __name__ == "__main__":
    sys.exit(1 if main(os.path.abspath(sys.argv[1])) else 0)
