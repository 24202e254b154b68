import { create, type DescMessage } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { BadRequestSchema } from '@dovecote/contract/google/rpc/error_details_pb';
import type { Violation } from './json/findings.js';

/** The error for a message that cannot be decoded; `why` continues after "it". */
export function malformed({ typeName }: DescMessage, format: 'JSON' | 'binary', why: string): ConnectError {
  const sentence = `The request is not a valid ${typeName} in ${format === 'JSON' ? 'JSON' : 'the binary format'}`;
  return new ConnectError(`${sentence}: ${why}.`, Code.InvalidArgument);
}

/** The error for a message with fields of wrong types. */
export class WrongFields extends ConnectError {
  constructor(
    message: string,
    readonly violations: readonly Violation[],
  ) {
    super(message, Code.InvalidArgument);
    const fieldViolations = violations.map(({ field, description }) => ({ field, description }));
    this.details.push({ desc: BadRequestSchema, value: create(BadRequestSchema, { fieldViolations }) });
  }
}

export function wrongFields(violations: readonly [Violation, ...Violation[]]): WrongFields {
  const [first, ...others] = violations;
  const more = others.length > 0 ? `; and ${others.length} more` : '';
  return new WrongFields(`${first.field}: ${first.description}${more}`, violations);
}
