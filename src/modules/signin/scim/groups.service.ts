import { Inject, Injectable } from '@nestjs/common';
import { v7 as uuid, validate as isId } from 'uuid';
import { CONFIG } from '../../../platform/config/config.module.js';
import type { Config } from '../../../platform/config/index.js';
import { notFound } from '../../../platform/errors/index.js';
import type { Scope } from '../../../platform/scope/index.js';
import { cleanName } from '../../../platform/text/index.js';
import type { Connection } from '../sso/index.js';
import { scimBaseUrl } from './base-url.js';
import { type ETagged, refuseMismatch } from './etag.js';
import { equalityOf, selectorOf } from './filter.js';
import { keyOf, mappingsFor, newMappings } from './group-mapping.rules.js';
import { GroupMembers } from './group-members.service.js';
import { type GroupMember, GroupStore, type ScimGroup } from './group.store.js';
import { listAnswer, type Page } from './paging.js';
import { applyOperation, type Operation } from './patch.js';
import { findTarget } from './attribute-path.js';
import type { Answer } from './projection.js';
import { isObject, readResource, textOf } from './resource.js';
import { attributeNamed, groupAttributes, groupSchema } from './schema.js';
import { invalid } from './scim-error.js';
import { ScimSettingsStore } from './scim-settings.store.js';
import { UserStore } from './user.store.js';

const schemas = { core: groupSchema.id, attributes: groupAttributes };
/** Members are rows and may be many: they are read and changed apart from the rest. */
const plainAttributes = groupAttributes.filter(({ name }) => name !== 'members');

/** In one answer, of all its groups together. */
const MOST_MEMBERS = 100_000;

interface Named {
  displayName: string;
  externalId: string | null;
}

/** Groups of a directory. */
@Injectable()
export class ScimGroups {
  private readonly baseUrl: string;

  constructor(
    private readonly store: GroupStore,
    private readonly members: GroupMembers,
    private readonly users: UserStore,
    private readonly settings: ScimSettingsStore,
    @Inject(CONFIG) config: Config,
  ) {
    this.baseUrl = scimBaseUrl(config.http.publicUrl);
  }

  async get(scope: Scope, connection: Connection, id: string, withMembers: boolean): Promise<ETagged> {
    const group = await this.find(scope, connection, id);
    const members = withMembers ? await this.shownMembers(scope, connection, [id]) : [];
    return { body: this.answerOf(group, members), etag: etagOf(group) };
  }

  async list(scope: Scope, connection: Connection, page: Page, withMembers: boolean): Promise<Answer> {
    const { items, total } = await this.store.list(scope, connection.id, page);
    const ids = items.map(({ id }) => id);
    const members = withMembers ? await this.shownMembers(scope, connection, ids) : [];
    const byGroup = Map.groupBy(members, ({ groupId }) => groupId);
    return listAnswer(
      items.map((group) => this.answerOf(group, byGroup.get(group.id) ?? [])),
      total,
      page,
    );
  }

  async create(scope: Scope, connection: Connection, body: unknown): Promise<ETagged> {
    const named = namedIn(body);
    const memberIds = await this.requireUsers(scope, connection, membersIn(body));
    const id = uuid();
    await this.store.insert(scope, connection.id, { id, ...named });
    const group = await this.find(scope, connection, id);
    await this.members.join(scope, connection, group, memberIds);
    await this.record(scope, group, 'scim_group_created');
    return this.get(scope, connection, id, true);
  }

  async replace(
    scope: Scope,
    connection: Connection,
    id: string,
    body: unknown,
    ifMatch: string | undefined,
  ): Promise<ETagged> {
    const named = namedIn(body);
    const wanted = membersIn(body);
    const group = await this.findForUpdate(scope, connection, id, ifMatch);
    const moved = await this.setMembers(scope, connection, group, wanted);
    await this.saveNames(scope, connection, group, named, moved > 0);
    return this.get(scope, connection, id, true);
  }

  async patch(
    scope: Scope,
    connection: Connection,
    id: string,
    operations: readonly Operation[],
    ifMatch: string | undefined,
  ): Promise<ETagged> {
    const group = await this.findForUpdate(scope, connection, id, ifMatch);
    let document = readResource(plainAttributes, { ...group });
    let moved = 0;
    for (const operation of operations) {
      const target = findTarget(schemas, operation.path ?? '');
      if (target?.chain[0].name === 'members') {
        if (target.chain.length > 1)
          throw invalid('invalidPath', 'Members can be added and removed, not changed; use their value.');
        moved += await this.changeMembers(scope, connection, group, operation, target.filter);
      } else document = applyOperation(schemas, document, operation);
    }
    await this.saveNames(scope, connection, group, namedIn(document), moved > 0);
    return this.get(scope, connection, id, false);
  }

  async delete(scope: Scope, connection: Connection, id: string, ifMatch: string | undefined): Promise<void> {
    const group = await this.findForUpdate(scope, connection, id, ifMatch);
    await this.setMembers(scope, connection, group, []);
    await this.store.delete(scope, connection.id, id);
    await this.record(scope, group, 'scim_group_deleted');
  }

  private async changeMembers(
    scope: Scope,
    connection: Connection,
    group: ScimGroup,
    { op, value }: Operation,
    filter: string | undefined,
  ): Promise<number> {
    if (filter !== undefined) {
      if (op !== 'remove') throw invalid('invalidPath', 'Members selected by a filter can only be removed.');
      const selected = await this.selected(scope, connection, group, filter);
      return this.members.leave(scope, connection, group, selected);
    }
    if (op === 'replace') return this.setMembers(scope, connection, group, idsIn(value));
    if (op === 'add') {
      const present = await this.requireUsers(scope, connection, idsIn(value));
      return this.members.join(scope, connection, group, present);
    }
    // Entra says in `value` who goes: only without one does everybody.
    if (value === undefined) return this.setMembers(scope, connection, group, []);
    return this.members.leave(scope, connection, group, idsIn(value).filter(isId));
  }

  private async selected(
    scope: Scope,
    connection: Connection,
    group: ScimGroup,
    filter: string,
  ): Promise<string[]> {
    const attribute = attributeNamed(groupAttributes, 'members');
    if (!attribute) throw new Error('Groups without members.');
    const said = equalityOf(attribute, filter);
    // The form that directories use in practice: `value eq "id"`.
    if (said && Object.keys(said).join() === 'value') return [textOf(said.value)].filter(isId);
    const selects = selectorOf(attribute, filter);
    const members = await this.store.members(scope, connection.id, [group.id]);
    return members
      .filter(({ userId, display }) => selects({ value: userId, display, type: 'User' }))
      .map(({ userId }) => userId);
  }

  /** How many came or went. */
  private async setMembers(
    scope: Scope,
    connection: Connection,
    group: ScimGroup,
    given: readonly string[],
  ): Promise<number> {
    const wanted = new Set(await this.requireUsers(scope, connection, given));
    const members = await this.store.members(scope, connection.id, [group.id]);
    const leaving = members.map(({ userId }) => userId).filter((userId) => !wanted.has(userId));
    const left = await this.members.leave(scope, connection, group, leaving);
    return left + (await this.members.join(scope, connection, group, [...wanted]));
  }

  /** All of them or a refusal: half of a group would be taken for the whole. */
  private async shownMembers(
    scope: Scope,
    connection: Connection,
    ids: readonly string[],
  ): Promise<GroupMember[]> {
    const members = await this.store.members(scope, connection.id, ids, MOST_MEMBERS + 1);
    if (members.length <= MOST_MEMBERS) return members;
    throw invalid(
      'tooMany',
      `The response would have more than ${MOST_MEMBERS} members; request fewer groups, or with excludedAttributes=members.`,
    );
  }

  /** Takes over the names, if they are others, and makes it another version if anything is. */
  private async saveNames(
    scope: Scope,
    connection: Connection,
    group: ScimGroup,
    named: Named,
    moved: boolean,
  ): Promise<void> {
    const renamed = named.displayName !== group.displayName || named.externalId !== group.externalId;
    if (!renamed && !moved) return;
    await this.store.update(scope, connection.id, { id: group.id, ...named });
    if (renamed) await this.applyRenamedMappings(scope, connection, group, named);
    await this.record(scope, { ...group, ...named }, 'scim_group_updated');
  }

  private async applyRenamedMappings(
    scope: Scope,
    connection: Connection,
    group: ScimGroup,
    named: Named,
  ): Promise<void> {
    const { mappings } = await this.settings.find(scope, connection.id);
    const [before, after] = [mappingsFor(mappings, group), mappingsFor(mappings, named)];
    const fresh = newMappings(before, after);
    // What another mapping of the new name leads to is kept.
    const kept = new Set(after.map(keyOf));
    const lost = newMappings(after, before).filter((mapping) => !kept.has(keyOf(mapping)));
    await this.members.revokeMappings(scope, connection, group, lost);
    if (fresh.length === 0) return;
    const members = await this.store.members(scope, connection.id, [group.id]);
    await this.members.grant(
      scope,
      connection,
      group,
      fresh,
      members.map(({ userId }) => userId),
    );
  }

  /** All of them, each once; refused when one is no user of the connection. */
  private async requireUsers(
    scope: Scope,
    connection: Connection,
    ids: readonly string[],
  ): Promise<string[]> {
    const given = [...new Set(ids.map((id) => id.toLowerCase()))];
    const present = await this.users.present(scope, connection.id, given.filter(isId));
    const stranger = given.find((id) => !present.has(id));
    if (stranger === undefined) return given;
    throw invalid(
      'invalidValue',
      `Members must be users of this connection, and no user has the id "${stranger.slice(0, 100)}".`,
    );
  }

  private async find(scope: Scope, connection: Connection, id: string): Promise<ScimGroup> {
    const group = isId(id) ? await this.store.find(scope, connection.id, id) : undefined;
    if (!group) throw notFound('group');
    return group;
  }

  private async findForUpdate(
    scope: Scope,
    connection: Connection,
    id: string,
    ifMatch: string | undefined,
  ): Promise<ScimGroup> {
    const group = isId(id) ? await this.store.findForUpdate(scope, connection.id, id) : undefined;
    if (!group) throw notFound('group');
    refuseMismatch(ifMatch, etagOf(group));
    return group;
  }

  private answerOf(group: ScimGroup, members: readonly GroupMember[]): Answer {
    const { id, displayName, externalId, createdAt, updatedAt } = group;
    return {
      schemas: [groupSchema.id],
      id,
      ...(externalId !== null && { externalId }),
      displayName,
      ...(members.length > 0 && {
        members: members.map(({ userId, display }) => ({
          value: userId,
          $ref: `${this.baseUrl}/Users/${userId}`,
          display,
          type: 'User',
        })),
      }),
      meta: {
        resourceType: 'Group',
        created: createdAt.toISOString(),
        lastModified: updatedAt.toISOString(),
        location: `${this.baseUrl}/Groups/${id}`,
        version: etagOf(group),
      },
    };
  }

  /** The contract has no audit event type for SCIM groups. */
  private record(scope: Scope, { id, displayName }: ScimGroup, change: string): Promise<void> {
    return scope.audit('SSO_CONFIGURED', {
      entityType: 'scim_group',
      entityId: id,
      metadata: { change, display_name: displayName.slice(0, 200) },
    });
  }
}

function etagOf({ version }: ScimGroup): string {
  return `W/"${version}"`;
}

function namedIn(body: unknown): Named {
  const document = readResource(plainAttributes, body);
  const displayName = cleanName(textOf(document.displayName));
  if (displayName === '')
    throw invalid('invalidValue', 'displayName is required, with at least one visible character.');
  return { displayName, externalId: textOf(document.externalId) || null };
}

function membersIn(body: unknown): string[] {
  if (!isObject(body)) return [];
  const members: unknown = Object.entries(body).find(([name]) => name.toLowerCase() === 'members')?.[1];
  return idsIn(members);
}

/** Ids of members, each as an object or, as some write it, as a text. */
function idsIn(value: unknown): string[] {
  if (value === undefined || value === null) return [];
  const given = Array.isArray(value) ? (value as unknown[]) : [value];
  return given.map((one) => {
    const id: unknown = isObject(one)
      ? Object.entries(one).find(([name]) => name.toLowerCase() === 'value')?.[1]
      : one;
    if (typeof id === 'string') return id.toLowerCase();
    throw invalid('invalidValue', 'A member must have the id of a user as its value.');
  });
}
