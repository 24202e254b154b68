import { isDeepStrictEqual as same } from 'node:util';
import { Inject, Injectable } from '@nestjs/common';
import { validate as isId } from 'uuid';
import { CONFIG } from '../../../platform/config/config.module.js';
import type { Config } from '../../../platform/config/index.js';
import { notFound } from '../../../platform/errors/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { type DirectoryEntry, ProvisionedMembers } from '../../people/member/index.js';
import { Roles } from '../../people/role/index.js';
import { type Connection, Domains } from '../sso/index.js';
import { scimBaseUrl } from './base-url.js';
import { type ETagged, refuseMismatch } from './etag.js';
import { GroupMembers } from './group-members.service.js';
import { listAnswer, type Page } from './paging.js';
import { applyOperation, type Operation } from './patch.js';
import { type Document, readResource, textOf } from './resource.js';
import { userAttributes, userSchema } from './schema.js';
import { invalid, ScimError } from './scim-error.js';
import {
  addressesIn,
  currentDocument,
  managerIn,
  nameIn,
  profileIn,
  type ScimUser,
  toUser,
  versionOf,
  withdrawnFrom,
} from './user.mapper.js';
import { UserStore } from './user.store.js';

const schemas = { core: userSchema.id, attributes: userAttributes };

/** Users of a directory: members of the organization, as the directory wants them. */
@Injectable()
export class ScimUsers {
  private readonly baseUrl: string;

  constructor(
    private readonly store: UserStore,
    private readonly members: ProvisionedMembers,
    private readonly roles: Roles,
    private readonly domains: Domains,
    private readonly groups: GroupMembers,
    @Inject(CONFIG) config: Config,
  ) {
    this.baseUrl = scimBaseUrl(config.http.publicUrl);
  }

  async get(scope: Scope, connection: Connection, id: string, withGroups = true): Promise<ETagged> {
    const user = await this.find(scope, connection, id);
    const groups = withGroups ? await this.groups.groupsByUser(scope, connection, [user.id]) : undefined;
    return toUser(user, groups?.get(user.id) ?? [], this.baseUrl);
  }

  async list(
    scope: Scope,
    connection: Connection,
    page: Page,
    withGroups: boolean,
  ): Promise<ETagged['body']> {
    const { items, total } = await this.store.list(scope, connection.id, page);
    const ids = withGroups ? items.map(({ id }) => id) : [];
    const groups = await this.groups.groupsByUser(scope, connection, ids);
    return listAnswer(
      items.map((user) => toUser(user, groups.get(user.id) ?? [], this.baseUrl).body),
      total,
      page,
    );
  }

  /**
   * Creating a user that exists is a conflict, unless the request is a repetition. A user whom the directory
   * had deleted becomes the same member again.
   */
  async create(scope: Scope, connection: Connection, body: unknown): Promise<ETagged> {
    const document: Document = { active: true, ...complete(readResource(userAttributes, body)) };
    const email = await this.addressOf(scope, document);
    await this.store.claim(scope, email);
    const member = await this.members.findByEmailForUpdate(scope, email);
    const known = member && (await this.store.find(scope, connection.id, member.id));
    const externalId = textOf(document.externalId);
    if (known && externalId !== '' && externalId === textOf(known.document?.externalId)) {
      return this.get(scope, connection, known.id);
    }
    const isHeld = externalId !== '' && (await this.store.holderOf(scope, connection.id, externalId));
    if (known || isHeld) {
      const sentence = `A user with the address ${email} or with this externalId exists; find and update that user.`;
      throw new ScimError(409, sentence, 'uniqueness');
    }
    const userId = member ? await this.recreate(scope, connection, member.id, email, document) : undefined;
    return this.get(scope, connection, userId ?? (await this.admit(scope, connection, email, document)));
  }

  /** What is not sent is unassigned; who says nothing about `active` leaves it as it is. */
  async replace(
    scope: Scope,
    connection: Connection,
    id: string,
    body: unknown,
    ifMatch: string | undefined,
  ): Promise<ETagged> {
    const document = complete(readResource(userAttributes, body));
    const user = await this.findForUpdate(scope, connection, id, ifMatch);
    await this.change(scope, connection, user, document);
    return this.get(scope, connection, id);
  }

  async patch(
    scope: Scope,
    connection: Connection,
    id: string,
    operations: readonly Operation[],
    ifMatch: string | undefined,
  ): Promise<ETagged> {
    const user = await this.findForUpdate(scope, connection, id, ifMatch);
    // `active` changes only when an operation names it.
    const { active: _, ...current } = currentDocument(user);
    const patched = operations.reduce(
      (document, operation) => applyOperation(schemas, document, operation),
      current,
    );
    await this.change(scope, connection, user, complete(patched));
    return this.get(scope, connection, id);
  }

  /** Deactivates the member and changes nothing else: the rest of the request was refused. */
  async deactivate(
    scope: Scope,
    connection: Connection,
    id: string,
    ifMatch: string | undefined,
    { scimType, status }: ScimError,
  ): Promise<ETagged> {
    const user = await this.findForUpdate(scope, connection, id, ifMatch);
    const change = await this.members.updateFromDirectory(scope, id, { ...unsaid(user), active: false });
    if (change !== 'none') {
      const refused = scimType ?? String(status);
      await this.record(scope, connection, id, 'SCIM_USER_DEPROVISIONED', { refused });
    }
    return this.get(scope, connection, id);
  }

  /** Deactivates the member, who stays on record; the directory no longer sees the user. */
  async delete(scope: Scope, connection: Connection, id: string, ifMatch: string | undefined): Promise<void> {
    const user = await this.findForUpdate(scope, connection, id, ifMatch);
    const entry = { ...unsaid(user), active: false };
    await this.members.updateFromDirectory(scope, id, entry);
    await this.groups.leaveAllGroups(scope, connection, id);
    await this.store.forget(scope, connection.id, id);
    await this.record(scope, connection, id, 'SCIM_USER_DEPROVISIONED', { deleted: 'true' });
  }

  private async admit(
    scope: Scope,
    connection: Connection,
    email: string,
    document: Document,
  ): Promise<string> {
    const roles = await this.roles.list(scope);
    const chosen = roles.find(({ id }) => id === connection.provisioning.defaultRoleId);
    // A deleted default role falls back to the role of invitations.
    const role = chosen ?? (await this.roles.get(scope, ''));
    const { id } = await this.members.createMember(
      scope,
      await this.entryOf(scope, email, null, document),
      role,
    );
    await this.save(scope, connection, id, document);
    await this.record(scope, connection, id, 'SCIM_USER_PROVISIONED', { role: role.slug });
    return id;
  }

  /** A user whom the directory had deleted. */
  private async recreate(
    scope: Scope,
    connection: Connection,
    id: string,
    email: string,
    document: Document,
  ): Promise<string> {
    await this.members.updateFromDirectory(scope, id, await this.entryOf(scope, email, null, document));
    await this.save(scope, connection, id, document);
    await this.record(scope, connection, id, 'SCIM_USER_PROVISIONED', { linked: 'true' });
    return id;
  }

  private async change(
    scope: Scope,
    connection: Connection,
    user: ScimUser,
    document: Document,
  ): Promise<void> {
    const { id, document: before } = user;
    const email = await this.addressOf(scope, document, user);
    const entry = await this.entryOf(scope, email, before, document);
    const change = await this.members.updateFromDirectory(scope, id, entry);
    if (change === 'none' && same(currentDocument(user), { active: user.active, ...document })) return;
    await this.save(scope, connection, id, document);
    if (change === 'reactivated') await this.groups.grantAll(scope, connection, id);
    const event = change === 'deactivated' ? 'SCIM_USER_DEPROVISIONED' : 'SCIM_USER_UPDATED';
    await this.record(scope, connection, id, event, change === 'reactivated' ? { reactivated: 'true' } : {});
  }

  private save(scope: Scope, connection: Connection, userId: string, document: Document): Promise<void> {
    const userName = textOf(document.userName);
    const externalId = textOf(document.externalId) || null;
    return this.store.save(scope, connection.id, { userId, externalId, userName, document });
  }

  /** The first address in a proven domain; of a known user the one that they have, while the directory names it. */
  private async addressOf(scope: Scope, document: Document, user?: ScimUser): Promise<string> {
    const addresses = addressesIn(document);
    const before = user && addressesIn(currentDocument(user));
    // The addresses did not change: an accepted address stays, even if its domain is no longer proven.
    if (user && same(before, addresses)) return user.email;
    for (const address of addresses) if (await this.domains.covers(scope, address)) return address;
    throw invalid(
      'invalidValue',
      'Neither emails nor userName has an address in a domain that this organization has proven to own.',
    );
  }

  private async entryOf(
    scope: Scope,
    email: string,
    before: Document | null,
    document: Document,
  ): Promise<DirectoryEntry> {
    return {
      email,
      name: nameIn(document),
      profile: profileIn(document),
      withdrawn: withdrawnFrom(before, document),
      managerId: await this.managerOf(scope, before, document),
      active: document.active === undefined ? undefined : document.active === true,
    };
  }

  /** A manager who is not here yet is kept in what the directory said, and nowhere else. */
  private async managerOf(
    scope: Scope,
    before: Document | null,
    document: Document,
  ): Promise<string | null | undefined> {
    const said = managerIn(document).toLowerCase();
    if (said === '') return before && managerIn(before) !== '' ? null : undefined;
    const [manager] = isId(said) ? await this.members.find(scope, [said]) : [];
    return manager?.id ?? null;
  }

  private async find(scope: Scope, connection: Connection, id: string): Promise<ScimUser> {
    const user = isId(id) ? await this.store.find(scope, connection.id, id) : undefined;
    if (!user) throw notFound('user');
    return user;
  }

  /** As they are, locked until the scope ends. */
  private async findForUpdate(
    scope: Scope,
    connection: Connection,
    id: string,
    ifMatch: string | undefined,
  ): Promise<ScimUser> {
    await this.find(scope, connection, id);
    await this.members.findForUpdate(scope, id);
    const user = await this.find(scope, connection, id);
    refuseMismatch(ifMatch, versionOf(user));
    return user;
  }

  private record(
    scope: Scope,
    { id: connectionId }: Connection,
    userId: string,
    event: 'SCIM_USER_PROVISIONED' | 'SCIM_USER_UPDATED' | 'SCIM_USER_DEPROVISIONED',
    metadata: Record<string, string>,
  ): Promise<void> {
    return scope.audit(event, {
      entityType: 'user',
      entityId: userId,
      metadata: { connection_id: connectionId, ...metadata },
    });
  }
}

function complete(document: Document): Document {
  if (textOf(document.userName) !== '') return document;
  throw invalid('invalidValue', 'userName is required.');
}

/** An entry that says nothing new. */
function unsaid({ email, active }: ScimUser): DirectoryEntry {
  return { email, active, name: '', profile: {}, withdrawn: [], managerId: undefined };
}
