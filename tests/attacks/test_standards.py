"""What the ASVS asks of every web application and no other test here looks at: dangerous calls, headers, methods."""

import ast
import re
import socket
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from threading import Thread

import pytest
from openpyxl import load_workbook
from waitress.server import create_server

from marac.errors import RuleBroken
from marac.models import AuditEntry, Case, User
from marac.paths import STATIC
from marac.services.importing import sheet
from marac.vocabulary import Role
from tests.architecture.tree import MODULES, TEMPLATES, parsed, short
from tests.builders import PASSWORD, a_stranger, a_user, app_of, signed_in, unit_of_work

SCRIPTS = sorted(path for path in STATIC.glob("*.js"))
AT_WORK = [
    path for path in MODULES if not short(path).startswith(("marac/bench/", "marac/lab/", "marac/services/demo/"))
]
SERVED_NOWHERE = (
    "/.git/config", "/.git/HEAD", "/static/", "/static/vendor/", "/static/../app.py", "/static/%2e%2e/app.py",
    "/metrics", "/docs", "/openapi.json", "/debug", "/console", "/.env", "/requirements.lock", "/server-status",
)  # fmt: skip
OUR_OWN_PATTERNS = [  # given by a caller in the same file or kept in a table there
    "marac/services/live/shared_screen.py: pattern", "marac/services/transfers/packet.py: digits",
    "marac/web/errors.py: NEVER_KEPT.pattern",
]  # fmt: skip
REFUSED = (400, 401, 404, 405, 419)
PATTERNS = {"compile", "sub", "search", "match", "fullmatch", "findall", "finditer", "split"}
ALGORITHMS = {  # every primitive that this application asks of `cryptography`, and nothing else
    "AESGCM", "AESGCMSIV", "HKDFExpand", "HKDF", "HMAC", "SHA256", "hashes", "Scrypt", "Ed25519PrivateKey",
    "Ed25519PublicKey", "InvalidTag", "InvalidSignature", "serialization", "InvalidKey",
}  # fmt: skip


def calls(path) -> Iterator[tuple[str, ast.Call]]:
    """Every call of a file, by the dotted name of what is called."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def imported(path) -> set[str]:
    """The modules that a file imports, in full."""
    found = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


# ------------------------------------------------------------------ dangerous calls


def test_nothing_is_evaluated_unpickled_or_handed_to_a_shell_asvs_1_2_5_1_3_2_1_5_2():
    forbidden = {
        "eval",
        "exec",
        "compile",
        "__import__",
        "os.system",
        "os.popen",
        "yaml.unsafe_load",
        "render_template_string",
    }
    found = [f"{short(path)}: {name}" for path in AT_WORK for name, _ in calls(path) if name in forbidden]
    found += [
        f"{short(path)}: {name}"
        for path in AT_WORK
        for name in imported(path) & {"pickle", "marshal", "shelve", "xmlrpc"}
    ]
    found += [
        f"{short(path)}: a shell"
        for path in AT_WORK
        for _, call in calls(path)
        if any(word.arg == "shell" for word in call.keywords)
    ]
    assert found == []


def test_no_pattern_is_made_of_what_somebody_typed_asvs_1_2_9():
    """A pattern is a constant, a name of the module in capitals, or escaped."""
    loose = []
    for path in AT_WORK:
        for name, call in calls(path):
            module, _, function = name.rpartition(".")
            if module != "re" or function not in PATTERNS:
                continue
            pattern = call.args[0]
            written = ast.unparse(pattern)
            if not (isinstance(pattern, ast.Constant | ast.JoinedStr) or written.isupper() or "re.escape" in written):
                loose.append(f"{short(path)}: {written}")
            if isinstance(pattern, ast.JoinedStr):
                parts = [part.value for part in pattern.values if isinstance(part, ast.FormattedValue)]
                loose += [
                    f"{short(path)}: {ast.unparse(part)}"
                    for part in parts
                    if not (ast.unparse(part).strip("_").isupper() or "re.escape" in ast.unparse(part))
                ]
    assert sorted(loose) == OUR_OWN_PATTERNS


def test_no_statement_is_put_together_from_text_asvs_1_2_4():
    made = [
        f"{short(path)}: {ast.unparse(call)[:60]}"
        for path in AT_WORK
        if "sqlalchemy" in imported(path)
        for name, call in calls(path)
        if name.rpartition(".")[2] in {"execute", "exec_driver_sql", "scalar", "scalars"}
        and call.args
        and isinstance(call.args[0], ast.JoinedStr)
    ]
    names_of_our_own = [
        line for line in made if line.startswith(("marac/crypto/", "marac/db.py", "marac/services/keeping/"))
    ]
    assert made == names_of_our_own


def test_nothing_secret_comes_from_an_ordinary_random_number_asvs_6_5_3_7_2_3_11_5_1():
    assert [short(path) for path in AT_WORK if "random" in imported(path)] == []
    assert [f"{short(p)}: {n}" for p in AT_WORK for n, _ in calls(p) if n in {"uuid1", "uuid.uuid1"}] == []
    shortest = [
        f"{short(path)}: {ast.unparse(call)}"
        for path in AT_WORK
        for name, call in calls(path)
        if name == "secrets.token_urlsafe"
        and call.args
        and isinstance(call.args[0], ast.Constant)
        and call.args[0].value < 16
    ]
    assert shortest == []


def test_only_approved_algorithms_are_asked_for_asvs_11_3_1_to_11_6_1():
    used, weak = set(), []
    for path in AT_WORK:
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("cryptography"):
                used |= {name.name for name in node.names}
        weak += [
            f"{short(path)}: {name}"
            for name, _ in calls(path)
            if re.search(r"\b(md5|sha1|DES|ARC4|RC4|ECB|PKCS1v15)\b", name)
        ]
    assert used <= ALGORITHMS
    assert {"AESGCM", "HKDFExpand", "HMAC"} <= used
    assert weak == []


def test_no_field_is_set_by_the_name_a_form_sends_asvs_15_3_3():
    """`setattr` only builds the boxes of a form, where the form is declared."""
    in_web = [(path, name.rpartition(".")[2]) for path in AT_WORK if "/web/" in str(path) for name, _ in calls(path)]
    assert [short(path) for path, name in in_web if name == "populate_obj"] == []
    assert [short(path) for path, name in in_web if name == "setattr" and "/forms/" not in str(path)] == []


def test_only_these_rooms_speak_to_another_machine_asvs_1_3_6_13_1_1_13_2_4_13_2_5_15_3_2():
    """The outgoing connections that SECURITY.md lists: mail, key services, an agency's own sign-in, the databases."""
    speaking = {
        "requests",
        "httpx",
        "urllib.request",
        "http.client",
        "smtplib",
        "hvac",
        "boto3",
        "authlib",
        "ftplib",
        "telnetlib",
    }
    rooms = {
        short(path)
        for path in AT_WORK
        if {name.split(".")[0] for name in imported(path)} & {s.split(".")[0] for s in speaking} - {"urllib", "http"}
    }
    rooms |= {short(path) for path in AT_WORK if {"urllib.request", "http.client"} & imported(path)}
    allowed = (
        "marac/notifications.py",
        "marac/crypto/root_keys/",
        "marac/services/accounts/",
        "marac/web/signin",
        "marac/web/provider",
    )
    assert "marac/notifications.py" in rooms
    assert [room for room in rooms if not room.startswith(allowed)] == []


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_writes_text_not_markup_and_keeps_nothing_asvs_3_2_2_3_5_5_14_3_3_15_3_6(path):
    script = path.read_text("utf-8")
    never = (
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.(?:write|cookie)|\beval\(|new Function|localStorage"
        r"|sessionStorage|indexedDB|window\.postMessage|__proto__"
    )
    assert re.findall(never, script) == []
    if "postMessage" in script:  # a channel of this origin alone
        assert "BroadcastChannel" in script


def test_no_page_brings_in_an_old_plug_in_asvs_3_7_1():
    pages = "\n".join(path.read_text("utf-8") for path in TEMPLATES if path.suffix == ".html")
    assert re.findall(r"<(?:object|embed|applet|iframe|frame)\b", pages) == []


# ------------------------------------------------------------------ answers


PATHS = ("/sign-in", "/help", "/healthz", "/nowhere", "/today", "/cases", "/static/nothing.css")


def test_every_answer_says_what_it_is_and_who_may_use_it_asvs_3_4_1_to_3_4_6_4_1_1(house):
    client = app_of(house).test_client()
    for path in PATHS:
        sent = client.get(path, base_url="https://localhost", headers={"Origin": "https://evil.example"})
        assert re.fullmatch(r"[a-z]+/[a-z+.-]+; charset=utf-8", sent.headers["Content-Type"]), path
        assert sent.headers["X-Content-Type-Options"] == "nosniff"
        assert "Access-Control-Allow-Origin" not in sent.headers
        assert "includeSubDomains" in sent.headers["Strict-Transport-Security"]
        policy = sent.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "base-uri 'none'" in policy
        assert "unsafe" not in policy
        assert "Server" not in sent.headers
        assert "X-Powered-By" not in sent.headers


def test_other_methods_change_nothing_and_trace_is_refused_asvs_3_5_3_13_4_4(house):
    client = app_of(house).test_client()
    with house.reader() as session:
        before = session.query(AuditEntry).count()
    for method in ("TRACE", "TRACK", "PUT", "DELETE", "PATCH", "CONNECT", "DEBUG"):
        for path in PATHS[:5]:
            assert client.open(path, method=method, base_url="https://localhost").status_code in REFUSED, (
                method,
                path,
            )
    for method in ("OPTIONS", "HEAD"):
        assert client.open("/sign-in", method=method, base_url="https://localhost").status_code == 200
    with house.reader() as session:
        assert session.query(AuditEntry).count() == before


@pytest.mark.parametrize("path", SERVED_NOWHERE)
def test_nothing_of_the_machine_is_served_asvs_5_3_1_13_4_1_13_4_3_13_4_5(house, path):
    assert app_of(house).test_client().get(path, base_url="https://localhost").status_code in (302, 303, 401, 404)


def test_an_address_that_the_visitor_claims_is_not_believed_asvs_4_1_3_15_3_4(house, quick_hashes):
    """Failed tries are counted by the address of the connection: a claimed one neither hides nor blames anybody."""
    client = app_of(house).test_client()
    for header in ("X-Forwarded-For", "X-Real-IP", "Forwarded", "X-Forwarded-Host", "X-Forwarded-Proto"):
        page = client.get("/sign-in", base_url="https://localhost", headers={header: "evil.example"})
        assert page.status_code == 200
        assert b"evil.example" not in page.data


def test_a_field_sent_twice_is_read_once_and_never_from_the_address_asvs_15_3_7(house, quick_hashes):
    with unit_of_work(house) as session:
        worker = a_user(session, house, Role.COORDINATOR, "vawg_team")
    client = a_stranger(house)
    token = client.get("/sign-in").form("/sign-in").values["csrf_token"][0]
    twice = f"csrf_token={token}&email=nobody%40example.org&email={worker.email}&password=wrong&password={PASSWORD}"
    sent = client.http.post(
        f"/sign-in?email={worker.email}&password={PASSWORD}", data=twice, base_url="https://localhost",
        content_type="application/x-www-form-urlencoded", headers={"Referer": "https://localhost/sign-in"},
    )  # fmt: skip
    assert sent.status_code == 422
    assert client.http.get("/today", base_url="https://localhost").status_code in (302, 303)


def test_password_boxes_are_masked_and_take_a_password_manager_asvs_6_2_6_6_2_7(house):
    boxes = a_stranger(house).get("/sign-in").all("input[name=password]")
    assert [(box.attrs["type"], box.attrs["autocomplete"]) for box in boxes] == [("password", "current-password")]
    kept_from_pasting = [
        short(path) for path in SCRIPTS if re.search(r"addEventListener\(['\"]paste", path.read_text("utf-8"))
    ]
    assert [name for name in kept_from_pasting if "signin" in name or "password" in name] == []


def test_there_is_no_account_before_somebody_makes_one_and_no_secret_question_asvs_6_3_2_6_4_2(house):
    with house.reader() as session:
        assert session.query(User).count() == 0
        assert session.query(Case).count() == 0
    pages = "\n".join(path.read_text("utf-8") for path in TEMPLATES if path.suffix == ".html").casefold()
    assert not re.search(r"mother.s maiden|security question|password hint|first pet", pages)


def test_every_page_of_somebody_signed_in_has_a_way_out_asvs_7_4_4(house, quick_hashes):
    with unit_of_work(house) as session:
        worker = a_user(session, house, Role.COORDINATOR, "vawg_team")
    client = signed_in(house, worker)
    for path in ("/today", "/cases", "/panels", "/actions", "/account"):
        assert 'action="/sign-out"' in client.get(path).html, path


def answers_to(port: int, request: bytes) -> list[bytes]:
    """The status lines that come back down one connection for these bytes."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as line:
        line.sendall(request)
        line.settimeout(1)
        answer = b""
        with suppress(TimeoutError):
            while part := line.recv(65536):
                answer += part
    return re.findall(rb"^HTTP/1\.1 (\d+)", answer, re.MULTILINE)


def test_where_a_request_ends_is_never_in_doubt_asvs_4_2_1(house):
    """The server of the demo: chunks rule, a length beside them is ignored, two lengths are refused."""
    server = create_server(app_of(house), host="127.0.0.1", port=0, threads=1)
    Thread(target=server.run, daemon=True).start()
    post = b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\n"
    rest = b"\r\n0\r\n\r\nGET /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n"
    try:
        chunked = [
            answers_to(server.effective_port, post + length + b"Transfer-Encoding: chunked\r\n" + rest)
            for length in (b"Content-Length: 0\r\n", b"Content-Length: 5\r\n", b"Content-Length: 60\r\n")
        ]
        assert chunked[0] == chunked[1] == chunked[2]
        two_lengths = b"Content-Length: 0\r\nContent-Length: 50\r\n"
        for header in (two_lengths, b"Transfer-Encoding: xchunked\r\n", b"Content-Length: -1\r\n"):
            refused = answers_to(server.effective_port, post + header + rest)
            assert len(refused) == 1
            assert refused[0] in (b"400", b"501")
    finally:
        server.close()


def test_what_was_refused_is_in_the_trail_whoever_asked_asvs_16_3_2_16_3_3(house, quick_hashes):
    with unit_of_work(house) as session:
        worker = a_user(session, house, Role.REPRESENTATIVE, "housing_options")
    client = signed_in(house, worker)
    assert client.get("/cases/K7D-42Q").status == 404
    assert client.get("/admin/audit").status in (403, 404)
    assert client.http.post("/referrals", data={"x": "y"}, base_url="https://localhost").status_code in (404, 405, 419)
    with house.reader() as session:
        told = session.query(AuditEntry).filter(AuditEntry.tag == "access:refused").all()
        assert {entry.actor_id for entry in told} == {worker.id}
        assert len(told) >= 2


def test_an_uploaded_workbook_brings_in_nothing_from_outside_asvs_1_5_1(tmp_path):
    secret, plain, hostile = tmp_path / "secret.txt", tmp_path / "plain.xlsx", tmp_path / "hostile.xlsx"
    secret.write_text("quietheronfeather")
    sheet.write_empty(plain)
    book = load_workbook(plain)
    book.worksheets[0].append(["marker"] * 3)
    book.save(plain)
    assert "marker" in str(sheet.read(plain))
    with zipfile.ZipFile(plain) as whole, zipfile.ZipFile(hostile, "w") as changed:
        for name in whole.namelist():
            content = whole.read(name)
            if name.endswith((".xml", ".rels")) and b"marker" in content:
                entity = f'<!DOCTYPE x [<!ENTITY out SYSTEM "file://{secret}">]>'.encode()
                content = content.replace(b"marker", b"&out;").replace(b"<sst", entity + b"<sst", 1)
                content = content.replace(b"<worksheet", entity + b"<worksheet", 1)
            changed.writestr(name, content)
    try:
        said = str(sheet.read(hostile))
    except (RuleBroken, ValueError, KeyError, SyntaxError) as refused:
        said = str(refused)
    assert "quietheron" not in said
