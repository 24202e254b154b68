import { Injectable } from '@nestjs/common';
import type { Scope } from '../../platform/scope/index.js';
import { Admissions, type Member, memberStatus, type Vouched } from '../member/index.js';
import { invitationDefault, type RoleEntity, Roles } from '../role/index.js';
import { type Connection, Domains } from '../sso/index.js';
import { type Attributes, emailIn, groupsIn, mappedRole, profileIn } from './attributes.rules.js';
import { LoginRefusal } from './login-refusal.js';
import { isWithinReach } from './reach.rules.js';
import { SubjectStore } from './subject.store.js';

/** What an index holds, whatever the characters. */
const LONGEST_SUBJECT = 512;

/** What a provider has proven about a person. */
export interface ProvenSubject {
  /** What the provider knows the person by. */
  subject: string;
  /** False: another one at the next login, so that it says nothing. */
  lasting: boolean;
  attributes: Attributes;
}

export interface Admitted {
  member: Member;
  email: string;
  groups: string[];
  /** What the admins should know, though the login is good; empty: nothing. */
  remark: string;
}

/** Who a person at the provider is here, and what they may do. Throws LoginRefusal. */
@Injectable()
export class Admission {
  constructor(
    private readonly domains: Domains,
    private readonly members: Admissions,
    private readonly roles: Roles,
    private readonly subjects: SubjectStore,
  ) {}

  async admit(scope: Scope, connection: Connection, proven: ProvenSubject): Promise<Admitted> {
    const { provisioning, id: connectionId } = connection;
    if (proven.subject.length > LONGEST_SUBJECT) {
      throw new LoginRefusal(
        'subject_too_long',
        `The provider calls the person by a name of ${proven.subject.length} characters.`,
      );
    }
    const email = emailIn(proven.attributes, provisioning.attributes.email, proven.subject);
    if (!email) throw new LoginRefusal('no_email', 'The provider sent no e-mail address.');
    const [isCovered, ownRoles, mappings] = await Promise.all([
      this.domains.covers(scope, email),
      this.roles.list(scope),
      this.subjects.profileMappings(scope),
    ]);
    if (!isCovered) {
      throw new LoginRefusal(
        'domain_not_proven',
        `The address ${email} is in no domain that this organization has proven to own.`,
      );
    }
    const groups = groupsIn(proven.attributes, provisioning.groupAttribute);
    const roles = new Map(ownRoles.map((role) => [role.id, role]));
    const { role, exceeding } = mappedRole(groups, provisioning.roleMappings, roles, connection.ceiling);
    const profile = profileIn(proven.attributes, provisioning.attributes, mappings);
    const name = [profile.firstName, profile.lastName].filter(Boolean).join(' ');
    const { known, boundId } = await this.knownFor(scope, connectionId, proven, email);
    if (known && !isWithinReach(connection, known.role.permissions, usualIn(ownRoles))) {
      throw new LoginRefusal('beyond_reach', `${email} may do more here than whoever set the connection up.`);
    }
    const { member, keptRole } = known
      ? await this.members.follow(scope, known, { email, name, profile, role })
      : await this.takeIn(scope, connection, {
          email,
          name,
          profile,
          role: role ?? roles.get(provisioning.defaultRoleId),
        });
    if (proven.lasting && !boundId) await this.subjects.bind(scope, connectionId, proven.subject, member.id);
    return { member, email, groups, remark: remarkOn(exceeding, keptRole && role !== undefined) };
  }

  /** The member, and who the provider's account has belonged to since an earlier login. */
  private async knownFor(
    scope: Scope,
    connectionId: string,
    { subject, lasting }: ProvenSubject,
    email: string,
  ): Promise<{ known: Member | undefined; boundId: string | undefined }> {
    const [boundId, named] = await Promise.all([
      lasting ? this.subjects.find(scope, connectionId, subject) : undefined,
      this.members.findByEmail(scope, email),
    ]);
    if (boundId && named && named.id !== boundId) {
      throw new LoginRefusal(
        'subject_taken',
        `The provider's account ${subject} belongs to another member than the address ${email}.`,
      );
    }
    const known = named ?? (boundId ? await this.members.find(scope, boundId) : undefined);
    if (known?.status !== memberStatus.deactivated) return { known, boundId };
    throw new LoginRefusal('member_deactivated', `The membership of ${email} has been deactivated.`);
  }

  private async takeIn(
    scope: Scope,
    { provisioning }: Connection,
    vouched: Vouched,
  ): Promise<{ member: Member; keptRole: boolean }> {
    if (!provisioning.createMembers) {
      throw new LoginRefusal(
        'not_a_member',
        `${vouched.email} is no member, and this connection takes in members only.`,
      );
    }
    // A default role that is gone, like none, is that of invitations.
    const role = vouched.role ?? (await this.roles.get(scope, ''));
    return { member: await this.members.admit(scope, { ...vouched, role }), keptRole: false };
  }
}

/** What whoever is invited without a role may do. */
function usualIn(roles: readonly RoleEntity[]): readonly number[] {
  return roles.find(({ slug }) => slug === invitationDefault)?.permissions ?? [];
}

function remarkOn(exceeding: RoleEntity | undefined, keptRole: boolean): string {
  if (exceeding) {
    return `The role ${exceeding.slug} was not given: it holds more than whoever set the connection up.`;
  }
  return keptRole ? 'The role was kept: this is the last active super admin.' : '';
}
