"""Runs the checks of scim2-tester against a server: check.py <base URL> <token>. Prints one JSON list of results."""

import json
import sys
import uuid

import httpx2
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import check_server, filling
from scim2_tester.checkers import patch_add, patch_replace

ADDRESS_DOMAIN = "acme.example"

original = filling.generate_random_value


def generate(context, path, *args, **kwargs):
    """The names of users have to be addresses in a domain that the organization has proven."""
    if str(path).lower().split(":")[-1] == "username":
        return f"{uuid.uuid4()}@{ADDRESS_DOMAIN}"
    return original(context, path, *args, **kwargs)


for module in (filling, patch_add, patch_replace):
    module.generate_random_value = generate

base_url, token = sys.argv[1:]
client = SyncSCIMClient(
    httpx2.Client(base_url=base_url, headers={"Authorization": f"Bearer {token}"})
)
print(
    json.dumps(
        [
            {
                "status": result.status.name,
                "title": result.title,
                "resource": result.resource_type,
                "reason": result.reason,
            }
            for result in check_server(client)
        ]
    )
)
