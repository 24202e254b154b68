import { ProfilesSDKService } from '@dovecote/contract/profiles/v1/profiles_sdk_pb';
import {
  ComplianceRequestStatus as Status,
  type GetDeletionRequestResponse,
  ProfilesService,
} from '@dovecote/contract/shared/profiles/v1/profiles_pb';
import type { AnalyticsStore } from '../../src/platform/analytics-store/index.js';
import { openStore } from './analytics-events.js';
import { type Cast, seedCast, type TestProject } from './cast.js';
import { eventually } from './eventually.js';
import { startTestServer, type TestServer } from './test-server.js';

/** A server with an analytics store, and what specs of erasures ask of it. */
export interface ErasureWorld {
  readonly s: TestServer;
  readonly cast: Cast;
  readonly store: AnalyticsStore;
  people(project?: TestProject): ReturnType<typeof peopleOf>;
  identify(externalId: string, anonymousId?: string, project?: TestProject): Promise<{ profileId: string }>;
  /** Waits until an erasure of the project is complete. */
  completed(requestId: string, project?: TestProject): Promise<GetDeletionRequestResponse>;
  /** Rows of the analytics store; `{}` stands for its database. */
  engine<Row>(select: string): Promise<Row[]>;
  /** Tables in which something of the project has one of the ids. */
  traces(ids: readonly string[], project?: TestProject): Promise<string[]>;
  stop(): Promise<void>;
}

function peopleOf(project: TestProject) {
  return project.keys.private.client(ProfilesService);
}

const engineColumns = [
  ['events', 'distinct_id'],
  ['persons', 'distinct_id'],
  ['person_aliases', 'distinct_id'],
  ['profiles', 'external_id'],
] as const;
const columns = [
  ['profile', 'external_id'],
  ['profile_alias', 'alias'],
] as const;

export async function startErasureWorld(): Promise<ErasureWorld> {
  const s = await startTestServer({ analytics: true });
  const cast = await seedCast(s);
  const { analytics } = s;
  if (!analytics) throw new Error('The server has an analytics store.');
  const { store, stop } = openStore(analytics);
  const people = (project = cast.site) => peopleOf(project);
  const engine = async <Row>(select: string): Promise<Row[]> => {
    const query = select.replaceAll('{}', analytics.database);
    return (await analytics.client.query({ query, format: 'JSONEachRow' })).json<Row>();
  };
  return {
    s,
    cast,
    store,
    people,
    engine,
    identify: (externalId, anonymousId = '', project = cast.site) =>
      project.keys.sdk
        .client(ProfilesSDKService)
        .identify({ externalId, anonymousId, traits: { email: `${externalId}@example.com` } }),
    async completed(requestId, project = cast.site) {
      await eventually(
        'the erasure is complete',
        async () => (await people(project).getDeletionRequest({ requestId })).status === Status.COMPLETED,
        40_000,
      );
      return people(project).getDeletionRequest({ requestId });
    },
    async traces(ids, { number } = cast.site) {
      const list = ids.map((id) => `'${id}'`).join(',');
      const found: string[] = [];
      for (const [table, column] of engineColumns) {
        const where = `project = ${number} and ${column} in (${list})`;
        if ((await engine(`select 1 from {}.${table} where ${where}`)).length > 0) found.push(table);
      }
      for (const [table, column] of columns) {
        const text = `select from ${table} where project = $1 and ${column} = any ($2)`;
        if ((await s.database.query(text, [number, ids])).length > 0) found.push(table);
      }
      return found;
    },
    async stop() {
      await stop();
      await s.stop();
    },
  };
}
