import type { AppError, ErrorKind } from '../../../platform/errors/index.js';

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
export class ScimError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly scimType?: ScimType,
    readonly retryAfterSeconds?: number,
  ) {
    super(message);
    this.name = 'ScimError';
  }
}

export function invalid(scimType: ScimType, message: string): ScimError {
  return new ScimError(400, message, scimType);
}

const statuses: Record<ErrorKind, number> = {
  invalid_argument: 400,
  unauthenticated: 401,
  permission_denied: 403,
  not_found: 404,
  already_exists: 409,
  failed_precondition: 409,
  // Tried again, it may go through.
  aborted: 503,
  unavailable: 503,
  cancelled: 503,
  deadline_exceeded: 503,
  resource_exhausted: 429,
  unimplemented: 501,
  internal: 500,
};
const types: Partial<Record<ErrorKind, ScimType>> = {
  invalid_argument: 'invalidValue',
  already_exists: 'uniqueness',
};

export function scimErrorOf({ kind, message, details }: AppError): ScimError {
  const status = statuses[kind];
  const retryAfter = details.retryAfterSeconds ?? (status === 503 ? 1 : undefined);
  return new ScimError(status, message, types[kind], retryAfter);
}

export function errorBody({ status, message, scimType }: ScimError) {
  return { schemas: [errorSchema], status: String(status), ...(scimType && { scimType }), detail: message };
}
