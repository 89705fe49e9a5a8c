"""Two key services on this machine, as small as their clients allow: a Vault with a transit engine, and a KMS.

`mode` makes them fail: "gone" hangs up, "slow" never answers, "sealed" answers 503, "signed out" forgets us once.
"""

import json
import os
import threading
from base64 import b64decode, b64encode
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

ROLE, SECRET, TOKEN = "role-of-the-service", "secret-of-the-service", "token-of-the-service"


class Service:
    """A service on a port of its own, with its keys: name -> versions."""

    def __init__(self, handler: type[BaseHTTPRequestHandler]) -> None:
        self.keys: dict[str, list[bytes]] = {}
        self.mode, self.calls, self.released = "", 0, threading.Event()
        self.derived = True
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Asked", (handler,), {"service": self}))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        self.address = f"http://127.0.0.1:{self._server.server_port}"

    def cipher(self, name: str, version: int = 0) -> tuple[int, AESGCM]:
        """A version of a key, the newest if none is named; a key is made when it is first met."""
        versions = self.keys.setdefault(name, [os.urandom(32)])
        number = version or len(versions)
        return number, AESGCM(versions[number - 1])

    def turn(self, name: str) -> None:
        self.keys[name].append(os.urandom(32))

    def well(self) -> None:
        self.mode, self.derived = "", True

    def stop(self) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()


class Asked(BaseHTTPRequestHandler):
    service: Service

    def log_message(self, *_: object) -> None:
        pass

    def said(self) -> dict[str, Any] | None:
        """What was asked, or None when the service is out of order."""
        said = json.loads(self.rfile.read(int(self.headers["Content-Length"] or 0)) or b"{}")
        self.service.calls += 1
        if self.service.mode == "slow":
            self.service.released.wait(5)
        if self.service.mode in ("gone", "slow"):
            self.close_connection = True
            return None
        return dict(said)

    def answer(self, status: int, facts: dict[str, Any]) -> None:
        body = json.dumps(facts).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Vault(Asked):
    def do_POST(self) -> None:
        said = self.said()
        if said is not None:
            self.reply(said)

    def reply(self, said: dict[str, Any]) -> None:
        if self.service.mode == "sealed":
            return self.answer(503, {"errors": ["Vault is sealed"]})
        if self.path == "/v1/auth/approle/login":
            if (said.get("role_id"), said.get("secret_id")) != (ROLE, SECRET):
                return self.answer(400, {"errors": ["invalid role or secret ID"]})
            return self.answer(200, {"auth": {"client_token": TOKEN}})
        if self.headers.get("X-Vault-Token") != TOKEN or self.service.mode == "signed out":
            self.service.mode = ""
            return self.answer(403, {"errors": ["permission denied"]})
        _, _, _, verb, name = self.path.split("/")
        try:
            if "batch_input" in said:
                return self.answer(
                    200, {"data": {"batch_results": [self._one(verb, name, x) for x in said["batch_input"]]}}
                )
            return self.answer(200, {"data": self._one(verb, name, said)})
        except (InvalidTag, ValueError, IndexError):
            return self.answer(400, {"errors": ["cipher: message authentication failed"]})

    def _one(self, verb: str, name: str, said: dict[str, Any]) -> dict[str, Any]:
        bound = b64decode(said.get("context", "")) if self.service.derived else b""
        plain = b64decode(said.get("plaintext", ""))
        if "ciphertext" in said:
            _, version, text = said["ciphertext"].split(":")
            raw = b64decode(text)
            if int(version[1:]) < 1:
                raise ValueError
            plain = self.service.cipher(name, int(version[1:]))[1].decrypt(raw[:12], raw[12:], bound)
        if verb == "decrypt":
            return {"plaintext": b64encode(plain).decode()}
        number, cipher = self.service.cipher(name)
        nonce = os.urandom(12)
        text = b64encode(nonce + cipher.encrypt(nonce, plain, bound)).decode()
        return {"ciphertext": f"vault:v{number}:{text}", "key_version": number}


class Kms(Asked):
    def do_POST(self) -> None:
        said = self.said()
        if said is not None:
            self.reply(said)

    def reply(self, said: dict[str, Any]) -> None:
        verb = self.headers["X-Amz-Target"].partition(".")[2]
        if self.service.mode in ("sealed", "signed out"):
            return self.answer(400, {"__type": "AccessDeniedException", "message": "not yours"})
        try:
            self.answer(200, self._done(verb, said))
        except (InvalidTag, ValueError, IndexError):
            self.answer(400, {"__type": "InvalidCiphertextException", "message": None})

    def _done(self, verb: str, said: dict[str, Any]) -> dict[str, Any]:
        name = said.get("KeyId") or said["DestinationKeyId"]
        bound = self._bound(said.get("EncryptionContext") or said.get("SourceEncryptionContext"))
        plain = b64decode(said.get("Plaintext", ""))
        if "CiphertextBlob" in said:
            raw = b64decode(said["CiphertextBlob"])
            plain = self.service.cipher(name, 1)[1].decrypt(raw[:12], raw[12:], bound)
        if verb == "Decrypt":
            return {"KeyId": name, "Plaintext": b64encode(plain).decode()}
        nonce = os.urandom(12)
        blob = nonce + self.service.cipher(name, 1)[1].encrypt(nonce, plain, bound)
        return {"KeyId": name, "CiphertextBlob": b64encode(blob).decode()}

    @staticmethod
    def _bound(context: Any) -> bytes:
        return json.dumps(context or {}, sort_keys=True).encode()
