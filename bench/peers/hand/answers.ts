import type { DescMethod } from '@bufbuild/protobuf';
import { CampaignService } from '@dovecote/contract/pidgr/v1/campaign_pb';
import { InboxService } from '@dovecote/contract/pidgr/v1/inbox_pb';
import { MemberService } from '@dovecote/contract/pidgr/v1/member_pb';
import { RoleService } from '@dovecote/contract/pidgr/v1/role_pb';
import { Pool, type PoolClient, type QueryResultRow } from 'pg';
import {
  type CampaignRow,
  campaign,
  cursor,
  type EntryRow,
  entry,
  type MemberRow,
  role,
  type RoleRow,
  type Form,
  user,
} from './messages.js';
import { statements } from './statements.js';

export interface HandWorld {
  /** Connects as the owner of the database, to whom row-level security does not apply. */
  readonly databaseUrl: string;
  readonly orgId: string;
  readonly reader: { readonly orgId: string; readonly userId: string };
}

interface HandAnswer {
  readonly method: DescMethod;
  readonly answer: (request: Record<string, unknown>, form: Form) => Promise<object>;
}

/** As many connections as the product has at once. */
const CONNECTIONS = 10;
const SYNC_LIMIT = 50;

/** The five calls: a connection, the statements in one flight, the message. */
export function answersOf({ databaseUrl, orgId, reader }: HandWorld): HandAnswer[] {
  const pool = new Pool({ connectionString: databaseUrl, max: CONNECTIONS, pipeline: true });
  const on = async <T>(work: (client: PoolClient) => Promise<T>): Promise<T> => {
    const client = await pool.connect();
    try {
      return await work(client);
    } finally {
      client.release();
    }
  };
  const rows = async <Row extends QueryResultRow>(
    client: PoolClient,
    statement: keyof typeof statements,
    values: unknown[],
  ): Promise<Row[]> =>
    (await client.query<Row>({ name: statement, text: statements[statement], values })).rows;
  const page = <Row extends QueryResultRow>(
    list: keyof typeof statements,
    count: keyof typeof statements,
    request: Record<string, unknown>,
  ): Promise<{ items: Row[]; pagination: object }> =>
    on(async (client) => {
      const { pageSize } = request.pagination as { pageSize: number };
      const [items, [total]] = await Promise.all([
        rows<Row>(client, list, [orgId, pageSize + 1]),
        rows<{ count: number }>(client, count, [orgId]),
      ]);
      return { items, pagination: { totalCount: total!.count } };
    });
  return [
    {
      method: CampaignService.method.listCampaigns,
      answer: async (request, form) => {
        const { items, pagination } = await page<CampaignRow>('campaigns', 'campaignCount', request);
        return { campaigns: items.map((row) => campaign(row, form)), ...named(pagination, form) };
      },
    },
    {
      method: RoleService.method.listRoles,
      answer: async (_request, form) => {
        const roles = await on((client) => rows<RoleRow>(client, 'roles', [orgId]));
        return { roles: roles.map((row) => role(row, form)) };
      },
    },
    {
      method: MemberService.method.listUsers,
      answer: async (request, form) => {
        const { items, pagination } = await page<MemberRow>('members', 'memberCount', request);
        return { users: items.map((row) => user(row, form)), ...named(pagination, form) };
      },
    },
    {
      method: InboxService.method.sync,
      answer: async (_request, form) => {
        const entries = await on((client) =>
          rows<EntryRow>(client, 'sync', [reader.orgId, reader.userId, SYNC_LIMIT]),
        );
        return {
          entries: entries.map((row) => entry(row, form)),
          nextSince: cursor(entries.at(-1)!.changedAt, form),
        };
      },
    },
    {
      method: InboxService.method.getMessage,
      answer: async (request, form) => {
        const [found] = await on((client) =>
          rows<EntryRow>(client, 'message', [reader.orgId, reader.userId, request.deliveryId]),
        );
        return { entry: entry(found!, form) };
      },
    },
  ];
}

/** JSON and code call it by different names. */
function named(pagination: object, form: Form): object {
  return form.json ? { paginationMeta: pagination } : { pagination };
}
