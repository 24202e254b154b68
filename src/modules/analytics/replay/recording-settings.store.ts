import { Injectable } from '@nestjs/common';
import { statement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';

const find = statement(
  'recording_setting.find',
  'select retention_days as days from recording_setting where org_id = $1',
);
const save = statement(
  'recording_setting.save',
  `insert into recording_setting (org_id, retention_days) values ($1, $2)
   on conflict (org_id) do update set retention_days = excluded.retention_days`,
);

@Injectable()
export class RecordingSettingsStore {
  /** Undefined in an organization that has recorded nothing yet, and set nothing. */
  async findDays(scope: Scope): Promise<number | undefined> {
    return (await (await scope.tx()).queryOne<{ days: number }>(find, [scope.orgId]))?.days;
  }

  async saveDays(scope: Scope, days: number): Promise<void> {
    await (await scope.tx()).execute(save, [scope.orgId, days]);
  }
}
