"""Calls the product and the echo service through grpcio, with code generated from our protos, and prints what it saw.

usage: client.py <folder of generated code> <product> <echo> <API key> <token>
"""

import json
import sys

generated, product_address, echo_address, key, token = sys.argv[1:]
sys.path.insert(0, generated)

import grpc
from dovecote.test.v1 import echo_pb2, echo_pb2_grpc
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_status import rpc_status
from pidgr.v1 import role_pb2, role_pb2_grpc

TIMEOUT = 60


def as_bearer(credential):
    return (("authorization", f"Bearer {credential}"),)


def refusal_of(call):
    try:
        call()
    except grpc.RpcError as error:
        return error
    raise AssertionError("The call was expected to fail")


def detail_of(error, kind):
    """The detail of this kind, decoded, or an empty one."""
    message = kind()
    for detail in rpc_status.from_call(error).details:
        if detail.Is(kind.DESCRIPTOR):
            detail.Unpack(message)
    return message


def value_of(metadata, name):
    return dict(metadata).get(name, "")


def call_product(roles):
    def count(credential):
        return len(roles.ListRoles(role_pb2.ListRolesRequest(), metadata=as_bearer(credential), timeout=TIMEOUT).roles)

    refused = refusal_of(lambda: roles.ListRoles(role_pb2.ListRolesRequest(), timeout=TIMEOUT))
    invalid = refusal_of(
        lambda: roles.CreateRole(role_pb2.CreateRoleRequest(), metadata=as_bearer(key), timeout=TIMEOUT)
    )
    violations = detail_of(invalid, error_details_pb2.BadRequest).field_violations
    return {
        "keyRoles": count(key),
        "tokenRoles": count(token),
        "refusedCode": refused.code().value[0],
        "refusedReason": detail_of(refused, error_details_pb2.ErrorInfo).reason,
        "invalidCode": invalid.code().value[0],
        "invalidFields": [violation.field for violation in violations],
    }


def call_echo(echo):
    request = echo_pb2.EchoRequest(text="grüß dich")
    answer, call = echo.Echo.with_call(request, metadata=(("x-echo-one", "eins"),), timeout=TIMEOUT)
    late = refusal_of(lambda: echo.Sleep(echo_pb2.SleepRequest(milliseconds=60_000), timeout=0.1))
    stream = echo.Count(echo_pb2.CountRequest(to=3), timeout=TIMEOUT)
    numbers = [message.number for message in stream]
    return {
        "echoText": answer.text,
        "echoHeader": value_of(call.initial_metadata(), "x-echo-one"),
        "echoTrailer": value_of(call.trailing_metadata(), "x-trailer-one"),
        "deadlineCode": late.code().value[0],
        "stream": numbers,
        "streamHeader": value_of(stream.initial_metadata(), "x-count"),
        "streamTrailer": value_of(stream.trailing_metadata(), "x-done"),
    }


def main():
    with grpc.insecure_channel(product_address) as product, grpc.insecure_channel(echo_address) as echo:
        seen = call_product(role_pb2_grpc.RoleServiceStub(product))
        seen |= call_echo(echo_pb2_grpc.EchoServiceStub(echo))
        watch = health_pb2_grpc.HealthStub(product).Watch(health_pb2.HealthCheckRequest(), timeout=TIMEOUT)
        status = next(watch).status
        watch.cancel()
        seen["health"] = health_pb2.HealthCheckResponse.ServingStatus.Name(status)
    print(json.dumps(seen))


main()
