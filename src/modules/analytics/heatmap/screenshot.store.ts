import { Injectable } from '@nestjs/common';
import { statement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';

export interface Screenshot {
  readonly screen: string;
  /** Empty: not told. */
  readonly appVersion: string;
  /** Names its file. */
  readonly id: string;
}

/** Screenshots of an organization; the oldest make room for new ones. */
const MOST_SCREENSHOTS = 500;

// What it replaces is returned. Of two at once the second one finds the row of the first when it writes, and not before: the
// file of the first is then found unused.
const save = statement(
  'screenshot.save',
  `with before as (
     select id from screenshot where org_id = $1 and screen_name = $2 and app_version = $3
   ), saved as (
     insert into screenshot (org_id, screen_name, app_version, id, uploaded_at) values ($1, $2, $3, $4, $5)
     on conflict (org_id, screen_name, app_version) do update set id = excluded.id, uploaded_at = excluded.uploaded_at
   )
   select id from before`,
);
const removeOldest = statement(
  'screenshot.remove_oldest',
  `delete from screenshot where org_id = $1 and id in (
     select id from screenshot where org_id = $1 order by uploaded_at desc, id desc offset ${MOST_SCREENSHOTS})
   returning id`,
);
const list = statement(
  'screenshot.list',
  `select screen_name as screen, app_version as "appVersion", id from screenshot where org_id = $1
    order by screen_name, uploaded_at desc, id`,
);
const findNewest = statement(
  'screenshot.find_newest',
  `select screen_name as screen, app_version as "appVersion", id from screenshot where org_id = $1 and screen_name = $2
    order by uploaded_at desc, id desc limit 1`,
);
const isUsed = statement('screenshot.is_used', 'select from screenshot where org_id = $1 and id = $2');

@Injectable()
export class ScreenshotStore {
  /** Returns the ids of those that it replaces, and of those for which there is no room any more. */
  async save(scope: Scope, { screen, appVersion, id }: Screenshot): Promise<string[]> {
    const tx = await scope.tx();
    const replaced = await tx.query<{ id: string }>(save, [scope.orgId, screen, appVersion, id, scope.now()]);
    const removed = await tx.query<{ id: string }>(removeOldest, [scope.orgId]);
    return [...replaced, ...removed].map((row) => row.id);
  }

  /** By screen, the newest of each first. */
  async list(scope: Scope): Promise<Screenshot[]> {
    return (await scope.tx()).query<Screenshot & Record<string, unknown>>(list, [scope.orgId]);
  }

  /** The newest of the screen, of whatever version. */
  async findNewest(scope: Scope, screen: string): Promise<Screenshot | undefined> {
    const values = [scope.orgId, screen];
    return (await scope.tx()).queryOne<Screenshot & Record<string, unknown>>(findNewest, values);
  }

  async isUsed(scope: Scope, id: string): Promise<boolean> {
    return (await (await scope.tx()).query(isUsed, [scope.orgId, id])).length > 0;
  }
}
