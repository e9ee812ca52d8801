#!/usr/bin/env bash
# A day's work with the API, by curl: from a draft with mistakes to a public item.
#
#     cargo run --release -- serve --demo | tee demo.txt          # in one terminal
#     openapi/examples/day.sh demo.txt                            # in another, from the clone
#
# demo.txt holds what `serve --demo` prints: its address, and a token and a password of each demonstration account.
# Everything else is curl. Run it once for each new register: what it publishes stays.
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")/day
printed=${1:?name the file with what serve --demo printed}
api=$(sed -n 's/^listening on //p' "$printed")/v1
answer=$(mktemp -d)
trap 'rm -r "$answer"' EXIT

say() { printf '\n== %s\n' "$*"; }
die() { printf 'day.sh: %s\n' "$*" >&2; cat "$answer/body" >&2; exit 1; }
token() { sed -n "s/^token $1=//p" "$printed"; }
password() { sed -n "s/^password $1=//p" "$printed"; }

# call STATUS TOKEN METHOD PATH [curl arguments]: the answer must have this status.
call() {
    local expected=$1 token=$2 method=$3 path=$4 status
    shift 4
    status=$(curl -sS -X "$method" "$api$path" -o "$answer/body" -D "$answer/headers" -w '%{http_code}' \
        ${token:+-H "Authorization: Bearer $token"} "$@")
    [[ $status == "$expected" ]] || die "$method $path answered $status, not $expected"
    printf '%s %s %s\n' "$status" "$method" "$path"
}

# send STATUS TOKEN METHOD PATH JSON [If-Match]: a body, and the version that was seen.
send() { call "$1" "$2" "$3" "$4" -H 'Content-Type: application/json' ${6:+-H "If-Match: $6"} --data-binary "$5"; }

# The first value of a member of the last answer; its entity tag.
value() { grep -o "\"$1\":\"[^\"]*\"" "$answer/body" | head -n 1 | cut -d '"' -f 4; }
etag() { sed -n 's/^[Ee][Tt]ag: \(.*\)\r$/\1/p' "$answer/headers"; }

say "1. The editor signs in with a password; the others have tokens"
send 201 "" POST /sessions "{\"username\":\"editor\",\"password\":\"$(password editor)\"}"
editor=$(value access_token)
second_editor=$(token editor2) publisher=$(token publisher)
call 200 "$editor" GET /me

say "2. A draft of a fee, and one of an item with its chart: a draft may be incomplete and wrong"
send 201 "$editor" POST /drafts "{\"kind\":\"fee\",\"action\":\"create\",\"body\":$(cat "$here/fee.json")}"
fee=$(value id) fee_tag=$(etag)
send 201 "$editor" POST /drafts "{\"kind\":\"item\",\"action\":\"create\",\"body\":$(cat "$here/item-first.json")}"
item=$(value id) item_tag=$(etag)

say "3. The check tells everything that is wrong at once"
call 200 "$editor" GET "/drafts/$item/check" -H 'Accept-Language: en'
grep -o '"rule":"[^"]*","severity":"[^"]*","pointer":"[^"]*"' "$answer/body" | sed 's/"//g; s/rule:/  /; s/,severity:/ /; s/,pointer:/ /'
for rule in implementation-code-composition promise-missing condition-missing material-vague fee-flag-mismatch phone-format; do
    grep -q "\"$rule\"" "$answer/body" || die "the check does not tell of $rule"
done
send 422 "$editor" POST "/drafts/$item/submit" '{}' "$item_tag"

say "4. It is mended and submitted, the fee first: the item may refer to it from then on"
send 200 "$editor" PATCH "/drafts/$item" "{\"body\":$(cat "$here/item.json")}" "$item_tag"
stale_tag=$item_tag item_tag=$(etag)
send 200 "$editor" POST "/drafts/$fee/submit" '{}' "$fee_tag"
fee_tag=$(etag)

say "5. Another editor comes with the version from before: 412 tells who changed what since"
send 412 "$second_editor" PATCH "/drafts/$item" '{"body":{"visits":0}}' "$stale_tag"
grep -o '"by":"[^"]*"' "$answer/body" | head -n 1
grep -q '"pointer":"/body/promised_limit"' "$answer/body" || die "412 does not tell what changed"
send 200 "$editor" POST "/drafts/$item/submit" '{"comment":"新增事项，请审"}' "$item_tag"
item_tag=$(etag)

say "6. The editor may not approve his own draft"
send 403 "$editor" POST "/drafts/$item/approve" '{"kind":"legality"}' "$item_tag"

say "7. Two reviewers approve, each one of the two reviews; one person cannot give both"
approve() { # draft tag
    send 200 "$(token reviewer)" POST "/drafts/$1/approve" '{"kind":"confidentiality"}' "$2"
    local tag
    tag=$(etag)
    send 403 "$(token reviewer)" POST "/drafts/$1/approve" '{"kind":"legality"}' "$tag"
    send 200 "$(token reviewer2)" POST "/drafts/$1/approve" '{"kind":"legality"}' "$tag"
}
approve "$fee" "$fee_tag"
approve "$item" "$item_tag"

say "8. The publisher publishes both as one; a retry with the same key does it once"
key=day-$RANDOM-$$
for _ in first again; do
    call 201 "$publisher" POST /publications -H 'Content-Type: application/json' -H "Idempotency-Key: $key" \
        --data-binary "{\"drafts\":[\"$fee\",\"$item\"]}"
done

say "9. Readers see it at once, without a token"
code=$(sed -n 's/^  "code": "\(.*\)",$/\1/p' "$here/item.json")
call 200 "" GET "/items/$code"
grep -q '"name":"地方志资料查阅与复制"' "$answer/body" || die "the item is not public"
call 200 "" GET "/items/$code/chart.svg"
call 200 "" GET "/items?fee=fee-chronicle-copy"
grep -q '"total":1' "$answer/body" || die "the list does not show the item"

say "10. An amendment made on a revision that is no longer current is refused with what changed"
amend="{\"kind\":\"item\",\"action\":\"amend\",\"key\":\"11350121003619116B5000511001000\",\"base_revision\":1}"
send 409 "$second_editor" POST /drafts "$amend"
grep -q '"differences":\[{' "$answer/body" || die "409 does not tell what changed"

say "11. The auditor reads who did and who tried what"
call 200 "$(token auditor)" GET "/audit?subject=draft/$item&limit=50"
grep -o '"action":"[^"]*"' "$answer/body" | sort | uniq -c

say "done: $api/items/$code"
