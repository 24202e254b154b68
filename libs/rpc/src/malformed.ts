import { create, type DescMessage } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { BadRequestSchema } from '@dovecote/contract/google/rpc/error_details_pb';
import type { Violation } from './json/findings.js';

/** The error for a message that cannot be decoded; `why` continues after "it". */
export function malformed({ typeName }: DescMessage, format: 'JSON' | 'binary', why: string): ConnectError {
  const sentence = `The request is not a valid ${typeName} in ${format === 'JSON' ? 'JSON' : 'the binary format'}`;
  return new ConnectError(`${sentence}: ${why}.`, Code.InvalidArgument);
}

/** Not a class of errors: ConnectError takes every ConnectError for an instance of what extends it. */
const violationsOf = new WeakMap<ConnectError, readonly Violation[]>();

/** The error for a message with fields of wrong types. */
export function wrongFields(violations: readonly [Violation, ...Violation[]]): ConnectError {
  const [first, ...others] = violations;
  const more = others.length > 0 ? `; and ${others.length} more` : '';
  const error = new ConnectError(`${first.field}: ${first.description}${more}`, Code.InvalidArgument);
  const fieldViolations = violations.map(({ field, description }) => ({ field, description }));
  error.details.push({ desc: BadRequestSchema, value: create(BadRequestSchema, { fieldViolations }) });
  violationsOf.set(error, violations);
  return error;
}

/** The fields because of which JSON could not be read; undefined for every other error. */
export function wrongFieldsOf(error: ConnectError): readonly Violation[] | undefined {
  return violationsOf.get(error);
}
