import { Injectable } from '@nestjs/common';
import type { ApiKeyCaller, MemberCaller, PersonCaller } from '../../../platform/caller/caller.js';
import { originOf, type Scope, Scopes } from '../../../platform/scope/index.js';
import { ApiKeys } from '../../people/api-key/index.js';
import { type OwnMembership, PersonStore } from './person.store.js';

export interface SelfOfPerson {
  kind: 'person';
  email: string;
  sessionId: string;
  /** In the organization of this call; undefined before one is chosen. */
  current?: OwnMembership;
  memberships: OwnMembership[];
}

export interface SelfOfApiKey {
  kind: 'api_key';
  name: string;
  orgId: string;
}

export type Self = SelfOfPerson | SelfOfApiKey;

/** Tells callers who they are to us. */
@Injectable()
export class WhoAmI {
  constructor(
    private readonly people: PersonStore,
    private readonly apiKeys: ApiKeys,
    private readonly scopes: Scopes,
  ) {}

  async answer(scope: Scope): Promise<Self> {
    const { caller } = scope;
    if (caller.kind === 'api_key') return this.apiKey(scope, caller);
    if (caller.kind === 'member' || caller.kind === 'person') return this.person(scope, caller);
    throw new Error(`The access table admits no ${caller.kind} caller here.`);
  }

  private async apiKey(scope: Scope, caller: ApiKeyCaller): Promise<SelfOfApiKey> {
    const { name } = await this.apiKeys.get(scope, caller.keyId);
    return { kind: 'api_key', name, orgId: caller.orgId };
  }

  private async person(scope: Scope, caller: MemberCaller | PersonCaller): Promise<SelfOfPerson> {
    const { identityId, email, sessionId, ssoOrgId } = caller;
    // As a person, not as a member: their other organizations do not show inside of one.
    const person: PersonCaller = { kind: 'person', identityId, email, sessionId, ssoOrgId };
    const memberships = await this.scopes.run({ ...originOf(scope), caller: person }, (inner) =>
      this.people.listMemberships(inner),
    );
    const current =
      caller.kind === 'member' ? memberships.find(({ orgId }) => orgId === caller.orgId) : undefined;
    return { kind: 'person', email, sessionId, current, memberships };
  }
}
