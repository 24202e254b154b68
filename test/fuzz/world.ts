import { type Cast, seedCast } from '../support/cast.js';
import { addRecipient, createCampaign, runningCampaign } from '../support/campaigns.js';
import type { TestServer } from '../support/test-server.js';
import { tenantTables } from '../tenancy/tenant-tables.js';
import type { IdsByName } from './ids.js';

export interface Side {
  readonly orgId: string;
  /** In every text of its people; whoever else reads it has read what is not theirs. */
  readonly canary: string;
  readonly ids: IdsByName;
}

/** Two organizations with something of everything, fresh: calls of the fuzz wear a world out. */
export interface World {
  readonly cast: Cast;
  readonly acme: Side;
  readonly other: Side;
}

let worlds = 0;

export async function createWorld(server: TestServer): Promise<World> {
  const cast = await seedCast(server);
  worlds += 1;
  const [acme, other] = [`canary-of-acme-${worlds}-`, `canary-of-other-${worlds}-`];
  const recipients = await Promise.all([
    addRecipient(server, cast.acme, 'ada'),
    addRecipient(server, cast.other, 'olga'),
  ]);
  await Promise.all([
    runningCampaign(cast.alice, [recipients[0].userId, cast.erin.userId]),
    runningCampaign(cast.mallory, [recipients[1].userId, cast.mallory.userId]),
    createCampaign(cast.alice, [cast.erin.userId]),
  ]);
  return {
    cast,
    acme: { orgId: cast.acme.id, canary: acme, ids: await mark(server, cast.acme.id, acme) },
    other: { orgId: cast.other.id, canary: other, ids: await mark(server, cast.other.id, other) },
  };
}

/** Texts that people wrote; others are words of ours or hashes. */
const written = new Set([
  'name',
  'title',
  'body',
  'summary',
  'preview',
  'sender_name',
  'description',
  'note',
]);

/** Writes the canary into what the organization's people have written, and returns the ids of all its rows. */
async function mark(server: TestServer, orgId: string, canary: string): Promise<IdsByName> {
  const ids = new Map<string, Set<string>>([['org', new Set([orgId])]]);
  for (const { name, columns, tenantColumn } of await tenantTables(server.database)) {
    const texts = columns.filter((column) => column.type === 'text' && written.has(column.name));
    for (const { name: text } of texts) {
      // What made it unique stays behind it.
      await server.database.query(
        `update ${name} set ${text} = left('${canary}' || ${text}, 100) where ${tenantColumn} = $1`,
        [orgId],
      );
    }
    const uuids = columns.filter(({ type, name: column }) => type === 'uuid' && column !== 'identity_id');
    const rows = await server.database.query<Record<string, string | null>>(
      `select distinct ${uuids.map((column) => column.name).join(', ')} from ${name} where ${tenantColumn} = $1 limit 20`,
      [orgId],
    );
    for (const row of rows)
      for (const [column, id] of Object.entries(row)) {
        const kind = column === 'id' ? name : column.replace(/_id$/, '');
        if (id) ids.set(kind, (ids.get(kind) ?? new Set()).add(id));
      }
  }
  return new Map([...ids].map(([kind, set]) => [kind, [...set]]));
}
