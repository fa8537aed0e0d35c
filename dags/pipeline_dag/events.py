"""The events that alerts look for: `events.json` beside this file, which Terraform reads, too.

An event is one line of JSON with the key `event`. Text that was not written by us must not look like one.
"""

import json
import re
from pathlib import Path

EVENTS: dict[str, str] = json.loads(Path(__file__).with_name("events.json").read_text(encoding="utf-8"))
# The key as the filters find it: with quotes around it that another program may have escaped.
KEY = re.compile(r"event(?=[^a-z]{1,2}:)")


def event(name: str, fields: dict) -> str:
    """The line of an event; its values are texts, numbers or null."""
    if name not in EVENTS:
        raise KeyError(f"events.json has no event {name!r}")
    values = {key: harmless(value) if isinstance(value, str) else value for key, value in fields.items()}
    return json.dumps({"severity": "ERROR", "message": EVENTS[name], "event": name, **values})


def harmless(text: str) -> str:
    """`text` with every key `event` in it written so that no filter takes it for one of ours."""
    return KEY.sub("Event", text)
