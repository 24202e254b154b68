import { randomBytes } from 'node:crypto';
import type { Client } from '@connectrpc/connect';
import { HeatmapService, TouchEventType } from '@dovecote/contract/pidgr/v1/heatmap_pb';
import { Clock } from '../../src/platform/clock/clock.js';
import { type Actor, addMember, addOrganization, type TestOrganization } from './cast.js';
import { eventually } from './eventually.js';
import { newEmail } from './members.js';
import type { TestServer } from './test-server.js';

const DAY_MS = 86_400_000;

export const heatmaps = (who: Actor): Client<typeof HeatmapService> => who.client(HeatmapService);

export const touch = (more: object = {}) => ({
  screenName: 'Inbox',
  xPct: 0.5,
  yPct: 0.5,
  eventType: TouchEventType.TAP,
  screenWidth: 390,
  screenHeight: 844,
  ...more,
});
export const touches = (count: number, more: object = {}) => Array.from({ length: count }, () => touch(more));

export async function ingest(who: Actor, events: object[]): Promise<number> {
  return (await heatmaps(who).ingestTouchEvents({ events })).ingestedCount;
}

export interface StoredTouch {
  readonly screen: string;
  readonly bucket: number;
  readonly salted_at: number;
}

interface Planted {
  readonly cells: readonly (readonly [x: number, y: number, count: number])[];
  readonly day: string;
  readonly buckets?: number;
  readonly kind?: number;
  readonly campaign?: string;
}

/** An organization for itself, whose super admin asks. */
export interface HeatOrganization extends TestOrganization {
  readonly admin: Actor;
}

/** Organizations with touches, on a server with an analytics store. */
export class HeatWorld {
  readonly server: TestServer;

  constructor(server: TestServer) {
    this.server = server;
  }

  /** By the server's clock, which specs move. */
  dayAgo(days: number): string {
    const now = this.server.server.app.get(Clock, { strict: false }).now().getTime();
    return new Date(now - days * DAY_MS).toISOString().slice(0, 10);
  }

  async organization(): Promise<HeatOrganization> {
    const organization = await addOrganization(this.server, 'Heat');
    const admin = await addMember(this.server, organization, { email: newEmail(), role: 'super_admin' });
    return { ...organization, admin };
  }

  async stored(): Promise<void> {
    await eventually(
      'touches are stored',
      async () => (await this.server.database.query('select from ingest_batch')).length === 0,
    );
  }

  /** Under which the organization's touches are in the analytics store. */
  async numberOf(orgId: string): Promise<number> {
    const [row] = await this.server.database.query<{ number: number }>(
      'select number from heatmap where org_id = $1',
      [orgId],
    );
    if (!row) throw new Error('The organization has no heat maps.');
    return row.number;
  }

  async rowsOf(orgId: string): Promise<StoredTouch[]> {
    await this.stored();
    return this.rows(await this.numberOf(orgId));
  }

  async rows(number: number): Promise<StoredTouch[]> {
    const answer = await this.analytics.client.query({
      query: `select * from ${this.analytics.database}.touches final where project = ${number}`,
      format: 'JSONEachRow',
    });
    return answer.json<StoredTouch>();
  }

  /** Rows as the drain writes them, for more touches than people in a spec make. */
  async plant({ admin, id }: HeatOrganization, planted: Planted): Promise<void> {
    const { cells, day, buckets = 64, kind = TouchEventType.TAP, campaign = '' } = planted;
    await ingest(admin, [touch({ screenName: 'Begin' })]);
    // The first insert makes the table.
    await this.stored();
    const project = await this.numberOf(id);
    const values = cells.flatMap(([x, y, count]) =>
      Array.from({ length: count }, (_, index) => ({
        project,
        screen: 'Inbox',
        day,
        touch: String(randomBytes(8).readBigUInt64BE()),
        campaign,
        kind,
        x,
        y,
        bucket: index % buckets,
        salted_at: 1,
        expires_on: '2149-06-06',
      })),
    );
    const { client, database } = this.analytics;
    await client.insert({ table: `${database}.touches`, values, format: 'JSONEachRow' });
  }

  /** An answer is kept for a minute. */
  later(): Promise<void> {
    return this.server.travel(61_000);
  }

  private get analytics() {
    if (!this.server.analytics) throw new Error('The server has no analytics store.');
    return this.server.analytics;
  }
}
