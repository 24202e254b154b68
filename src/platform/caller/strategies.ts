import { Injectable } from '@nestjs/common';
import { familyOfProjectKey, readApiKey, type ProjectKeyFamily } from '@dovecote/secret';
import passport from 'passport';
import { unauthenticated } from '../errors/index.js';
import { AccessTokens, type AccessTokenSubject } from './access-tokens.js';
import { ApiKeyDirectory } from './api-keys.directory.js';
import type { Credential, ProjectKeyCarrier } from './credential.js';
import { ExternalTokens } from './external-tokens.js';
import { ProjectKeyDirectory } from './project-keys.directory.js';
import type { Proven } from './proven.js';
import { type KnownSession, SessionDirectory, sessionEnded } from './sessions.directory.js';

/** What the caller guard hands to Passport in place of an HTTP request. */
export interface CredentialRequest {
  credential: Credential;
}

/** Passport's callback form around a function that finds who presents the credential. */
abstract class CredentialStrategy extends passport.Strategy {
  abstract override readonly name: string;

  override authenticate(request: unknown): void {
    // Passport hands on what the caller guard gave it.
    const { credential } = request as CredentialRequest;
    this.prove(credential).then(
      (proven) => (proven ? this.success(proven) : this.fail()),
      (error: unknown) => this.error(error),
    );
  }

  /** What the credential proved lately, if that still holds and takes no waiting. */
  abstract recall(credential: Credential): Proven | undefined;

  /** Undefined: not this strategy's kind of credential. */
  protected abstract prove(credential: Credential): Promise<Proven | undefined>;
}

@Injectable()
export class ApiKeyStrategy extends CredentialStrategy {
  override readonly name = 'api-key';

  constructor(private readonly apiKeys: ApiKeyDirectory) {
    super();
  }

  override recall(credential: Credential): Proven | undefined {
    return credential.kind === 'api_key' ? this.apiKeys.recall(credential.secret) : undefined;
  }

  protected override async prove(credential: Credential): Promise<Proven | undefined> {
    if (credential.kind !== 'api_key') return undefined;
    // The checksum in a key tells most made-up ones from ours without asking the database.
    const known = readApiKey(credential.secret) && (await this.apiKeys.find(credential.secret));
    if (!known) throw unauthenticated('API_KEY_INVALID', 'The API key is unknown, revoked or expired.');
    return known;
  }
}

@Injectable()
export class AccessTokenStrategy extends CredentialStrategy {
  override readonly name = 'access-token';

  constructor(
    private readonly tokens: AccessTokens,
    private readonly external: ExternalTokens,
    private readonly sessions: SessionDirectory,
  ) {
    super();
  }

  override recall(credential: Credential): Proven | undefined {
    const subject = credential.kind === 'access_token' ? this.tokens.recall(credential.token) : undefined;
    const session = subject && this.sessions.recallLive(subject.sessionId, subject.identityId);
    return session && personOf(subject, session);
  }

  protected override async prove(credential: Credential): Promise<Proven | undefined> {
    if (credential.kind !== 'access_token') return undefined;
    if (this.external.issued(credential.token)) return this.external.prove(credential.token);
    const subject = await this.tokens.verify(credential.token);
    const session = await this.sessions.findLive(subject.sessionId, subject.identityId);
    if (!session) throw sessionEnded();
    return personOf(subject, session);
  }
}

/** The families that may stand there; a key in a URL ends up in histories and logs, so it must be one that is public anyway. */
const familiesBy: Readonly<Record<ProjectKeyCarrier, readonly (ProjectKeyFamily | undefined)[]>> = {
  authorization: ['sdk', 'shared'],
  'x-api-key': ['public', 'private'],
  url: ['public'],
};

@Injectable()
export class ProjectKeyStrategy extends CredentialStrategy {
  override readonly name = 'project-key';

  constructor(private readonly keys: ProjectKeyDirectory) {
    super();
  }

  override recall(credential: Credential): Proven | undefined {
    return isInPlace(credential) ? this.keys.recall(credential.key) : undefined;
  }

  protected override async prove(credential: Credential): Promise<Proven | undefined> {
    if (credential.kind !== 'project_key') return undefined;
    const known = isInPlace(credential) && (await this.keys.find(credential.key));
    if (known) return known;
    const isOtherKey = credential.carrier === 'url' && familyOfProjectKey(credential.key) !== 'public';
    throw unauthenticated(
      'PROJECT_KEY_INVALID',
      isOtherKey ? 'beacon requests only support public API keys' : 'invalid API key',
    );
  }
}

function isInPlace(credential: Credential): credential is Credential & { kind: 'project_key' } {
  return (
    credential.kind === 'project_key' &&
    familiesBy[credential.carrier].includes(familyOfProjectKey(credential.key))
  );
}

function personOf(
  { identityId, sessionId, email, orgId, provenAt }: AccessTokenSubject,
  { ssoOrgId, byPasskey, byPassword, byDemo }: KnownSession,
): Proven {
  const person = { kind: 'person', identityId, email, sessionId, provenAt } as const;
  const proof = { byPasskey, byPassword, byDemo };
  return { caller: { ...person, ...proof, ssoOrgId: ssoOrgId ?? undefined }, claimedOrgId: orgId };
}
