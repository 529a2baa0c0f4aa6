"""A second verifier of an exported ledger, by docs/format.md alone: the format does not depend on the program that writes it.

    verify_archive.py FOLDER [VKEY]

Says what is wrong first and exits with 3, or what was found and exits with 0. Standard library and `cryptography`.
"""

import base64
import hashlib
import json
import pathlib
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

LINES = 65_536


class Wrong(Exception):
    """What is not so."""


def must(so, what):
    if not so:
        raise Wrong(what)


def sha(data):
    return hashlib.sha256(data).digest()


class Tree:
    """RFC 6962, section 2.1: the roots of whole subtrees, largest first; and of each level of tiles its hashes in order."""

    def __init__(self):
        self.size, self.edge = 0, []

    def push(self, line):
        """Takes an event; yields the level of tiles and the hash of each subtree of 256^level leaves it makes whole."""
        node, size, height = sha(b"\0" + line), self.size, 0
        yield 0, node
        while size & 1:
            node, size, height = sha(b"\1" + self.edge.pop() + node), size >> 1, height + 1
            if height % 8 == 0:
                yield height // 8, node
        self.edge.append(node)
        self.size += 1

    def root(self):
        if not self.edge:
            return sha(b"")
        root = self.edge[-1]
        for left in reversed(self.edge[:-1]):
            root = sha(b"\1" + left + root)
        return root


def key(vkey):
    """The name, the id and the Ed25519 key of a public key (C2SP signed-note)."""
    name, ident, encoded = vkey.strip().split("+", 2)
    public = base64.b64decode(encoded, validate=True)
    must(public[0] == 1 and len(public) == 33, "the key is no Ed25519 key of a log")
    must(sha(name.encode() + b"\n" + public)[:4].hex() == ident, "the key is not of that name")
    return name, bytes.fromhex(ident), Ed25519PublicKey.from_public_bytes(public[1:])


def checkpoint(path, ledger, vkey):
    """Size and root that a signed note tells, once the key has signed it, if one is given."""
    text, signatures = path.read_bytes().decode().split("\n\n")
    origin, size, root = (text + "\n").split("\n")[:3]
    must((text + "\n").count("\n") == 3 and str(int(size)) == size, f"{path.name} is no checkpoint")
    must(origin.split("/")[-1] == ledger, f"{path.name} is of {origin}")
    if vkey:
        name, ident, public = key(vkey)
        must(origin == name, f"{path.name} is of {origin}, the key of {name}")
        lines = [line.split(" ") for line in signatures.splitlines()]
        stamps = [base64.b64decode(line[2], validate=True) for line in lines if line[:2] == ["\u2014", name]]
        ours = [stamp[4:] for stamp in stamps if stamp[:4] == ident]
        must(ours, f"{path.name} is not signed by the key")
        try:
            public.verify(ours[0], (text + "\n").encode())
        except InvalidSignature:
            raise Wrong(f"the signature of {path.name} is forged") from None
    return int(size), base64.b64decode(root, validate=True)


def rows(folder, listed):
    """The lines of files; that each is what the manifest says is known at its end."""
    for file in listed:
        digest, count = hashlib.sha256(), 0
        with open(folder / file["name"], "rb") as lines:
            for line in lines:
                digest.update(line)
                must(line.endswith(b"\n"), f"{file['name']}: a line does not end")
                count += 1
                must(count <= file["lines"], f"{file['name']} has more lines than the manifest says")
                yield line[:-1]
        must(count == file["lines"], f"{file['name']} has fewer lines than the manifest says")
        must(digest.hexdigest() == file["sha256"], f"{file['name']} is not what the manifest says")


def verify(folder, vkey):
    manifest = json.loads((folder / "manifest.json").read_bytes())
    must(manifest["format"] == "creditbank-ledger-2", f"format {manifest['format']}")
    events, ledger, files = manifest["events"], manifest["ledger"], manifest["files"]
    counts = {"events": events, "requests": manifest["requests"]}
    counts |= {f"tree-{level}": events >> 8 * level for level in range(8) if events >> 8 * level}
    names = []
    for what, count in counts.items():
        end = "hex" if what.startswith("tree") else "ndjson"
        names += [(f"{what}-{n + 1:012}.{end}", min(LINES, count - n)) for n in range(0, count, LINES)]
    must(names == [(file["name"], file["lines"]) for file in files], "the files do not add up to events and requests")
    of = {what: rows(folder, [f for f in files if f["name"].startswith(what + "-")]) for what in counts}
    notes = [folder / name for name in ("checkpoint", "checkpoint-witnessed") if (folder / name).exists()]
    signed = [checkpoint(note, ledger, vkey) for note in notes]
    must(signed or not vkey, "there is no checkpoint")
    must(all(size <= events for size, _ in signed), "fewer events than were signed")
    tree, covered = Tree(), bytearray(events + 1)
    for line in of["events"]:
        position = tree.size + 1
        event = json.loads(line)
        must(event["ledger"] == ledger, f"event {position} is of another ledger")
        must(event["position"] == position, f"at {position} stands event {event['position']}")
        for level, node in tree.push(line):
            must(next(of[f"tree-{level}"], b"").decode() == node.hex(), f"event {position} is not what it was (level {level})")
        must(all(root == tree.root() for size, root in signed if size == tree.size), f"forked at or before {position}")
    must(all(not list(of[what]) for what in counts if what.startswith("tree")), "the tree has more hashes than events")
    must(tree.root().hex() == manifest["root_sha256"], "the tree has another root")
    last = None
    for line in of["requests"]:
        request = json.loads(line)
        name = (request.get("poster", ""), request["request_id"])
        must(last is None or last < name, f"request {name} is not in order")
        last, first = name, request["position"]
        for position in range(first, first + request["events"]):
            must(0 < position <= events and not covered[position], f"event {position} is of two requests, or of none")
            covered[position] = 1
    must(sum(covered) == events, "there are events without their request")
    return f"{ledger}: {events} events, root {tree.root().hex()}, {len(signed)} checkpoint(s)" + (" signed" if vkey else "")


if __name__ == "__main__":
    try:
        print(verify(pathlib.Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None))
    except (Wrong, ValueError, KeyError, OSError) as wrong:
        print(f"not whole: {wrong}")
        sys.exit(3)
