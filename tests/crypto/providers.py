"""Every root provider with a key of its own in a folder, and how to take it away. Used by the conformance suite."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from marac.crypto.root_keys import RootKey, root_from
from marac.crypto.root_keys.file import create_root_file
from marac.crypto.root_keys.passphrase import create_salt_file
from tests.crypto.key_services import ROLE, SECRET, Kms, Service, Vault

WORDS = "correct horse battery staple otter lamp"
SOFTHSM = [Path(folder, "softhsm/libsofthsm2.so") for folder in ("/usr/lib", "/usr/lib/x86_64-linux-gnu")]
SOFTHSM += [Path("/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so"), Path("/opt/homebrew/lib/softhsm/libsofthsm2.so")]
REMOTE = ("vault-transit", "aws-kms")
PIN = "8642"


class Providers:
    """Settings and roots of one provider; `at` is one key per folder."""

    def __init__(self, name: str, service: Service | None = None, library: Path | None = None) -> None:
        self.name, self.service, self.library = name, service, library

    def setting(self, folder: Path) -> str:
        made: str = getattr(self, "_" + self.name.replace("-", "_"))(folder)
        return made

    def __call__(self, folder: Path) -> RootKey:
        return root_from(self.setting(folder), passphrase_reader=lambda: WORDS)

    def key_name(self, folder: Path) -> str:
        return "root-" + sha256(str(folder).encode()).hexdigest()[:8]

    def _file(self, folder: Path) -> str:
        if not (folder / "root.key").exists():
            create_root_file(folder / "root.key")
        return f"file:{folder}/root.key"

    def _passphrase(self, folder: Path) -> str:
        if not (folder / "root.salt").exists():
            create_salt_file(folder / "root.salt", cost=16)
        return f"passphrase:{folder}/root.salt"

    def _vault_transit(self, folder: Path) -> str:
        assert self.service
        secret(folder / "approle", f"{ROLE} {SECRET}")
        return f"vault-transit:{self.service.address}/transit/{self.key_name(folder)}?approle={folder}/approle"

    def _aws_kms(self, folder: Path) -> str:
        assert self.service
        return f"aws-kms:alias/{self.key_name(folder)}?region=eu-west-2&endpoint={self.service.address}"

    def _pkcs11(self, folder: Path) -> str:
        label = self.key_name(folder)
        if not (folder / "pin").exists():
            secret(folder / "pin", PIN)
            add_module_key(self.library, label, 1)
        return f"pkcs11:token=marac;object={label}?module-path={self.library}&pin-source={folder}/pin"

    def turn(self, folder: Path) -> None:
        """A new version of the key, made where the key is."""
        if self.service:
            self.service.turn(self.key_name(folder))
        else:
            add_module_key(self.library, self.key_name(folder), 2)

    def lose(self, folder: Path) -> None:
        """The key, or the way to it, is gone."""
        if self.service:
            self.service.mode = "gone"
        for path in folder.iterdir() if folder.exists() else ():
            path.unlink()


def secret(path: Path, text: str) -> None:
    if not path.exists():
        path.write_text(text)
        path.chmod(0o400)


def add_module_key(library: Path | None, label: str, version: int) -> None:
    """What the operator does with the module's own tools."""
    pkcs11 = pytest.importorskip("pkcs11")
    token = pkcs11.lib(str(library)).get_token(token_label="marac")
    with token.open(rw=True, user_pin=PIN) as session:
        session.generate_key(pkcs11.KeyType.AES, 256, label=label, id=bytes([version]), store=True)


def soft_module(folder: Path) -> Path:
    """SoftHSM with a token of its own. Where CI asks for it, its absence fails; elsewhere the test is skipped."""
    library = next((path for path in SOFTHSM if path.exists()), None)
    if library is None or shutil.which("softhsm2-util") is None:
        if os.environ.get("MARAC_TEST_SOFTHSM") == "required":
            pytest.fail("SoftHSM is not installed, so the hardware module's provider was not tested.")
        pytest.skip("SoftHSM is not installed here (apt-get install softhsm2).")
    (folder / "tokens").mkdir()
    (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder}/tokens\nlog.level = ERROR\n")
    os.environ["SOFTHSM2_CONF"] = str(folder / "softhsm2.conf")
    asked = ["softhsm2-util", "--init-token", "--free", "--label", "marac", "--pin", PIN, "--so-pin", "12345678"]
    subprocess.run(asked, check=True, capture_output=True)
    return library


def running(kind: str, folder: Path) -> Iterator[Any]:
    """The provider of a kind, with what it needs running."""
    if kind in REMOTE:
        service = Service(Vault if kind == "vault-transit" else Kms)
        yield Providers(kind, service)
        service.stop()
    else:
        yield Providers(kind, library=soft_module(folder) if kind == "pkcs11" else None)
