import { z } from 'zod';
import { documentation, ingestPath, list, url, whole } from './variable-kinds.js';

/** Variables of the analytics store, and of how events reach it. */
export const analyticsVariables = {
  INGEST_PATHS: list.pipe(z.array(ingestPath)).prefault('').register(documentation, {
    meaning:
      'Further paths under which SDKs send events, separated by commas: lists of ad blockers name the usual one.',
    must: 'be paths such as collect or t/v2, separated by commas',
    fallback: 'none',
  }),
  CLICKHOUSE_URL: url('http', 'https').optional().register(documentation, {
    meaning:
      'ClickHouse 25.8 or newer for analytics, over HTTP, with the database as its path. Several machines need one.',
    must: 'be a URL such as https://user:password@host:8443/dovecote',
    fallback: 'an embedded engine in DATA_DIR, started when analytics is used',
    secret: true,
  }),
  CLICKHOUSE_CLUSTER: z
    .string()
    .regex(/^[A-Za-z_][\w-]*$/)
    .optional()
    .register(documentation, {
      meaning:
        'Cluster of that server, by the name that it has there: tables are replicated and sharded by project.',
      must: 'be the name of a cluster, and needs CLICKHOUSE_URL',
      fallback: 'one server',
    }),
  CLICKHOUSE_CONNECTIONS: whole(1, 500).default(10).register(documentation, {
    meaning: 'Statements that a process sends to the analytics engine at once.',
    must: 'be a whole number from 1 to 500',
  }),
  ANALYTICS_MEMORY_MIB: whole(256, 1_000_000).optional().register(documentation, {
    meaning: 'Memory of the embedded engine, in MiB.',
    must: 'be a whole number from 256 to 1000000',
    fallback: 'a quarter of the machine’s; 512 to 16384',
  }),
  ANALYTICS_FREE_DISK_MIB: whole(0, 10_000_000).default(1024).register(documentation, {
    meaning:
      'Space, in MiB, that the analytics engine leaves on its disk. Below it, events wait in PostgreSQL.',
    must: 'be a whole number from 0 to 10000000',
  }),
  ANALYTICS_QUERY_SECONDS: whole(1, 3600).default(30).register(documentation, {
    meaning: 'How long a question to analytics may take, in seconds.',
    must: 'be a whole number from 1 to 3600',
  }),
  ANALYTICS_QUERY_MEMORY_MIB: whole(64, 1_000_000).optional().register(documentation, {
    meaning: 'Memory that a question to analytics may use, in MiB.',
    must: 'be a whole number from 64 to 1000000',
    fallback: 'half of ANALYTICS_MEMORY_MIB; 4096 with CLICKHOUSE_URL',
  }),
  ANALYTICS_QUERY_MILLION_ROWS: whole(1, 1_000_000).default(1000).register(documentation, {
    meaning: 'Events that a question to analytics may read, in millions.',
    must: 'be a whole number from 1 to 1000000',
  }),
  INGEST_EVENTS_PER_SECOND: whole(1, 1_000_000).default(10_000).register(documentation, {
    meaning: 'Sustained events per second that all projects of an organization together may send.',
    must: 'be a whole number from 1 to 1000000',
  }),
  INGEST_EVENTS_BURST: whole(1, 10_000_000).default(100_000).register(documentation, {
    meaning: 'Burst of events that all projects of an organization together may send.',
    must: 'be a whole number from 1 to 10000000',
  }),
  EVENT_LIMIT_PER_MONTH: whole(0, 1_000_000_000_000).default(0).register(documentation, {
    meaning:
      'Events that an organization may send in a calendar month, UTC; 0: no limit. Its admins are warned at 80 and 100 %.',
    must: 'be a whole number from 0 to 1000000000000',
  }),
  EVENT_LIMIT_ACTION: z.enum(['accept', 'refuse']).default('accept').register(documentation, {
    meaning:
      'What happens to events beyond that limit: they are accepted, or refused until the month is over.',
    must: 'be accept or refuse',
  }),
  GEO_DATABASE: z.string().min(1).optional().register(documentation, {
    meaning:
      'MaxMind DB file from which events get country, region and city of the client, unless a CDN behind TRUSTED_PROXIES names them.',
    must: 'be the name of a readable MaxMind DB file',
    fallback: 'events have a place only where a CDN or the client names one',
  }),
  INGEST_QUEUE_MEGABYTES: whole(1, 1_000_000).default(2048).register(documentation, {
    meaning:
      'What may wait in PostgreSQL for the analytics store, compressed. A full queue refuses events until it is shorter.',
    must: 'be a whole number from 1 to 1000000',
  }),
  INGEST_ORGANIZATION_QUEUE_MEGABYTES: whole(1, 1_000_000).default(1024).register(documentation, {
    meaning: 'What of all projects of one organization may wait there.',
    must: 'be a whole number from 1 to 1000000',
  }),
  INGEST_PROJECT_QUEUE_MEGABYTES: whole(1, 1_000_000).default(1024).register(documentation, {
    meaning: 'What of one project may wait there.',
    must: 'be a whole number from 1 to 1000000',
  }),
  DEVICES_PER_PROJECT: whole(1, 1_000_000_000).default(1_000_000).register(documentation, {
    meaning: 'Devices that a project may subscribe for pushes. Beyond it, a new one is refused.',
    must: 'be a whole number from 1 to 1000000000',
  }),
  IMPORT_EVENTS_PER_SECOND: whole(100, 1_000_000).default(5_000).register(documentation, {
    meaning: 'Events per second that a worker stores of imports, behind live events.',
    must: 'be a whole number from 100 to 1000000',
  }),
};
