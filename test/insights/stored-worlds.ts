import { randomUUID } from 'node:crypto';
import type { Insights } from '../../src/modules/analytics/insight/insights.service.js';
import type { InsightQuery } from '../../src/modules/analytics/insight/insight-query.js';
import type { InsightResult } from '../../src/modules/analytics/insight/insight-result.js';
import { rowOf } from '../../src/modules/analytics/event/event-row.rules.js';
import {
  type AnalyticsStore,
  personAliasTarget,
  profileTarget,
} from '../../src/platform/analytics-store/index.js';
import type { TestAnalytics } from '../support/analytics-store.js';
import { spelledNumber } from './naive/text.js';
import type { Traits, World } from './naive/world.js';

/** Puts each world into a separate project, beside all others. */
export async function storeWorlds(
  { client, database }: TestAnalytics,
  store: AnalyticsStore,
  worlds: ReadonlyMap<number, World>,
): Promise<void> {
  const entries = [...worlds];
  const rows = entries.flatMap(([project, world]) =>
    world.events.map((event) =>
      rowOf(event, {
        project,
        batchId: randomUUID(),
        receivedAt: new Date(event.receivedAt),
        retentionDays: null,
      }),
    ),
  );
  // The store creates its tables when it is used for the first time.
  await store.insert(
    personAliasTarget,
    entries.flatMap(([project, { identities }]) =>
      [...identities].map(([id, profile]) => ({ project, distinct_id: id, profile_id: profile, version: 1 })),
    ),
  );
  await store.insert(
    profileTarget,
    entries.flatMap(([project, { profiles }]) =>
      profiles.map(({ id, externalId, traits, deleted }) => ({
        project,
        profile_id: id,
        external_id: externalId,
        ...flat(traits),
        deleted,
        version: 1,
      })),
    ),
  );
  await client.insert({ table: `${database}.events`, values: rows, format: 'JSONEachRow' });
}

function flat(traits: Traits, prefix = '') {
  const properties: Record<string, string> = {};
  const numbers: Record<string, number> = {};
  const numeric_texts: string[] = [];
  for (const [name, value] of Object.entries(traits)) {
    if (typeof value === 'object') {
      const nested = flat(value, `${prefix}${name}.`);
      Object.assign(properties, nested.properties);
      Object.assign(numbers, nested.numbers);
      numeric_texts.push(...nested.numeric_texts);
      continue;
    }
    properties[prefix + name] = String(value);
    const number = typeof value === 'boolean' ? undefined : spelledNumber(String(value));
    if (number !== undefined) {
      numbers[prefix + name] = number;
      if (typeof value === 'string') numeric_texts.push(prefix + name);
    }
  }
  return { properties, numbers, numeric_texts };
}

/** The product's answer about a stored world. */
export async function storedAnswer(
  insights: Insights,
  project: number,
  question: InsightQuery,
): Promise<InsightResult> {
  const owner = { orgId: randomUUID(), project: { number: project } };
  return insights.evaluate(owner, question);
}
