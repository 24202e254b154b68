import { Injectable } from '@nestjs/common';
import type { Scope } from '../../../platform/scope/index.js';
import { SsoMembers, type Member, memberStatus, type AssertedProfile } from '../../people/member/index.js';
import { invitationDefault, type RoleEntity, Roles } from '../../people/role/index.js';
import { type Connection, Domains, type Provisioning } from '../sso/index.js';
import { type Attributes, emailsIn, groupsIn, isWithin, mappedRole, profileIn } from './attributes.rules.js';
import { LoginRefusal } from './login-refusal.js';
import { isWithinCeiling } from './permission-ceiling.rules.js';
import { chosenAddress } from './subject.rules.js';
import { SubjectStore } from './subject.store.js';

/** What an index holds, whatever the characters. */
const LONGEST_SUBJECT = 512;

/** What a provider has proven about a person. */
export interface ProvenSubject {
  /** What the provider knows the person by. */
  subject: string;
  /** False: it may be another one, or another person's, at the next login, so that it says nothing. */
  lasting: boolean;
  attributes: Attributes;
  /** The attribute whose addresses the provider says that it has verified. */
  verified?: string;
  /** Why the groups are not known, in a sentence; empty: they are. */
  withheld: string;
}

export interface Admitted {
  member: Member;
  email: string;
  groups: string[];
  /** What the admins should know, though the login is good; empty: nothing. */
  remark: string;
}

/** The member that an account at the provider stands for. */
interface Recognized {
  email: string;
  known: Member | undefined;
  isBound: boolean;
}

/** The role that a login leads to; undefined where it changes nothing. */
interface Decided {
  role: RoleEntity | undefined;
  /** A group of the person gave it. */
  isMapped: boolean;
  remark: string;
}

/**
 * Maps an account at the provider to a member and a role; creates or updates the member. Throws LoginRefusal.
 */
@Injectable()
export class LoginAdmission {
  constructor(
    private readonly domains: Domains,
    private readonly members: SsoMembers,
    private readonly roles: Roles,
    private readonly subjects: SubjectStore,
  ) {}

  async admit(scope: Scope, connection: Connection, proven: ProvenSubject): Promise<Admitted> {
    const { provisioning, id: connectionId } = connection;
    if (proven.subject.length > LONGEST_SUBJECT) {
      throw new LoginRefusal(
        'subject_too_long',
        `The subject (NameID or sub) has ${proven.subject.length} characters.`,
      );
    }
    const { email, known, isBound } = await this.recognize(scope, connection, proven);
    const [ownRoles, mappings] = await Promise.all([
      this.roles.list(scope),
      this.subjects.profileMappings(scope),
    ]);
    if (known && !isWithinCeiling(connection, known.role.permissions, invitationPermissions(ownRoles))) {
      const told = `${email} holds more permissions than the admin who set the connection up.`;
      throw new LoginRefusal('beyond_reach', told, { userId: known.id });
    }
    const groups = groupsIn(proven.attributes, provisioning.groupAttribute);
    const decided = await this.roleFor(scope, connection, { known, groups, ownRoles, proven });
    const profile = profileIn(proven.attributes, provisioning.attributes, mappings);
    const name = [profile.firstName, profile.lastName].filter(Boolean).join(' ');
    const asserted: AssertedProfile = { email, name, profile, role: decided.role };
    const { member, keptRole } = known
      ? await this.members.updateFromProvider(scope, known, asserted)
      : await this.createMember(scope, connection, asserted);
    if (proven.lasting && !isBound) {
      const { subject } = proven;
      await this.subjects.bind(scope, { connectionId, subject, userId: member.id, createdAt: scope.now() });
    }
    await this.recordMappedRole(scope, connectionId, member, decided);
    const kept =
      keptRole && decided.role ? 'The role was not changed: this is the last active super admin.' : '';
    return { member, email, groups, remark: [decided.remark, kept].filter(Boolean).join(' ') };
  }

  /** By the account that the provider names for good; by the address where it names none, or a new one. */
  private async recognize(
    scope: Scope,
    { id, provisioning }: Connection,
    by: ProvenSubject,
  ): Promise<Recognized> {
    const named = emailsIn(by.attributes, provisioning.attributes.email, by.subject, by.verified);
    if (named.length === 0) throw new LoginRefusal('no_email', 'The provider sent no e-mail address.');
    const boundId = by.lasting ? await this.subjects.find(scope, id, by.subject) : undefined;
    const bound = boundId === undefined ? undefined : await this.members.find(scope, boundId);
    const email = chosenAddress(await this.provenIn(scope, named), bound?.email);
    if (email === undefined) {
      throw new LoginRefusal(
        'domain_not_proven',
        `${named.flat().join(', ')}: not in a domain that this organization has proven.`,
      );
    }
    const owner = await this.members.findByEmail(scope, email);
    if (bound && owner && owner.id !== bound.id) {
      const told = `The provider's account ${by.subject} is bound to another member than the one with the address ${email}.`;
      throw new LoginRefusal('subject_taken', told, { userId: bound.id });
    }
    const known = bound ?? owner;
    if (known?.status === memberStatus.deactivated) {
      const told = `The membership of ${email} has been deactivated.`;
      throw new LoginRefusal('member_deactivated', told, { userId: known.id });
    }
    if (known && !bound && by.lasting) await this.refuseSecond(scope, id, by.subject, known);
    return { email, known, isBound: bound !== undefined };
  }

  /** Without those in domains that are not the organization's. */
  private async provenIn(scope: Scope, named: readonly string[][]): Promise<string[][]> {
    const proven: string[][] = [];
    for (const addresses of named) {
      const covered = await Promise.all(addresses.map((email) => this.domains.covers(scope, email)));
      proven.push(addresses.filter((_, index) => covered[index]));
    }
    return proven;
  }

  /**
   * Refuses a second account for a member: the provider may have reassigned the address to another person.
   */
  private async refuseSecond(
    scope: Scope,
    connectionId: string,
    subject: string,
    member: Member,
  ): Promise<void> {
    const own = await this.subjects.exclusiveOf(scope, connectionId, member.id);
    if (own === undefined) return;
    throw new LoginRefusal(
      'second_subject',
      `The member with the address ${member.email} is bound to the provider's account ${own}, not to ${subject}.`,
      { userId: member.id },
    );
  }

  /**
   * The role that the groups map to. A role that came from groups is revoked when the groups no longer map to
   * it.
   */
  private async roleFor(
    scope: Scope,
    { id, provisioning, ceiling }: Connection,
    by: { known: Member | undefined; groups: string[]; ownRoles: RoleEntity[]; proven: ProvenSubject },
  ): Promise<Decided> {
    const { known, groups, ownRoles } = by;
    const roles = new Map(ownRoles.map((role) => [role.id, role]));
    const { role, exceeding } = mappedRole(groups, provisioning.roleMappings, roles, ceiling);
    if (role) return { role, isMapped: true, remark: '' };
    const usual = await this.usualRole(scope, provisioning, roles, ceiling);
    const withheld = provisioning.roleMappings.length > 0 ? by.proven.withheld : '';
    const remark = exceeding ? exceedingRemark(exceeding) : withheld;
    if (!known) return { role: usual, isMapped: false, remark };
    const given = await this.subjects.mappedRole(scope, id, known.id);
    const isTakenBack = given === known.role.id && !exceeding && withheld === '';
    return { role: isTakenBack ? usual : undefined, isMapped: false, remark };
  }

  /**
   * The default role of new members. Falls back to the role of invitations when it was deleted or exceeds the
   * ceiling.
   */
  private async usualRole(
    scope: Scope,
    { defaultRoleId }: Provisioning,
    roles: ReadonlyMap<string, RoleEntity>,
    ceiling: readonly number[],
  ): Promise<RoleEntity> {
    const role = roles.get(defaultRoleId);
    return role && isWithin(role, ceiling) ? role : this.roles.get(scope, '');
  }

  private async recordMappedRole(
    scope: Scope,
    connectionId: string,
    member: Member,
    { role, isMapped }: Decided,
  ): Promise<void> {
    if (!role || member.role.id !== role.id) return;
    if (isMapped) await this.subjects.rememberRole(scope, connectionId, member.id, role.id);
    else await this.subjects.forgetRole(scope, connectionId, member.id);
  }

  private async createMember(
    scope: Scope,
    { provisioning }: Connection,
    asserted: AssertedProfile,
  ): Promise<{ member: Member; keptRole: boolean }> {
    if (!provisioning.createMembers) {
      throw new LoginRefusal(
        'not_a_member',
        `${asserted.email} is not a member, and this connection does not create members.`,
      );
    }
    const role = asserted.role ?? (await this.roles.get(scope, ''));
    return { member: await this.members.createMember(scope, { ...asserted, role }), keptRole: false };
  }
}

/** The permissions of the role that invitations give by default. */
function invitationPermissions(roles: readonly RoleEntity[]): readonly number[] {
  return roles.find(({ slug }) => slug === invitationDefault)?.permissions ?? [];
}

function exceedingRemark({ slug }: RoleEntity): string {
  return `The role ${slug} was not given: it holds more permissions than the admin who set the connection up.`;
}
