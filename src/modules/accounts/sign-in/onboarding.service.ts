import { Inject, Injectable } from '@nestjs/common';
import { v7 as uuid } from 'uuid';
import { CONFIG } from '../../../platform/config/config.module.js';
import type { Config } from '../../../platform/config/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { resolvedZone } from '../../../platform/text/index.js';
import { ProjectKeys, Projects } from '../../analytics/project/index.js';
import { acceptAtSignIn } from '../../people/member/index.js';
import { Organizations } from '../../people/organization/index.js';
import { BelongingStore } from './belonging.store.js';
import { linkRefused, outcomeOf } from './sign-in.rules.js';

/** How a person comes to the sign-in. */
export interface Coming {
  /** The invited member whose mail was followed; undefined without one. */
  followed?: string;
  /** For the project of a new organization: an IANA name; anything else is UTC. */
  timezone: string;
}

/** Where people who sign in belong: what waits for them, else a new organization where sign-up is open. */
@Injectable()
export class Onboarding {
  constructor(
    private readonly belonging: BelongingStore,
    private readonly organizations: Organizations,
    private readonly projects: Projects,
    private readonly keys: ProjectKeys,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /**
   * Before the first query of the scope that opens the session: an organization that may be founded has to be known
   * when the transaction begins. Answers the id that its first member would have.
   */
  prepare(scope: Scope): string {
    const memberId = uuid();
    scope.adopt(uuid(), memberId);
    return memberId;
  }

  /**
   * Accepts invitations, and founds an organization with a project and its public key for a person who has none. Two
   * sign-ins of a person at once wait for each other: one founds. Throws where the person may not enter.
   */
  async admit(scope: Scope, memberId: string, { followed, timezone }: Coming): Promise<void> {
    const { identityId, requestId } = scope;
    await this.belonging.lock(scope, identityId);
    const arrival = { identityId, requestId, now: scope.now() };
    const accepted = await acceptAtSignIn(await scope.tx(), arrival, followed);
    // Accepting an invitation is what consumes its token.
    if (followed !== undefined && !accepted.some(({ userId }) => userId === followed)) throw linkRefused();
    const open = this.config.signUp === 'open';
    const outcome = outcomeOf(await this.belonging.list(scope, identityId), { open });
    if (outcome instanceof Error) throw outcome;
    if (outcome === 'found') await this.found(scope, memberId, timezone);
  }

  private async found(scope: Scope, memberId: string, timezone: string): Promise<void> {
    const admin = { id: memberId, identityId: scope.identityId };
    await this.organizations.foundOwn(scope, { name: 'default' }, admin);
    const zone = resolvedZone(timezone) === undefined ? '' : timezone;
    const project = await this.projects.create(scope, { name: 'default', zone });
    await this.keys.create(scope, { projectId: project.id, family: 'public', name: 'default' });
  }
}
