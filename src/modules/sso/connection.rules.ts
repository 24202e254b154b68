import { AppError, failedPrecondition, invalidArgument } from '../../platform/errors/index.js';
import { type Connection, connectionState } from './connection.js';
import { isAllowedRedirect } from './redirect.rules.js';

const MOST_CONNECTIONS = 20;

export function refuseAnother(count: number): AppError | undefined {
  if (count < MOST_CONNECTIONS) return undefined;
  return new AppError(
    'resource_exhausted',
    'TOO_MANY_CONNECTIONS',
    `An organization can have ${MOST_CONNECTIONS} connections; delete one first.`,
  );
}

/** Enforced, nobody could sign in any more. */
export function refuseLoss(
  connection: Pick<Connection, 'id'>,
  all: readonly Pick<Connection, 'id' | 'state'>[],
  enforced: boolean,
): AppError | undefined {
  const left = all.filter(({ id, state }) => state === connectionState.active && id !== connection.id);
  if (!enforced || left.length > 0) return undefined;
  return failedPrecondition(
    'LAST_ACTIVE_CONNECTION',
    'Single sign-on is enforced, and this is the last active connection; switch enforcement off first.',
  );
}

export interface MetadataSource {
  metadataUrl: string;
  metadataXml: string;
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

/** Browsers are sent there with a code: no organization decides alone where that may be. */
export function refuseRelayStates(
  relayStates: readonly string[],
  listed: readonly string[],
): AppError | undefined {
  const violations = relayStates.flatMap((uri, index) =>
    isAllowedRedirect(uri, listed)
      ? []
      : [
          {
            field: `saml.relay_states[${index}]`,
            description: 'is not one that this installation lists in SSO_REDIRECT_URIS',
          },
        ],
  );
  return violations.length > 0 ? invalidArgument(violations) : undefined;
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
