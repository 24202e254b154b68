import type { Timestamp } from '@bufbuild/protobuf/wkt';
import { type Permission as P } from '@dovecote/contract/pidgr/v1/common_pb';
import { MemberService } from '@dovecote/contract/pidgr/v1/member_pb';
import { RoleService } from '@dovecote/contract/pidgr/v1/role_pb';
import type { User } from '@dovecote/contract/pidgr/v1/user_pb';
import type { Actor, Cast } from './cast.js';
import { hire } from './members.js';
import type { TestServer } from './test-server.js';

/** A team or a group, as either service returns it. */
export interface RosterMessage {
  id: string;
  name: string;
  description: string;
  memberCount: number;
  createdAt?: Timestamp;
  updatedAt?: Timestamp;
  isDefault: boolean;
  createdBy: string;
}

interface PageOfInit {
  pageSize?: number;
  pageToken?: string;
}

interface PageOf<T> {
  items: T[];
  nextPageToken: string;
  totalCount: number;
}

/** What TeamService and GroupService have in common, in one vocabulary. */
export interface RosterClient {
  create(init: { name: string; description?: string }): Promise<RosterMessage>;
  get(id: string): Promise<RosterMessage>;
  list(pagination?: PageOfInit): Promise<PageOf<RosterMessage>>;
  update(init: { id: string; name?: string; description?: string }): Promise<RosterMessage>;
  delete(id: string): Promise<unknown>;
  add(id: string, userIds: string[]): Promise<RosterMessage>;
  remove(id: string, userIds: string[]): Promise<RosterMessage>;
  members(id: string, pagination?: PageOfInit): Promise<PageOf<User>>;
}

/** One of the twins: the service, and what is its own. */
export interface RosterTwin {
  word: 'team' | 'group';
  write: P;
  readAll: P;
  writeAll: P;
  of(who: Actor): RosterClient;
}

interface PageAnswer {
  pagination?: { nextPageToken: string; totalCount: number };
}

export function pageOf<T>(items: T[], { pagination }: PageAnswer): PageOf<T> {
  return {
    items,
    nextPageToken: pagination?.nextPageToken ?? '',
    totalCount: pagination?.totalCount ?? 0,
  };
}

/** What must be in an answer. */
export function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('The answer lacks what it is about.');
  return value;
}

let roles = 0;

/** A new member of Acme who holds these permissions and no others. */
export async function hireWith(server: TestServer, cast: Cast, permissions: P[]): Promise<Actor> {
  const member = await hire(server, cast.acme);
  const name = `Role ${(roles += 1)}`;
  const { role } = await cast.alice.client(RoleService).createRole({ name, permissions });
  const { userId } = member;
  await cast.alice.client(MemberService).updateUserRole({ userId, roleId: present(role).id });
  return member;
}
