import type { ErrorKind } from '../../../platform/errors/index.js';
import { PlainError, type Refusal } from '../../../platform/http/door/index.js';

/** RFC 7644, table 9. */
export type ScimType =
  | 'invalidFilter'
  | 'invalidPath'
  | 'invalidSyntax'
  | 'invalidValue'
  | 'mutability'
  | 'noTarget'
  | 'tooMany'
  | 'uniqueness';

const errorSchema = 'urn:ietf:params:scim:api:messages:2.0:Error';

/** A refusal in SCIM's format; its text is for the admin of the directory. */
export class ScimError extends PlainError {
  constructor(
    status: number,
    message: string,
    readonly scimType?: ScimType,
    retryAfterSeconds?: number,
  ) {
    super(status, message, retryAfterSeconds);
    this.name = 'ScimError';
  }
}

export function invalid(scimType: ScimType, message: string): ScimError {
  return new ScimError(400, message, scimType);
}

const types: Partial<Record<ErrorKind, ScimType>> = {
  invalid_argument: 'invalidValue',
  already_exists: 'uniqueness',
};

/** The same refusal in the words of SCIM. */
export function scimErrorOf({ status, message, kind, retryAfterSeconds, error }: Refusal): ScimError {
  if (error instanceof ScimError) return error;
  return new ScimError(status, message, kind && types[kind], retryAfterSeconds);
}

export function errorBody({ status, message, scimType }: ScimError) {
  return { schemas: [errorSchema], status: String(status), ...(scimType && { scimType }), detail: message };
}
