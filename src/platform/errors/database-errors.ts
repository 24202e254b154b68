import { isNativeError } from 'node:util/types';
import { QueryFailedError } from 'typeorm';
import { DatabaseError } from 'pg';
import { AppError, alreadyExists, failedPrecondition, invalidArgument } from './app-error.js';

const subjectBound = (): AppError =>
  new AppError(
    'aborted',
    'SUBJECT_BOUND',
    'The account or the member was bound at the same moment; try again.',
  );

/** Insert and let it fail: what a broken constraint means to the caller, by the constraint's name. */
const byConstraint: Record<string, () => AppError> = {
  member_email_key: () =>
    alreadyExists('MEMBER_EXISTS', 'Someone with this email is already in the organization.'),
  member_identity_key: () => alreadyExists('MEMBER_EXISTS', 'This person is already in the organization.'),
  member_role_fkey: () =>
    failedPrecondition('ROLE_IN_USE', 'The role is held by members, or no longer exists.'),
  member_manager_fkey: () =>
    invalidArgument([{ field: 'profile.manager_id', description: 'is not a member of this organization' }]),
  team_name_key: () => alreadyExists('TEAM_EXISTS', 'A team with this name already exists.'),
  group_name_key: () => alreadyExists('GROUP_EXISTS', 'A group with this name already exists.'),
  template_translation_locale_key: () =>
    alreadyExists('TRANSLATION_EXISTS', 'This version already has a translation into this language.'),
  sso_domain_owner_key: () => alreadyExists('DOMAIN_TAKEN', 'Another organization has proven this domain.'),
  sso_connection_pkey: () =>
    alreadyExists('RESERVATION_USED', 'A connection was created with this reservation; prepare another one.'),
  sso_subject_pkey: subjectBound,
  sso_subject_member_key: subjectBound,
  sso_connection_contract_key: () =>
    alreadyExists('SSO_PROVIDER_EXISTS', 'The organization has an SSO provider; delete it first.'),
  scim_user_name_key: () =>
    alreadyExists('USER_NAME_TAKEN', 'Another user of this connection has this userName.'),
  scim_user_external_key: () =>
    alreadyExists('EXTERNAL_ID_TAKEN', 'Another user of this connection has this externalId.'),
  scim_group_name_key: () =>
    alreadyExists('DISPLAY_NAME_TAKEN', 'Another group of this connection has this displayName.'),
  scim_group_external_key: () =>
    alreadyExists('EXTERNAL_ID_TAKEN', 'Another group of this connection has this externalId.'),
  role_name_key: () => alreadyExists('ROLE_EXISTS', 'A role with this name already exists.'),
  role_slug_key: () => alreadyExists('ROLE_EXISTS', 'A role with this name already exists.'),
};

const outOfRange = () =>
  invalidArgument([{ field: '', description: 'a number, time or id is malformed or out of range' }]);

const byState: Record<string, () => AppError> = {
  // The rules should have refused these values; they come from the client in any case.
  '22003': outOfRange,
  '22008': outOfRange,
  '22P02': outOfRange,
  // PostgreSQL stores any text but the NUL character.
  '22021': () => invalidArgument([{ field: '', description: 'text must not contain NUL characters' }]),
  '22P05': () => invalidArgument([{ field: '', description: 'text must not contain NUL characters' }]),
  '40001': () => new AppError('aborted', 'CONFLICT', 'The change conflicted with another one; try again.'),
  '40P01': () => new AppError('aborted', 'CONFLICT', 'The change conflicted with another one; try again.'),
  '57014': () =>
    new AppError('deadline_exceeded', 'DEADLINE_EXCEEDED', 'The call took longer than its deadline.'),
  '57P01': () =>
    new AppError('unavailable', 'DATABASE_UNAVAILABLE', 'The database is restarting; try again.'),
  '57P02': () =>
    new AppError('unavailable', 'DATABASE_UNAVAILABLE', 'The database is restarting; try again.'),
  '57P03': () => new AppError('unavailable', 'DATABASE_UNAVAILABLE', 'The database is starting; try again.'),
  '53300': () => new AppError('unavailable', 'DATABASE_UNAVAILABLE', 'The database is busy; try again.'),
};

const connectionErrors = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT']);

/** The AppError for a database error; undefined for an unexpected one. */
export function fromDatabaseError(error: unknown): AppError | undefined {
  const cause: unknown = error instanceof QueryFailedError ? error.driverError : error;
  const known = mappingFor(cause)?.();
  return known && new AppError(known.kind, known.reason, known.message, known.details, error);
}

function mappingFor(cause: unknown): (() => AppError) | undefined {
  if (cause instanceof DatabaseError) {
    return byConstraint[cause.constraint ?? ''] ?? byState[cause.code ?? ''];
  }
  // Errors of Node's core are not `instanceof` our Error everywhere; in Jest they are not.
  if (isNativeError(cause) && isConnectionError(cause)) {
    return () =>
      new AppError('unavailable', 'DATABASE_UNAVAILABLE', 'The database cannot be reached; try again.');
  }
  return undefined;
}

function isConnectionError(error: Error & { code?: string }): boolean {
  return (
    connectionErrors.has(error.code ?? '') ||
    /Connection terminated|timeout exceeded when trying to connect|not queryable/.test(error.message)
  );
}
