"""Verifies messages with the public library: reads a JSON array of {secret, headers, body} and prints one line for each."""

import json
import sys

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

for message in json.load(sys.stdin):
    try:
        verified = Webhook(message["secret"]).verify(message["body"], message["headers"])
        print("verified", len(verified["data"]["changes"]))
    except WebhookVerificationError as error:
        print("refused", error)
