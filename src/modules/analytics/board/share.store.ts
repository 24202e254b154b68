import { Injectable } from '@nestjs/common';
import { hashToken } from '@dovecote/secret';
import { Database, statement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';

export interface ShareRow {
  readonly boardId: string;
  /** The token under the master key: members read it again. */
  readonly sealedToken: Buffer;
  readonly enabled: boolean;
  readonly expiresAt: Date | null;
}

/** Where a token leads. */
export interface FoundShare {
  readonly orgId: string;
  readonly boardId: string;
}

/** What a visitor's link leads to, as far as its organization and its project are concerned. */
export interface OpenShare {
  readonly projectId: string;
  readonly enabled: boolean;
  readonly expiresAt: Date | null;
}

const columns = `board_id as "boardId", sealed_token as "sealedToken", enabled, expires_at as "expiresAt"`;

const find = statement(
  'board_share.find',
  `select ${columns} from board_share where org_id = $1 and board_id = $2`,
);
const listOfProject = statement(
  'board_share.list_of_project',
  `select ${columns} from board_share
    where org_id = $1 and enabled and board_id in (select id from board where org_id = $1 and project_id = $2)`,
);
const replace = statement(
  'board_share.replace',
  `insert into board_share (org_id, board_id, token_hash, sealed_token, enabled, expires_at, created_by, created_at)
   values ($1, $2, $3, $4, true, $5, $6, $7)
   on conflict (org_id, board_id) do update
      set token_hash = excluded.token_hash, sealed_token = excluded.sealed_token, enabled = true,
          expires_at = excluded.expires_at, created_by = excluded.created_by, created_at = excluded.created_at`,
);
const update = statement(
  'board_share.update',
  'update board_share set enabled = $3, expires_at = $4 where org_id = $1 and board_id = $2',
);
const remove = statement('board_share.delete', 'delete from board_share where org_id = $1 and board_id = $2');
const findByToken = statement(
  'board_share.find_by_token',
  `select org_id as "orgId", board_id as "boardId" from board_share where token_hash = $1`,
);
const open = statement(
  'board_share.open',
  `select b.project_id as "projectId", s.enabled, s.expires_at as "expiresAt"
     from board_share s join board b on b.org_id = s.org_id and b.id = s.board_id
    where s.org_id = $1 and s.board_id = $2 and s.token_hash = $3`,
);

/** Links of boards. A change of one holds the lock of the board's row. */
@Injectable()
export class ShareStore {
  constructor(private readonly database: Database) {}

  async find(scope: Scope, boardId: string): Promise<ShareRow | undefined> {
    return (await scope.tx()).queryOne<ShareRow>(find, [scope.orgId, boardId]);
  }

  /** Those that are turned on, expired ones among them. */
  async listOfProject(scope: Scope): Promise<ShareRow[]> {
    return (await scope.tx()).query<ShareRow>(listOfProject, [scope.orgId, scope.project.id]);
  }

  /** The one link of the board, turned on. */
  async replace(
    scope: Scope,
    boardId: string,
    { token, sealedToken, expiresAt }: { token: string; sealedToken: Buffer; expiresAt: Date | null },
  ): Promise<void> {
    const values = [hashToken(token), sealedToken, expiresAt, scope.actorId || null, scope.now()];
    await (await scope.tx()).execute(replace, [scope.orgId, boardId, ...values]);
  }

  async update(scope: Scope, { boardId, enabled, expiresAt }: Omit<ShareRow, 'sealedToken'>): Promise<void> {
    await (await scope.tx()).execute(update, [scope.orgId, boardId, enabled, expiresAt]);
  }

  async delete(scope: Scope, boardId: string): Promise<void> {
    await (await scope.tx()).execute(remove, [scope.orgId, boardId]);
  }

  /**
   * In a separate transaction, which row-level security opens by the token: the organization is known only
   * afterwards.
   */
  findByToken(token: string): Promise<FoundShare | undefined> {
    const hash = hashToken(token);
    const lookup = { kind: 'board_share', key: hash.toString('hex') } as const;
    return this.database.transaction({ lookup, readOnly: true }, (tx) =>
      tx.queryOne<FoundShare>(findByToken, [hash]),
    );
  }

  /** Undefined: the board has another link by now, or none. */
  async open(scope: Scope, boardId: string, token: string): Promise<OpenShare | undefined> {
    return (await scope.tx()).queryOne<OpenShare>(open, [scope.orgId, boardId, hashToken(token)]);
  }
}
