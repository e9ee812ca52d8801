"""What accounts may do that is not theirs: 3, 4, 11, 15, 20, 22, 23, 26 and 29."""

from datetime import datetime, timedelta, timezone
from urllib.parse import quote

from .case import CouldNotBeTried, by_status, case
from .register import COUNTY_OFFICE, DIVISION, DOCUMENT, FIRST_PASSWORD, ITEM, PASSWORD, PLACE, TOWNSHIP, demo, new_person, until

# In no word of the demonstration register.
SECRET = "SECRETNAME"
SECRET_FILE = "绝密方案SECRETNAME.txt"
# Seconds until a scheduled publication is due, and in which it must have come about after that.
DUE, COMES_ABOUT = 4, 30
PDF = b"""%PDF-1.4
1 0 obj
<< /Type /Catalog /Pages 2 0 R /OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >> >>
endobj
2 0 obj
<< /Type /Pages /Kids [] /Count 0 >>
endobj
trailer
<< /Root 1 0 R >>
%%EOF
"""


# 3


@case("3", "drafts leak through check: a place")
def leak_of_a_place(trial):
    return leaks(trial, {}, "place", f"/v1/places/{PLACE}", {"name": f"绝密新址{SECRET}", "valid_until": "2026-01-01"}, SECRET)


@case("3b", "drafts leak through check: a fee that ends")
def leak_of_a_fee(trial):
    item = {"fees": ["fee-columbarium"], "charge": "charged"}
    return leaks(trial, item, "fee", "/v1/fees/fee-columbarium", {"valid_until": "2026-01-01"}, "fee-expired")


def leaks(trial, changes, kind, path, secret, told):
    """What the check of one's own draft says, before and after another office drafted something."""
    with demo(trial) as register:
        own = register.draft(register.amendment(places=[{"place": PLACE}], **changes))
        before = register.does(f"{own.path}/check", "GET", who="editor").text()
        public = register.body(path)
        elsewhere = register.person("elsewhere", "editor", organisation=public["organisation"])
        content = {"kind": kind, "action": "amend", "key": path.split("/")[-1], "body": public | secret}
        draft = register.draft(content | {"reason": "测试", "document": DOCUMENT}, elsewhere)
        hidden = register.ask(draft.path, who="editor").status
        submitted = draft.tries("submit", {}, elsewhere)
        if hidden != 404 or submitted.status >= 300 or told in before:
            raise CouldNotBeTried(f"the other's draft: {hidden}, submitted: {submitted.status} {submitted.text()[:300]}")
        after = register.does(f"{own.path}/check", "GET", who="editor").text()
        verb = "tells" if told in after else "does not tell"
        return told in after, f"of another's draft, 404 to the own one's author, the check of the own one {verb} {told}"


# 4


@case("4", "one administrator's service clients are all four pairs of eyes")
def four_clients(trial):
    with demo(trial) as register:
        tokens = []
        for name, role in zip("abcd", ["editor", "reviewer", "reviewer", "publisher"]):
            client = {"name": name, "grants": [{"role": role, "division": DIVISION}]}
            made = register.ask("/v1/clients", "POST", client, "admin")
            if made.status != 201:
                return by_status(f"a client as {role}", made, {}, {403, 422})
            tokens.append(client_token(register, made.json()["client_id"], made.json()["client_secret"]).json()["access_token"])
        draft = register.draft(register.amendment(summary="没有人看过。"), tokens[0])
        draft.step("submit", {}, tokens[0])
        steps = [("approve", {"kind": "confidentiality"}), ("approve", {"kind": "legality"}), ("publish", {})]
        answers = [draft.tries(step, document, token) for (step, document), token in zip(steps, tokens[1:])]
        return by_status("approved twice and published by clients", answers[-1], {200, 201}, {403})


def client_token(register, name, secret, address="127.0.0.1"):
    form = f"grant_type=client_credentials&client_id={name}&client_secret={secret}".encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return register.ask("/v1/oauth/token", "POST", body=form, address=address, headers=headers)


@case("4b", "an administrator sets a reviewer's password and approves as him")
def password_of_a_reviewer(trial):
    with demo(trial) as register:
        second_administrator(register)
        register.does("/v1/users/reviewer/password", "PUT", {"password": FIRST_PASSWORD}, "admin")
        return approves_as(register, "reviewer")


@case("4c", "an administrator makes a reviewer and approves as him")
def reviewer_of_ones_own(trial):
    with demo(trial) as register:
        second_administrator(register)
        register.does("/v1/users", document=new_person("puppet", "reviewer"), who="admin")
        return approves_as(register, "puppet")


def second_administrator(register):
    register.run("user", "create", "admin2", "--role", "admin", "--password-stdin", text=FIRST_PASSWORD)
    register.own_password("admin2", FIRST_PASSWORD)


def approves_as(register, name):
    """With the password that was set, and again with one that the same person has put in its place."""
    draft = register.draft(register.amendment(summary="没有人看过。"))
    draft.step("submit", {}, "editor")
    first = draft.tries("approve", {"kind": "legality"}, register.sign_in(name, FIRST_PASSWORD))
    if first.status < 300:
        return True, f"approves with the password that was set: {first.status}"
    if first.status != 403:
        raise CouldNotBeTried(f"approve: {first.status} {first.text()[:200]}")
    again = draft.tries("approve", {"kind": "legality"}, register.own_password(name, FIRST_PASSWORD))
    return by_status(f"approves with the password that was set: 403{first.code()}, with one of his own", again, {200}, {403})


# 11


@case("11", "words nobody reviewed: a reason given at publication")
def reason_at_publication(trial):
    return unreviewed(trial, {"reason": SECRET})


@case("11b", "words nobody reviewed: a document given at publication")
def document_at_publication(trial):
    return unreviewed(trial, {"document": {"title": SECRET}})


def unreviewed(trial, words):
    with demo(trial) as register:
        # What is new needs no reason.
        body = register.body(f"/v1/places/{PLACE}") | {"code": "new-place", "organisation": TOWNSHIP}
        draft = register.approved({"kind": "place", "action": "create", "body": body})
        answer = register.ask("/v1/publications", "POST", {"drafts": [draft.id]} | words, "publisher")
        public = SECRET in register.ask("/v1/places/new-place/revisions").text()
        if answer.status not in (201, 400, 422) or (answer.status == 201) != public:
            raise CouldNotBeTried(f"{answer.status} {answer.text()[:300]}")
        if not public:
            # It was refused for those words, and for nothing else.
            register.does("/v1/publications", document={"drafts": [draft.id]}, who="publisher")
        return public, f"{answer.status}{answer.code()}, {'public' if public else 'not public'}"


@case("11c", "bytes stored twice tell that somebody has them")
def stored_twice(trial):
    with demo(trial) as register:
        first, second = (store(register, who, name) for who, name in [("other_editor", SECRET_FILE), ("editor", "表.txt")])
        told = second.status, second.json()["name"]
        return told != (first.status, "表.txt"), f"the first sender: {first.status}; the second: {told[0]}, called {told[1]}"


@case("11d", "the public name of a file is its first sender's")
def name_of_a_file(trial):
    with demo(trial) as register:
        store(register, "other_editor", SECRET_FILE)
        url = store(register, "editor", "表.txt").json()["url"]
        item = register.amendment()
        item["body"]["materials"][0] |= {"blank_form_url": url}
        register.publish(item)
        disposition = register.does(url, "GET").headers["Content-Disposition"] or ""
        return SECRET in disposition, f"Content-Disposition: {disposition}"


def store(register, who, name, content=f"{SECRET} 全文".encode(), media="text/plain"):
    return register.ask(f"/v1/files?name={quote(name)}", "POST", who=who, headers={"Content-Type": media}, body=content)


# 15


@case("15", "a scheduled publication of who was disabled happens")
def scheduled_by_the_disabled(trial):
    with demo(trial) as register:
        draft = register.approved(register.amendment(summary=SECRET))
        due = datetime.now(timezone.utc) + timedelta(seconds=DUE)
        draft.step("publish", {"effective_at": due.strftime("%Y-%m-%dT%H:%M:%SZ")}, "publisher")
        for name in ("publisher", "reviewer", "reviewer2"):
            register.change_account(name, {"disabled": True})

        def is_decided():
            return draft.seen()["state"] != "scheduled"

        if not until(DUE + COMES_ABOUT, is_decided):
            raise CouldNotBeTried(f"nothing came of it in {DUE + COMES_ABOUT} s")
        public = SECRET in register.ask(f"/v1/items/{ITEM}").text()
        told = "public" if public else "not public"
        return public, f"publisher and reviewers disabled meanwhile: the draft is {draft.seen()['state']}, its text {told}"


# 20


@case("20", "an answer by Idempotency-Key outlives the grant")
def repeated_without_grant(trial):
    with demo(trial) as register:
        person = register.person("leaves", "editor", organisation=TOWNSHIP)
        content, key = register.amendment(summary=SECRET), {"Idempotency-Key": "faults-20"}
        for _ in range(2):
            register.does("/v1/drafts", document=content, who=person, headers=key)
        register.change_account("leaves", {"grants": [{"role": "editor", "organisation": COUNTY_OFFICE}]})
        answer = register.ask("/v1/drafts", "POST", content, register.sign_in("leaves", PASSWORD), headers=key)
        if answer.status == 201 and SECRET not in answer.text():
            raise CouldNotBeTried("another answer was given")
        return by_status("the same request with a grant elsewhere", answer, {201}, {403})


# 22, 23


@case("22", "PDFs with scripts are stored")
def script_in_a_pdf(trial):
    with demo(trial) as register:
        plain = store(register, "editor", "表.pdf", PDF.replace(b"JavaScript", b"GoTo").replace(b"/JS", b"/D"), "application/pdf")
        answer = store(register, "editor", "表.pdf", PDF, "application/pdf")
        if plain.status != 201:
            raise CouldNotBeTried(f"the same PDF without a script: {plain.status} {plain.text()[:300]}")
        return by_status(f"without a script {plain.status}, with /JavaScript", answer, {200, 201}, {415, 422})


@case("23", "unpublished files are read by anybody with items:read")
def file_of_another_office(trial):
    with demo(trial) as register:
        url = store(register, "editor", SECRET_FILE).json()["url"]
        anybody = register.ask(url).status
        return by_status(f"to everybody {anybody}, to an editor of another office", register.ask(url, who="other_editor"), {200}, {404})


# 26


@case("26", "webhook addresses are kept as typed")
def address_of_a_webhook(trial):
    typed = "HTTPS://Hooks.Example.GOV.CN:443/a/../qingdan"
    with demo(trial) as register:
        answer = register.ask("/v1/webhooks", "POST", {"url": typed}, "admin")
        if answer.status != 201:
            return by_status("such an address", answer, {}, {400, 422})
        return answer.json()["url"] == typed, f"kept as {answer.json()['url']}"


@case("26b", "staff answers say no-cache")
def staff_answers(trial):
    with demo(trial) as register:
        draft = register.draft(register.amendment())
        paths = [draft.path, "/v1/drafts", "/v1/me"]
        said = [register.does(path, "GET", who="editor").headers["Cache-Control"] or "" for path in paths]
        told = ", ".join(f"{path.replace(draft.id, '{id}')}: {value}" for path, value in zip(paths, said))
        return any("no-store" not in value for value in said), told


@case("26c", "usernames of elsewhere are told by `taken`")
def names_of_elsewhere(trial):
    with demo(trial) as register:
        local = register.person("local", "admin", organisation=COUNTY_OFFICE)
        told = {}
        for name in ("reviewer", "editor"):
            answer = register.ask("/v1/users", "POST", new_person(name, "editor", organisation=COUNTY_OFFICE), local)
            told[name] = f"{answer.status}{answer.code()}"
        if not all(text.startswith(("409", "422", "400")) for text in told.values()):
            raise CouldNotBeTried(str(told))
        evidence = ", ".join(f"{name} is {text}" for name, text in told.items())
        return "taken" in evidence, f"to an administrator of one office {evidence}"


# 29


@case("29", "PUT with an empty body wipes a draft")
def empty_put(trial):
    return emptied(trial, "PUT", [b"", b"{}"])


@case("29b", "an empty PATCH makes a version")
def empty_patch(trial):
    return emptied(trial, "PATCH", [b"", b"{}"])


def emptied(trial, method, bodies):
    with demo(trial) as register:
        draft, statuses = register.draft(register.amendment()), []
        before = draft.seen()
        for sent in bodies:
            headers = {"If-Match": draft.tag, "Content-Type": "application/json"}
            answer = register.ask(draft.path, method, who="editor", headers=headers, body=sent)
            statuses.append(answer.status)
            draft.tag = answer.headers["ETag"] or draft.tag
        after = draft.seen()
        if not set(statuses) <= {200, 400, 422}:
            raise CouldNotBeTried(f"answers {statuses}")
        fields = [len(seen.get("body") or {}) for seen in (before, after)]
        evidence = f"answers {statuses}, version {before['version']} → {after['version']}, fields {fields[0]} → {fields[1]}"
        return after["version"] != before["version"], evidence
