import { Injectable } from '@nestjs/common';
import type { PersonCaller } from './caller.js';
import type { Membership } from './memberships.directory.js';

/** Throws when the session does not admit the person; a promise where the entry is recorded before the call is answered. */
export type EntryRule = (person: PersonCaller, membership: Membership) => void | Promise<void>;

/** Whether a member may enter the organization with the session at hand: single sign-on decides, and contributes how. */
@Injectable()
export class EntryCheck {
  private rule: EntryRule | undefined;

  /** Called by a module when it starts. */
  contribute(rule: EntryRule): void {
    this.rule = rule;
  }

  /** Fails without a rule: enforcement of single sign-on must not depend on which modules are loaded. */
  pass(person: PersonCaller, membership: Membership): void | Promise<void> {
    if (!this.rule) throw new Error('No module has contributed the rule of who enters an organization.');
    return this.rule(person, membership);
  }
}
