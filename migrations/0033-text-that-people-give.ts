import { domainToASCII } from 'node:url';
import type { MigrationInterface, QueryRunner } from 'typeorm';

interface Named {
  org_id: string;
  id: string;
  scope: string;
  name: string;
}

/**
 * Names are compared as people take them, which no function of PostgreSQL does in every locale: the key is written beside
 * the name. Of names that are twins already the oldest row keeps the key, and the others get one of their own.
 * Addresses that were stored before there was one form of them get it, where nobody else has it.
 */
export class TextThatPeopleGive implements MigrationInterface {
  readonly name = 'TextThatPeopleGive1000000000033';

  async up(runner: QueryRunner): Promise<void> {
    // The owner of the schema is no tenant; that it sees all of them ends with this transaction.
    const tables = ['role', 'roster', 'scim_group', 'member'];
    for (const table of tables) await runner.query(`alter table ${table} no force row level security`);
    await this.addKeys(runner, 'role', `''`);
    await this.addKeys(runner, 'roster', 'kind');
    await this.addKeys(runner, 'scim_group', 'connection_id::text');
    await this.rewriteAddresses(runner);
    for (const table of tables) await runner.query(`alter table ${table} force row level security`);
    await runner.query(`alter table role add constraint role_name_key unique (org_id, name_key)`);
    await runner.query(`drop index team_name_key`);
    await runner.query(`create unique index team_name_key on roster (org_id, name_key) where kind = 'team'`);
    await runner.query(`drop index group_name_key`);
    await runner.query(
      `create unique index group_name_key on roster (org_id, name_key) where kind = 'group'`,
    );
    await runner.query(`drop index scim_group_name_key`);
    await runner.query(
      `create unique index scim_group_name_key on scim_group (org_id, connection_id, name_key)`,
    );
  }

  /** `within`: what a name is unique in, beside the organization. */
  private async addKeys(runner: QueryRunner, table: string, within: string): Promise<void> {
    await runner.query(`alter table ${table} add name_key text`);
    const column = table === 'scim_group' ? 'display_name' : 'name';
    const rows = (await runner.query(
      `select org_id, id, ${within} as scope, ${column} as name from ${table} order by created_at, id`,
    )) as Named[];
    const taken = new Set<string>();
    const keys = rows.map(({ org_id: orgId, id, scope, name }) => {
      const plain = keyOf(name);
      const place = JSON.stringify([orgId, scope, plain]);
      // No key that is made of a name holds this separator.
      const key = taken.has(place) ? `${plain}\u001F${id}` : plain;
      taken.add(place);
      return { orgId, id, key };
    });
    await runner.query(
      `update ${table} t set name_key = g.key
         from unnest($1::uuid[], $2::uuid[], $3::text[]) as g (org_id, id, key)
        where t.org_id = g.org_id and t.id = g.id`,
      [keys.map(({ orgId }) => orgId), keys.map(({ id }) => id), keys.map(({ key }) => key)],
    );
    await runner.query(`alter table ${table} alter name_key set not null`);
  }

  private async rewriteAddresses(runner: QueryRunner): Promise<void> {
    const people = (await runner.query(
      `select id, email from identity where email !~ '^[!-~]+$' or email like '%.' order by created_at, id`,
    )) as { id: string; email: string }[];
    for (const { id, email } of people) {
      const address = addressOf(email);
      if (address === undefined || address === email) continue;
      await runner.query(
        `with changed as (
           update identity i set email = $2 where id = $1
              and not exists (select from identity o where o.email = $2)
              and not exists (select from member m join member n on n.org_id = m.org_id and n.email = $2
                               where m.identity_id = $1)
           returning id)
         update member m set email = $2 from changed c where m.identity_id = c.id`,
        [id, address],
      );
    }
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}

/** As src/platform/text had it on the day of this migration. */
function keyOf(name: string): string {
  return name
    .normalize('NFC')
    .replaceAll(/[\p{Zs}\t]+/gu, ' ')
    .replaceAll(/^\p{White_Space}+|\p{White_Space}+$/gu, '')
    .replaceAll(/\p{DI}/gu, '')
    .toUpperCase()
    .toLowerCase()
    .normalize('NFC');
}

function addressOf(email: string): string | undefined {
  const at = email.lastIndexOf('@');
  const domain = domainToASCII(email.slice(at + 1).replace(/\.$/, ''));
  const local = email.slice(0, at).normalize('NFC').toLowerCase();
  return at > 0 && domain !== '' && /^[^\s@]+$/.test(local) ? `${local}@${domain}` : undefined;
}
