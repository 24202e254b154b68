import { Inject, Injectable } from '@nestjs/common';
import { CONFIG } from '../../../platform/config/config.module.js';
import type { Config } from '../../../platform/config/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { takesPasswords } from './password.rules.js';
import { PasswordSettingStore } from './password-setting.store.js';

export interface PasswordDecision {
  /** Null: the operator's default holds. */
  decided: boolean | null;
  enabled: boolean;
}

/** Whether members of an organization may sign in with a password. */
@Injectable()
export class PasswordSettings {
  constructor(
    private readonly store: PasswordSettingStore,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async get(scope: Scope): Promise<PasswordDecision> {
    return this.decision(await this.store.get(scope));
  }

  async decide(scope: Scope, decided: boolean | null): Promise<PasswordDecision> {
    await this.store.set(scope, decided);
    // Sessions that began with a password learn it with the membership.
    await scope.announceRevocation(`organization:${scope.orgId}`);
    await scope.audit('ORG_UPDATED', {
      entityType: 'organization',
      entityId: scope.orgId,
      metadata: { fields: 'passwords', passwords: decided === null ? 'default' : decided ? 'on' : 'off' },
    });
    return this.decision(decided);
  }

  private decision(decided: boolean | null): PasswordDecision {
    return { decided, enabled: takesPasswords(decided, this.config.dashboard.passwords) };
  }
}
