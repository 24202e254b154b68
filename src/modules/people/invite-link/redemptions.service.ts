import { Injectable } from '@nestjs/common';
import { refuseEntry } from '../../../platform/caller/organization-entry.rules.js';
import { notFound } from '../../../platform/errors/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { AddressLimits } from '../../../platform/throttle/address-limits.js';
import { Invitations, memberStatus } from '../member/index.js';
import { memberDeactivated, refuseEntrance, refuseLink } from './invite-link.rules.js';
import { type LinkWithOrganization, InviteLinkStore } from './invite-link.store.js';

const validations = {
  name: 'invite_link',
  limit: { burst: 10, perSecond: 10 / 60 },
  sentence: 'An address may look at 10 invite links a minute.',
};

/** People who follow a link. */
@Injectable()
export class Redemptions {
  constructor(
    private readonly store: InviteLinkStore,
    private readonly invitations: Invitations,
    private readonly limits: AddressLimits,
  ) {}

  /** The name of the organization, and an account for the address, so that its owner can sign in to redeem. */
  async validate(scope: Scope, input: { token: string; email: string }): Promise<string> {
    await this.limits.take(validations, scope.address ?? '');
    const id = await this.enter(scope, input.token);
    const link = await this.store.findById(scope, id);
    refuse(link, scope.now());
    await this.invitations.identify(scope, input.email);
    return link.organizationName;
  }

  /** The name of the organization in which the caller is an active member now. */
  async redeem(scope: Scope, token: string): Promise<string> {
    const id = await this.enter(scope, token);
    const link = await this.store.findByIdForUpdate(scope, id);
    if (!link) throw notFound('invite link');
    const inTheWay = refuseEntry(link.destination, scope.now());
    if (inTheWay) throw inTheWay;
    const elsewhere = refuseEntrance(link.destination, scope.orgId, scope.ssoOrgId);
    if (elsewhere) throw elsewhere;
    const member = await this.invitations.findMemberForUpdate(scope, scope.identityId);
    if (member?.status === memberStatus.active) return link.organizationName;
    if (member?.status === memberStatus.deactivated) throw memberDeactivated();
    refuse(link, scope.now());
    await this.store.use(scope, id);
    const { roleId, dataGovernanceRegion } = link;
    await this.invitations.join(scope, { member, roleId, dataGovernanceRegion, inviteLinkId: id });
    return link.organizationName;
  }

  /** Switches the scope to the organization of the token. Returns the id of the link. */
  private async enter(scope: Scope, token: string): Promise<string> {
    const found = await this.store.findByToken(token);
    if (!found) throw notFound('invite link');
    scope.adopt(found.orgId);
    return found.id;
  }
}

function refuse(link: LinkWithOrganization | undefined, now: Date): asserts link is LinkWithOrganization {
  if (!link) throw notFound('invite link');
  const refusal = refuseEntry(link.destination, now) ?? refuseLink(link, now);
  if (refusal) throw refusal;
}
