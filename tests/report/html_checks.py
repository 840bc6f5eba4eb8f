"""What every report must be, checked without a browser: well-formed, self-contained, harmless."""

import base64
import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path

_VOID = {"meta", "link", "br", "img", "input", "hr", "wbr"}
_LOADING = {"src", "srcset", "poster", "data", "action", "formaction", "background"}
_MOST_BYTES = 3_000_000


class _Checker(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open = []
        self.ids = []
        self.targets = []
        self.links = []
        self.texts = {"script": [], "style": []}
        self.unnamed_drawings = 0

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        assert len(values) == len(attributes), f"repeated attribute in <{tag}>"
        assert not any(name.startswith("on") or name == "style" for name in values), values
        assert not _LOADING & set(values), f"<{tag}> loads something: {values}"
        assert tag not in {"iframe", "object", "embed", "base", "form", "img"}, tag
        if "id" in values:
            self.ids.append(values["id"])
        if tag == "a":
            href = values["href"]
            (self.targets if href.startswith("#") else self.links).append(href)
        if tag == "link":
            assert values["href"] == "data:,"
        if tag == "svg" and not values.get("aria-label"):
            self.unnamed_drawings += 1
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in _VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, f"</{tag}> closes something else"

    def handle_data(self, data):
        if self.open and self.open[-1] in self.texts:
            self.texts[self.open[-1]].append(data)


def checked(page: "str | Path") -> str:
    """The HTML of a page or file after all checks."""
    text = page.read_text(encoding="utf-8") if isinstance(page, Path) else page
    assert text.startswith("<!DOCTYPE html>")
    assert len(text.encode()) < _MOST_BYTES
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", text), "control characters"
    checker = _Checker()
    checker.feed(text)
    checker.close()
    assert checker.open == []
    assert checker.unnamed_drawings == 0
    assert len(set(checker.ids)) == len(checker.ids)
    assert {target[1:] for target in checker.targets} <= set(checker.ids)
    assert not any(re.match(r"[a-z]+:|//|/|.*\.\.", link) for link in checker.links), checker.links
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1].replace("&#39;", "'")
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for tag in ("script", "style"):
        assert len(checker.texts[tag]) == 1
        digest = base64.b64encode(hashlib.sha256(checker.texts[tag][0].encode()).digest()).decode()
        assert f"sha256-{digest}" in policy, f"the policy refuses the page's own {tag}"
    if isinstance(page, Path):
        missing = [link for link in checker.links if not (page.parent / link).exists()]
        assert missing == []
    return text
