import { organizationPermissions } from '../../../platform/access/index.js';
import {
  AppError,
  failedPrecondition,
  invalidArgument,
  permissionDenied,
} from '../../../platform/errors/index.js';
import { type Connection, connectionState } from './connection.js';
import { isAllowedRedirect } from './redirect.rules.js';

const MOST_CONNECTIONS = 20;

/** The number of an activation that comes after all those of the organization. */
export function nextActivation(all: readonly Pick<Connection, 'activation'>[]): number {
  return 1 + Math.max(0, ...all.map(({ activation }) => activation ?? 0));
}

export function refuseOverLimit(count: number): AppError | undefined {
  if (count < MOST_CONNECTIONS) return undefined;
  return new AppError(
    'resource_exhausted',
    'TOO_MANY_CONNECTIONS',
    `An organization can have ${MOST_CONNECTIONS} connections; delete one first.`,
  );
}

/** The limit of a connection set up by a caller with these permissions. */
export function permissionCeiling(
  permissions: ReadonlySet<number>,
): Pick<Connection, 'ceiling' | 'unrestricted'> {
  return {
    ceiling: [...permissions],
    unrestricted: organizationPermissions.every((permission) => permissions.has(permission)),
  };
}

/** An admin who changes the provider of a connection could sign in as any member it admits. */
export function refuseBeyondOwnPermissions(
  { ceiling, unrestricted }: Pick<Connection, 'ceiling' | 'unrestricted'>,
  permissions: ReadonlySet<number>,
): AppError | undefined {
  const isEnough = unrestricted
    ? permissionCeiling(permissions).unrestricted
    : ceiling.every((one) => permissions.has(one));
  if (isEnough) return undefined;
  return permissionDenied(
    'CONNECTION_EXCEEDS_OWN',
    'The admin who set this connection up holds more permissions than you; ask that admin to change it, or create another connection.',
  );
}

/** While SSO is enforced, at least one active connection must admit every member, super admins included. */
export function refuseLastConnection(
  connection: Pick<Connection, 'id'>,
  all: readonly Pick<Connection, 'id' | 'state' | 'unrestricted'>[],
  enforced: boolean,
): AppError | undefined {
  if (!enforced || all.some((one) => one.id !== connection.id && admitsAnyMember(one))) return undefined;
  return failedPrecondition(
    'LAST_ACTIVE_CONNECTION',
    'Single sign-on is enforced, and this is the last active connection that admits every member; switch enforcement off first.',
  );
}

export function admitsAnyMember({
  state,
  unrestricted,
}: Pick<Connection, 'state' | 'unrestricted'>): boolean {
  return state === connectionState.active && unrestricted;
}

export interface MetadataSource {
  metadataUrl: string;
  metadataXml: string;
}

/**
 * Where the metadata of a connection is: what is given, or, for another provider of the same metadata, where it was. Known:
 * nothing new is given.
 */
export function sourceOf(
  before: Pick<Connection, 'saml' | 'idp'> | null,
  given: MetadataSource & { idpEntityId?: string },
): MetadataSource & { isKnown: boolean } {
  const { metadataUrl, metadataXml, idpEntityId = '' } = given;
  if (!before || metadataUrl !== '' || metadataXml !== '')
    return { metadataUrl, metadataXml, isKnown: false };
  if (idpEntityId === '' || idpEntityId === before.idp?.entityId) {
    return { metadataUrl, metadataXml, isKnown: true };
  }
  return { metadataUrl: before.saml?.metadataUrl ?? '', metadataXml, isKnown: false };
}

export function refuseSource({ metadataUrl, metadataXml }: MetadataSource): AppError | undefined {
  if (metadataUrl === '' && metadataXml === '') {
    return invalidArgument([
      { field: 'saml.metadata_url', description: 'is needed, or the metadata itself in saml.metadata_xml' },
    ]);
  }
  if (metadataUrl !== '' && metadataXml !== '') {
    return invalidArgument([
      { field: 'saml.metadata_xml', description: 'must be empty where saml.metadata_url is given' },
    ]);
  }
  return undefined;
}

const LONGEST_RELAY_STATE = 2048;

/** Browsers are sent there with a code: no organization decides alone where that may be. */
export function refuseRelayStates(
  relayStates: readonly string[],
  listed: readonly string[],
): AppError | undefined {
  const violations = relayStates.flatMap((uri, index) => {
    const description = relayStateDefect(uri, listed);
    return description ? [{ field: `saml.relay_states[${index}]`, description }] : [];
  });
  return violations.length > 0 ? invalidArgument(violations) : undefined;
}

function relayStateDefect(uri: string, listed: readonly string[]): string | undefined {
  if (uri.length > LONGEST_RELAY_STATE) return `must have at most ${LONGEST_RELAY_STATE} characters`;
  return isAllowedRedirect(uri, listed)
    ? undefined
    : 'is not one that this installation lists in SSO_REDIRECT_URIS';
}

/** What a connection cannot work without. */
export function refuseActivation(connection: Connection): AppError | undefined {
  if (!connection.oidc || (connection.oidc.clientId !== '' && connection.sealedClientSecret))
    return undefined;
  return failedPrecondition(
    'CLIENT_MISSING',
    'The connection has no client id and secret yet; set them before it is activated.',
  );
}
