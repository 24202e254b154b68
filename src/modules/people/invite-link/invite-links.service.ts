import { Inject, Injectable } from '@nestjs/common';
import { type Envelope, generateToken } from '@dovecote/secret';
import { v7 as uuid } from 'uuid';
import { CONFIG } from '../../../platform/config/config.module.js';
import type { Config } from '../../../platform/config/index.js';
import { notFound } from '../../../platform/errors/index.js';
import { ENVELOPE } from '../../../platform/platform.module.js';
import type { Scope } from '../../../platform/scope/index.js';
import { grantsMore, refuseGrant, Roles } from '../role/index.js';
import { sealedColumn } from '../../../platform/sealed-columns/index.js';
import type { InviteLink, SharedLink } from './invite-link.js';
import { linkExpiry, refuseOverLimit } from './invite-link.rules.js';
import { InviteLinkStore } from './invite-link.store.js';

export interface InviteLinkRequest {
  /** Empty for the role that invitations fall back to. */
  roleId: string;
  maxUses: number;
  expiresInHours: number;
  dataGovernanceRegion: string;
}

/** The links of an organization, for those who invite. */
@Injectable()
export class InviteLinks {
  constructor(
    private readonly store: InviteLinkStore,
    private readonly roles: Roles,
    @Inject(ENVELOPE) private readonly envelope: Envelope,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async create(scope: Scope, request: InviteLinkRequest): Promise<{ link: SharedLink; url: string }> {
    const role = await this.roles.get(scope, request.roleId.toLowerCase());
    const exceeding = refuseGrant(role.permissions, scope.permissions);
    if (exceeding) throw exceeding;
    if (grantsMore(role)) scope.requireRecentProof();
    const refusal = refuseOverLimit(await this.store.countActiveForInsert(scope));
    if (refusal) throw refusal;
    const [id, token] = [uuid(), generateToken()];
    const link: InviteLink = {
      id,
      sealedToken: this.envelope.seal(token, sealContext(id)),
      roleId: role.id,
      dataGovernanceRegion: request.dataGovernanceRegion,
      maxUses: request.maxUses,
      useCount: 0,
      createdBy: scope.actorId,
      createdAt: scope.now(),
      expiresAt: linkExpiry(scope.now(), request.expiresInHours),
      revokedAt: null,
    };
    await this.store.insert(scope, token, link);
    await scope.audit('INVITE_LINK_CREATED', {
      entityType: 'invite_link',
      entityId: id,
      metadata: { role: role.slug, max_uses: String(link.maxUses) },
    });
    return { link: { ...link, token }, url: `${this.config.http.appUrl}/join?token=${token}` };
  }

  /** With the secrets of those that give the reader nothing that they could not give themselves, at this moment. */
  async list(scope: Scope): Promise<SharedLink[]> {
    const [links, roles] = await Promise.all([this.store.list(scope), this.roles.list(scope)]);
    const shareable = new Set(
      roles
        .filter((role) => !refuseGrant(role.permissions, scope.permissions))
        .filter((role) => scope.hasRecentProof || !grantsMore(role))
        .map(({ id }) => id),
    );
    return links.map((link) => ({ ...link, token: shareable.has(link.roleId) ? this.tokenOf(link) : '' }));
  }

  /** Revoking a link that is revoked already changes nothing. */
  async revoke(scope: Scope, id: string): Promise<void> {
    if (!(await this.store.find(scope, id))) throw notFound('invite link');
    if (!(await this.store.revoke(scope, id))) return;
    await scope.audit('INVITE_LINK_REVOKED', { entityType: 'invite_link', entityId: id });
  }

  private tokenOf({ id, sealedToken }: InviteLink): string {
    return this.envelope.open(sealedToken, sealContext(id)).toString();
  }
}

const sealContext = sealedColumn(
  { table: 'invite_link', column: 'sealed_token', places: ['id'] },
  (id) => `invite_link/${id}`,
);
