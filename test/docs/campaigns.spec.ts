import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DescEnum } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { LeftOutReasonSchema } from '@dovecote/contract/dovecote/campaign/v1/audience_pb';
import {
  SkipReasonSchema,
  TimelineEvent_TypeSchema,
} from '@dovecote/contract/dovecote/campaign/v1/report_pb';
import { Delivery_KindSchema } from '@dovecote/contract/pidgr/v1/campaign_pb';
import {
  CampaignStatusSchema,
  DeliveryStatusSchema,
  StepTypeSchema,
} from '@dovecote/contract/pidgr/v1/common_pb';
import { v7 as uuid } from 'uuid';
import { outcomesOf } from '../../libs/workflow/src/outcomes.js';
import type { StepType } from '../../libs/workflow/src/types.js';
import { createCampaign } from '../support/campaigns.js';
import { type Cast, seedCast } from '../support/cast.js';
import { startTestServer, type TestServer } from '../support/test-server.js';
import { root } from '../tidy/sources.js';

const page = readFileSync(join(root, 'docs/campaigns.md'), 'utf8');

let s: TestServer;
let cast: Cast;

beforeAll(async () => {
  s = await startTestServer();
  cast = await seedCast(s);
});
afterAll(() => s?.stop());

/** The rows of the table under a heading, each by the names of its columns. */
function tableUnder(heading: string): Record<string, string>[] {
  const [, section = ''] = page.split(`## ${heading}\n`);
  const lines = (section.split('\n## ')[0] ?? '').split('\n').filter((line) => line.startsWith('|'));
  const [head = [], , ...rows] = lines.map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
  return rows.map((cells) => Object.fromEntries(head.map((name, index) => [name, cells[index] ?? ''])));
}

/** What an enum of the contract can say, without UNSPECIFIED. */
const namesOf = ({ values }: DescEnum) =>
  values.filter(({ number }) => number > 0).map(({ localName }) => localName);

const first = (heading: string, column: string) => tableUnder(heading).map((row) => row[column] ?? '');

test.each([
  ['States of a campaign', 'state', CampaignStatusSchema],
  ['States of a delivery', 'state', DeliveryStatusSchema],
  ['Kinds of deliveries', 'kind', Delivery_KindSchema],
  ['Reasons for which an audience leaves out a member', 'reason', LeftOutReasonSchema],
  ['Reasons of what was left out', 'reason', SkipReasonSchema],
  ['Events of a delivery', 'event', TimelineEvent_TypeSchema],
])('%s: the table has what the contract has, in its order', (heading, column, schema) => {
  expect(first(heading, column)).toEqual(namesOf(schema));
});

test('Outcomes of steps: the table has those of the workflow engine', () => {
  const steps = namesOf(StepTypeSchema) as StepType[];
  const outcomes = tableUnder('Outcomes of steps').map(({ step, outcome }) => `${step} ${outcome}`);
  expect(outcomes.sort()).toEqual(
    steps.flatMap((step) => outcomesOf(step).map((label) => `${step} \`${label}\``)).sort(),
  );
});

describe('the database allows what the tables say, and refuses the rest:', () => {
  /** The states that a row of each state can become, as updates find out. */
  async function becomes(
    schema: DescEnum,
    add: (state: number) => Promise<string>,
    update: string,
  ): Promise<Record<string, string>> {
    const states = schema.values.filter(({ number }) => number > 0);
    const found: Record<string, string> = {};
    for (const from of states) {
      const into: string[] = [];
      for (const to of states.filter((one) => one !== from)) {
        const id = await add(from.number);
        const isAllowed = await s.database.query(update, [id, to.number]).then(
          () => true,
          (error: unknown) => {
            expect(String(error)).toContain('does not go from status');
            return false;
          },
        );
        if (isAllowed) into.push(to.localName);
      }
      found[from.localName] = into.join(', ') || 'none';
    }
    return found;
  }

  const shown = (heading: string) =>
    Object.fromEntries(tableUnder(heading).map((row) => [row['state'] ?? '', row['can become'] ?? '']));

  test('states of a delivery', async () => {
    const campaignId = await createCampaign(cast.max, [cast.erin.userId]);
    const add = async (status: number): Promise<string> => {
      const id = uuid();
      await s.database.query(
        `insert into delivery (org_id, id, campaign_id, step_id, user_id, kind, status, created_at, changed_at)
         values ($1, $2, $3, $4, $5, 1, $6, now(), now())`,
        [cast.acme.id, id, campaignId, id, cast.erin.userId, status],
      );
      return id;
    };
    const found = await becomes(DeliveryStatusSchema, add, 'update delivery set status = $2 where id = $1');
    expect(shown('States of a delivery')).toEqual(found);
  });

  test('states of a campaign', async () => {
    const add = async (status: number): Promise<string> => {
      const campaignId = await createCampaign(cast.max, [cast.erin.userId]);
      if (status > 1)
        await s.database.query('update campaign set status = $2 where id = $1', [campaignId, status]);
      return campaignId;
    };
    const found = await becomes(CampaignStatusSchema, add, 'update campaign set status = $2 where id = $1');
    expect(shown('States of a campaign')).toEqual(found);
  });

  test('the instants of a delivery are columns of its table', async () => {
    const columns = await s.database.query<{ name: string }>(
      `select column_name as name from information_schema.columns where table_name = 'delivery'`,
    );
    const names = new Set(columns.map(({ name }) => `\`${name}\``));
    expect(first('States of a delivery', 'instant').filter((name) => !names.has(name))).toEqual([]);
  });
});
