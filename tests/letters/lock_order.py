"""Listens to what is asked of the database, and notes what is locked out of order.

The order, and why: docs/architecture.md, “Who waits for whom”.
"""

import re
from collections import Counter

ORDER = [
    *("auth_user", "cases_case", "letters_telling", "letters_handin", "letters_delivery"),
    "cases_petitiontext",
    *("letters_pledge", "letters_letter", "letters_reply"),
    *("letters_mailbox", "letters_signature", "letters_follow"),
    *("letters_socialaction", "letters_papercount"),
    *("letters_datarequest", "letters_mailedlink", "letters_outgoingmail"),
    *("letters_undeliverable", "letters_throttle"),
    *("letters_handinitem", "letters_handinpart"),
    *("letters_pace", "letters_alarm", "letters_tally", "cases_actioncount"),
]
PLACES = {table: place for place, table in enumerate(ORDER)}
# A row that is written twice in a transaction is held until all it points to was looked at.
POINTS_TO = {"letters_signature": "letters_mailbox", "letters_letter": "letters_pledge"}
# Changed only by who has locked what it is of.
PART_OF = {"letters_redaction": "letters_letter"}
# Where one statement may change many rows, which others change many of too.
MANY = set(ORDER[6:17]) - {"letters_papercount"}
ONE_ROW = [{"id"}, {"about", "kind"}, {"mailbox_id", "petition_id"}, {"key_hash"}]
# Django asks for what hangs on a row that goes. There is none of an empty address, nor of a letter
# that was written by hand.
OF_WHAT_GOES = (
    'DELETE FROM "letters_follow" WHERE "letters_follow"."mailbox_id" IN (%s',
    'UPDATE "letters_reply" SET "letter_id" = NULL WHERE "letters_reply"."letter_id" IN (%s',
)

WRITES = re.compile(r'\s*(INSERT INTO|UPDATE|DELETE FROM) "?(\w+)"?')
LOCKS = re.compile(r'\s*SELECT .*? FROM "(\w+)".* FOR (?:NO KEY )?UPDATE', re.DOTALL)
COMPARED = re.compile(r'"(\w+)" = ')


class LockOrder:
    """For `connection.execute_wrapper`, in a test that is one transaction: acts are savepoints."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self.depth = 0
        self._begin()

    def _begin(self) -> None:
        self.held: set[str] = set()
        self.written: Counter[str] = Counter()

    def __call__(self, execute, sql, params, many, context):
        if sql.startswith("SAVEPOINT"):
            if self.depth == 0:
                self._begin()
            self.depth += 1
        elif sql.startswith("RELEASE SAVEPOINT"):
            self.depth -= 1
        else:
            self._note(sql)
        return execute(sql, params, many, context)

    def _note(self, sql: str) -> None:
        if self.depth == 0:
            self._begin()
        if locks := LOCKS.match(sql):
            if "SKIP LOCKED" not in sql:
                self._lock(locks[1], sql)
                if " DESC" in sql and not _is_one(sql):
                    self._note_found("the newest first", sql)
            self.held.add(locks[1])
        elif (writes := WRITES.match(sql)) and not sql.startswith(OF_WHAT_GOES):
            self._write(writes[1], writes[2], sql)

    def _write(self, how: str, table: str, sql: str) -> None:
        is_one = how == "INSERT INTO" or _is_one(sql)
        is_one = is_one or "SKIP LOCKED" in sql
        in_act = self.depth > 0  # else it may be the test itself
        if table in MANY - self.held and in_act and not is_one:
            self._note_found("many rows without an order", sql)
        if in_act and table in PART_OF and PART_OF[table] not in self.held:
            self._note_found(f"without {PART_OF[table]}", sql)
        self._lock(table, sql)
        if how != "DELETE FROM" and table in POINTS_TO:
            self.written[table] += 1
            if self.written[table] > 1 and POINTS_TO[table] not in self.held:
                self._note_found(f"written twice, without {POINTS_TO[table]}", sql)

    def _lock(self, table: str, sql: str) -> None:
        if table not in PLACES or table in self.held:
            return
        for late in sorted(one for one in self.held if PLACES.get(one, -1) > PLACES[table]):
            self._note_found(f"after {late}", sql)
        self.held.add(table)

    def _note_found(self, what: str, sql: str) -> None:
        self.found.append(f"{what}: {sql[:300]}")


def _is_one(sql: str) -> bool:
    where = set(COMPARED.findall(sql.partition(" WHERE ")[2]))
    return any(columns <= where for columns in ONE_ROW)
