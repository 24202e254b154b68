import type { ConnectError } from '@connectrpc/connect';
import { type RpcCall, type RpcProtocol, wrongFieldsOf } from '@dovecote/rpc';
import {
  AppError,
  boundedViolations,
  type ErrorOrigin,
  identification,
  inOneDetail,
  invalidArgument,
  shippedIdentification,
  summaryOf,
  toConnectError,
  toDocumentedError,
  toShippedError,
} from '../errors/index.js';
import { contractOfCall } from '../access/contract.rules.js';
import { inJsonNames } from './field-names.js';

/** An AppError, as the contract of the call has errors. */
export function toPublicError(error: AppError, rpc: RpcCall, origin: ErrorOrigin): ConnectError {
  switch (contractOfCall(rpc.name)) {
    case 'documented':
      return toDocumentedError(error, hasTrailers(rpc.protocol));
    case 'shipped':
      return toShippedError(error, origin, hasTrailers(rpc.protocol));
    case 'own':
      return toConnectError(inTheCallersNames(error, rpc), origin.requestId);
  }
}

/** Fields of wrong types in JSON, as the contract of the call has errors; undefined when the error is as it should be. */
export function wrongTypes(
  error: ConnectError,
  { name, protocol }: Pick<RpcCall, 'name' | 'protocol'>,
  origin: ErrorOrigin,
): ConnectError | undefined {
  const contract = contractOfCall(name);
  const wrong = wrongFieldsOf(error);
  if (!wrong || contract === 'own') return undefined;
  const violations = wrong.map(({ protoField, description, mismatch }) => ({
    field: protoField,
    description: (contract === 'documented' && mismatch) || description,
  }));
  const refusal = invalidArgument(violations);
  return contract === 'documented'
    ? toDocumentedError(refusal, hasTrailers(protocol))
    : toShippedError(refusal, origin, hasTrailers(protocol));
}

/** What an error of the transport carries besides the details that it has. */
export function identificationFor(
  name: string,
  reason: string,
  { code }: ConnectError,
  origin: ErrorOrigin,
): ConnectError['details'] {
  switch (contractOfCall(name)) {
    case 'documented':
      return [];
    case 'shipped':
      return shippedIdentification(reason, code, origin);
    case 'own':
      return identification(reason, origin.requestId);
  }
}

function hasTrailers(protocol: RpcProtocol): boolean {
  return protocol !== 'connect';
}

/** Inside, fields have the names of the proto; who sent JSON reads the names of JSON. */
function inTheCallersNames(error: AppError, { json, method }: RpcCall): AppError {
  if (!error.details.violations) return error;
  const violations = boundedViolations(error.details.violations, inOneDetail).map(
    ({ field, description }) => ({
      field: json ? inJsonNames(field, method.input) : field,
      description,
    }),
  );
  const { kind, reason, details, cause } = error;
  return new AppError(kind, reason, summaryOf(violations), { ...details, violations }, cause);
}
