import { Injectable } from '@nestjs/common';
import { statement } from '../../../platform/database/index.js';
import type { Scope } from '../../../platform/scope/index.js';

const get = statement(
  'organization.passwords_allowed',
  'select passwords_allowed as decided from organization where id = $1',
);
const set = statement(
  'organization.set_passwords_allowed',
  'update organization set passwords_allowed = $2 where id = $1',
);

/** What organizations have decided about passwords; null: nothing. */
@Injectable()
export class PasswordSettingStore {
  async get(scope: Scope): Promise<boolean | null> {
    const row = await (await scope.tx()).queryOne<{ decided: boolean | null }>(get, [scope.orgId]);
    return row?.decided ?? null;
  }

  async set(scope: Scope, decided: boolean | null): Promise<void> {
    await (await scope.tx()).execute(set, [scope.orgId, decided]);
  }
}
