import { Injectable } from '@nestjs/common';
import type { Scope } from '../../../platform/scope/index.js';
import { MemberPrivacy } from '../../people/member/index.js';
import { PrivacySettings } from '../../people/organization/index.js';

/** Whether anything may be collected of the calling member. */
@Injectable()
export class Collection {
  constructor(
    private readonly settings: PrivacySettings,
    private readonly members: MemberPrivacy,
  ) {}

  /** The organization has turned behavioural analytics off, or the processing of the member's data is restricted. */
  async refusedBy(scope: Scope): Promise<'organization' | 'member' | undefined> {
    const [isOn, isRestricted] = await Promise.all([
      this.settings.isEnabled(scope, 'behavioral_analytics'),
      this.members.isRestricted(scope, scope.userId),
    ]);
    if (!isOn) return 'organization';
    return isRestricted ? 'member' : undefined;
  }
}
