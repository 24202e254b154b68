import { Injectable } from '@nestjs/common';
import { PersonalData } from '../../../platform/personal-data/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { MemberStore } from './member.store.js';

/** Erases a person, in all organizations, as opposed to one of their memberships. */
@Injectable()
export class PersonErasure {
  constructor(
    private readonly store: MemberStore,
    private readonly personalData: PersonalData,
  ) {}

  /** With everything that the person signs in by. A person who is a member elsewhere stays as they are. */
  async erase(scope: Scope, identityId: string): Promise<void> {
    const email = await this.store.deleteIdentity(scope, identityId);
    if (email !== undefined) await this.personalData.erasePerson(scope, email);
  }
}
