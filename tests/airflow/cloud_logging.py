"""Evaluates the part of Cloud Logging's filter language that terraform/ uses: comparisons, AND, OR, NOT, brackets.

Written from the public description of the language. A field that an entry does not have equals nothing.
"""

import re

TOKEN = re.compile(r'\s*(?:(?P<text>"(?:[^"\\]|\\.)*")|(?P<op>=~|!=|!~|>=|<=|=|>|<|\(|\))|(?P<word>[A-Za-z0-9_./-]+))')
SEVERITIES = ("DEFAULT", "DEBUG", "INFO", "NOTICE", "WARNING", "ERROR", "CRITICAL", "ALERT", "EMERGENCY")


def matches(text: str, entry: dict) -> bool:
    """Whether a filter lets an entry of the log through."""
    tokens = tokens_of(text)
    found = either(tokens, entry)
    if tokens:
        raise ValueError(f"the filter goes on with {tokens[0]}")
    return found


def tokens_of(text: str) -> list[str]:
    tokens, at = [], 0
    while text[at:].strip():
        token = TOKEN.match(text, at)
        if not token:
            raise ValueError(f"no filter: {text[at : at + 40]!r}")
        tokens.append(token[0].strip())
        at = token.end()
    return tokens


# What stands side by side is joined by AND, which binds tighter than OR here. Every part is read, whatever the others
# say.
def either(tokens: list[str], entry: dict) -> bool:
    found = every(tokens, entry)
    while tokens and tokens[0] == "OR":
        tokens.pop(0)
        found = every(tokens, entry) or found
    return found


def every(tokens: list[str], entry: dict) -> bool:
    found = one(tokens, entry)
    while tokens and tokens[0] not in ("OR", ")"):
        if tokens[0] == "AND":
            tokens.pop(0)
        found = one(tokens, entry) and found
    return found


def one(tokens: list[str], entry: dict) -> bool:
    first = tokens.pop(0)
    if first == "NOT":
        return not one(tokens, entry)
    if first == "(":
        found = either(tokens, entry)
        if not tokens or tokens.pop(0) != ")":
            raise ValueError("a bracket is not closed")
        return found
    if first == "log_id" and tokens[:1] == ["("]:
        _, name, _ = tokens.pop(0), unquoted(tokens.pop(0)), tokens.pop(0)
        return entry.get("logName", "").rsplit("/", 1)[-1] == name
    return compared(field(entry, first), tokens.pop(0), unquoted(tokens.pop(0)), first)


def compared(value: object, operator: str, wanted: str, name: str) -> bool:
    if value is None:
        return operator in ("!=", "!~")
    if name == "severity" and operator in (">=", ">", "<", "<="):
        have, want = SEVERITIES.index(str(value)), SEVERITIES.index(wanted)
        return {">=": have >= want, ">": have > want, "<=": have <= want, "<": have < want}[operator]
    if operator in ("=~", "!~"):
        return bool(re.search(wanted, str(value))) == (operator == "=~")
    if operator in ("=", "!="):
        return (str(value) == wanted) == (operator == "=")
    raise ValueError(f"{operator} is not for {name}")


def field(entry: dict, path: str) -> object:
    value: object = entry
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def unquoted(token: str) -> str:
    return re.sub(r"\\(.)", r"\1", token[1:-1]) if token.startswith('"') else token
