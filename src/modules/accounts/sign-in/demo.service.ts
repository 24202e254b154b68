import { Inject, Injectable } from '@nestjs/common';
import { v7 as uuid } from 'uuid';
import { Permission } from '../../../platform/access/index.js';
import type { PersonCaller } from '../../../platform/caller/caller.js';
import { CONFIG } from '../../../platform/config/config.module.js';
import type { Config } from '../../../platform/config/index.js';
import { originOf, type Scope, Scopes } from '../../../platform/scope/index.js';
import { emailAddress } from '../../../platform/text/index.js';
import { Projects } from '../../analytics/project/index.js';
import { PersonStore, Sessions, type TokenPair } from '../../signin/auth/index.js';
import { demoUnavailable, isViewer } from './sign-in.rules.js';

/** An invited viewer also answers messages; a session of the demo account is refused that, as all calls that change something. */
const reading: ReadonlySet<number> = new Set([
  Permission.ORG_READ,
  Permission.MEMBERS_READ,
  Permission.INBOX_READ,
  Permission.INBOX_ACT,
  Permission.ANALYTICS_READ,
]);

/** Lets anyone see a dashboard, as an account that the operator has named. */
@Injectable()
export class DemoSignIn {
  constructor(
    private readonly people: PersonStore,
    private readonly projects: Projects,
    private readonly sessions: Sessions,
    private readonly scopes: Scopes,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** The account has to be a viewer of one organization, which has a project. */
  async open(scope: Scope): Promise<{ tokens: TokenPair; projectId: string }> {
    const email = emailAddress(this.config.dashboard.demoEmail ?? '');
    if (email === undefined) throw demoUnavailable();
    const origin = originOf(scope);
    const caller = await this.scopes.run({ ...origin, readOnly: true }, (inner) => this.find(inner, email));
    const projectId = caller && (await this.projectOf(scope, caller));
    if (!projectId) throw demoUnavailable();
    const tokens = await this.sessions.open(origin, caller, 'Demo', async () => {}, 'demo');
    return { tokens, projectId };
  }

  private async find(scope: Scope, email: string): Promise<PersonCaller | undefined> {
    const person = await this.people.findByEmail(scope, email);
    return person && { kind: 'person', identityId: person.id, email: person.email, sessionId: uuid() };
  }

  private async projectOf(scope: Scope, caller: PersonCaller): Promise<string | undefined> {
    const origin = { ...originOf(scope), readOnly: true };
    const memberships = await this.scopes.run({ ...origin, caller }, (inner) =>
      this.people.listMemberships(inner),
    );
    const [only, second] = memberships;
    if (!only || second || !isViewer(only.role.permissions, reading, Permission.ANALYTICS_READ))
      return undefined;
    const system = { kind: 'system', orgId: only.orgId } as const;
    const projects = await this.scopes.run({ ...origin, caller: system }, (inner) =>
      this.projects.list(inner),
    );
    return projects[0]?.id;
  }
}
