import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What a directory's group gave to each of its people, as `target:id`: it is taken back when they leave, and what somebody
 * else gave is not. What mapped groups seem to have given before counts as given by them.
 */
export class WhatGroupsGave implements MigrationInterface {
  readonly name = 'WhatGroupsGave1000000000034';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table scim_group_member add gave text[] not null default '{}'`);
    // The owner of the schema is no tenant; that it sees all of them ends with this transaction.
    const tables = ['scim_group_member', 'scim_group', 'scim_connection', 'member', 'roster_member'];
    for (const table of tables) await runner.query(`alter table ${table} no force row level security`);
    await runner.query(`
      with given as (
        select x.org_id, x.connection_id, x.group_id, x.user_id,
               array_agg(distinct concat(m.target, ':', m."targetId")) as gave
          from scim_group_member x
          join scim_group g on g.org_id = x.org_id and g.connection_id = x.connection_id and g.id = x.group_id
          join scim_connection c on c.org_id = x.org_id and c.connection_id = x.connection_id
         cross join lateral jsonb_to_recordset(c.mappings) as m ("group" text, target integer, "targetId" uuid)
         where (m."group" = g.external_id or lower(m."group") = lower(g.display_name))
           and case when m.target = 3
                 then exists (select from member p
                               where p.org_id = x.org_id and p.id = x.user_id and p.role_id = m."targetId")
                 else exists (select from roster_member r where r.org_id = x.org_id and r.user_id = x.user_id
                                 and r.roster_id = m."targetId") end
         group by x.org_id, x.connection_id, x.group_id, x.user_id)
      update scim_group_member x set gave = given.gave from given
       where x.org_id = given.org_id and x.connection_id = given.connection_id
         and x.group_id = given.group_id and x.user_id = given.user_id`);
    for (const table of tables) await runner.query(`alter table ${table} force row level security`);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
