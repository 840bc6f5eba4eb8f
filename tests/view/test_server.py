import http.client
import json
import re
import threading
from urllib.parse import quote, urlencode

import pytest

from qtools import cli
from qtools.errors import BadInputError
from qtools.view.catalogue import catalogue
from qtools.view.server import HOST, make_server

STATE = {
    "fidelity": 0.9991,
    "num_qubits": 6,
    "time": 0.5,
    "layers": 3,
    "two_qubit_depth": 9,
    "seconds": 0.1,
    "target": {"max_bond": 4},
    "entropies": [0.1 * k for k in range(20)],
}
HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def root(tmp_path):
    """Results of every kind, some of them hostile, and a secret outside."""
    (tmp_path / "secret.txt").write_text("secret")
    root = tmp_path / "results"
    write(root / "a" / "result.json", STATE)
    write(root / "b" / "result.json", STATE | {"fidelity": 0.98, "seed": 7})
    for name in "ab":
        lines = [json.dumps({"iteration": i, "infidelity": 0.1 / i}) + "\n" for i in (1, 2, 3)]
        (root / name / "history.jsonl").write_text("".join(lines))
    (root / "a" / "report.html").write_text("<script>fetch('/')</script>")
    write(root / "s" / "series.json", [{"fidelity": 0.9}, {"fidelity": 0.8}])
    write(root / "c" / "manifest.json", {"circuits": {"train": 3}, "name": HOSTILE, "sources": []})
    write(root / "v" / "verification.json", {"sets": [{"novelty": {}, "circuits": 5}]})
    write(root / "g" / "index.json", {"circuits": [{}], "model": "m"})
    write(root / "w" / "sweep.json", {"summary": {"points": 12}})
    write(root / HOSTILE / "result.json", STATE)
    write(root / "broken" / "result.json", {"fidelity": "high"})
    (root / "deep").mkdir()
    (root / "deep" / "result.json").write_text("[" * 100_000)
    (root / "link.txt").symlink_to(tmp_path / "secret.txt")
    (root / "out").symlink_to(tmp_path)
    return root


def write(path, record):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(record))


@pytest.fixture
def ask(root):
    server = make_server(root, 0)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()

    def asked(path, *, host=None, method="GET"):
        connection = http.client.HTTPConnection(HOST, server.server_port, timeout=20)
        connection.request(method, path, headers={} if host is None else {"Host": host})
        answer = connection.getresponse()
        body = answer.read().decode()
        connection.close()
        return answer, body

    yield asked
    server.shutdown()
    server.server_close()
    thread.join()


def test_the_catalogue_names_every_result_and_skips_what_is_none(root):
    kinds = {entry.path: entry.kind for entry in catalogue(root)}
    assert kinds == {
        "a": "compiled state",
        "b": "compiled state",
        "s": "series",
        "c": "corpus",
        "v": "verification",
        "g": "sampled circuits",
        "w": "sweep",
        HOSTILE: "compiled state",
    }


def test_the_list_links_every_entry_and_every_link_works(ask):
    answer, body = ask("/")
    assert answer.status == 200
    assert "8 results" in body
    links = re.findall(r'href="(/entry[^"]*)"', body)
    assert len(links) == 8
    for link in links:
        answer, page = ask(link.replace("&amp;", "&"))
        assert answer.status == 200
        for more in re.findall(r'href="(/[^"]+)"', page):
            assert ask(more.replace("&amp;", "&"))[0].status == 200


def test_names_stay_text(ask):
    for path in ("/", "/entry?" + urlencode({"path": HOSTILE, "file": "result.json"})):
        answer, body = ask(path)
        assert answer.status == 200
        assert HOSTILE not in body
        assert "&lt;img src=x" in body


def test_two_results_side_by_side(ask):
    query = {"first": "a", "first_file": "result.json", "second": "b", "second_file": "result.json"}
    _, body = ask("/compare?" + urlencode(query))
    assert "2 values differ, 7 are equal" in body
    assert "0.9991" in body
    assert "0.98" in body
    assert "target.max_bond" in body
    assert "Infidelity against iteration" in body


@pytest.mark.parametrize(
    "path",
    [
        "../secret.txt",
        "a/../../secret.txt",
        "%2e%2e/secret.txt",
        "/etc/passwd",
        "%2fetc/passwd",
        "link.txt",
        "out/secret.txt",
        "a%00",
        "a/.",
        "",
        "nothing",
        "a\\..\\..\\secret.txt",
    ],
)
def test_no_path_leads_out(ask, path):
    answer, body = ask("/files/" + path)
    assert answer.status == 404
    assert body.count("secret") <= 1  # the name that was asked for, at most
    if path != "a/.":
        query = urlencode({"path": path, "file": "result.json"})
        assert ask("/entry?" + query)[0].status == 404


@pytest.mark.parametrize("file", ["../secret.txt", "secret.txt", "result.json/..", ""])
def test_only_results_are_entries(ask, file):
    assert ask("/entry?" + urlencode({"path": "a", "file": file}))[0].status == 404


def test_files_reach_nothing(ask):
    answer, body = ask("/files/a/report.html")
    assert answer.status == 200
    assert "fetch" in body
    policy = answer.getheader("Content-Security-Policy")
    assert "default-src 'none'" in policy
    assert policy.startswith("sandbox")
    assert "allow-same-origin" not in policy
    assert answer.getheader("X-Content-Type-Options") == "nosniff"
    assert ask("/files/a/result.json")[0].getheader("Content-Type").startswith("text/plain")
    assert ask("/files/" + quote(f"{HOSTILE}/result.json"))[0].status == 200


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example"])
def test_other_names_of_this_machine_are_refused(ask, host):
    answer, body = ask("/", host=host)
    assert answer.status == 403
    assert "results" not in body


def test_nothing_can_be_written(ask):
    assert ask("/", method="POST")[0].status == 501
    answer, body = ask("/", method="HEAD")
    assert (answer.status, body) == (200, "")


def test_the_command_lists_results_as_json(root, capsys):
    assert cli.run(["view", str(root), "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == 8


def test_no_directory_and_a_taken_port_are_named(root, tmp_path):
    with pytest.raises(BadInputError, match="expected a directory"):
        make_server(tmp_path / "nothing", 0)
    with make_server(root, 0) as server, pytest.raises(BadInputError, match="--port"):
        make_server(root, server.server_port)
