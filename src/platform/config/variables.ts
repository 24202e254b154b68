import { z } from 'zod';
import { analyticsVariables } from './analytics-variables.js';
import { backupVariables } from './backup-variables.js';
import { dashboardVariables } from './dashboard-variables.js';
import { mailVariables } from './mail-variables.js';
import {
  base64Key,
  documentation,
  list,
  nameServer,
  names,
  network,
  origin,
  passkeyOrigin,
  url,
  whole,
  type Documentation,
} from './variable-kinds.js';

/** Every variable the server reads, in the order in which they are listed to people. */
const variables = {
  HOST: z.string().min(1).default('127.0.0.1').register(documentation, {
    meaning: 'Address to listen on. 0.0.0.0 or :: accepts connections from other machines.',
    must: 'be an address of this machine',
  }),
  PORT: whole(0, 65535).default(8080).register(documentation, {
    meaning: 'Port for Connect, gRPC, gRPC-Web and plain HTTP. 0 picks a free one.',
    must: 'be a whole number from 0 to 65535',
  }),
  PUBLIC_URL: url('http', 'https').optional().register(documentation, {
    meaning: 'How clients reach this server; used in links and tokens.',
    must: 'be an http or https URL',
    fallback: 'from HOST, PORT and TLS_CERT_FILE',
  }),
  APP_URL: url('http', 'https').optional().register(documentation, {
    meaning: 'URL of the application; used in links in mails and invitations.',
    must: 'be an http or https URL',
    fallback: 'PUBLIC_URL',
  }),
  TLS_CERT_FILE: z.string().optional().register(documentation, {
    meaning: 'Certificate chain in PEM. With TLS_KEY_FILE, the port speaks TLS.',
    must: 'be a file name and be set together with TLS_KEY_FILE',
  }),
  TLS_KEY_FILE: z.string().optional().register(documentation, {
    meaning: 'Private key in PEM for TLS_CERT_FILE.',
    must: 'be a file name and be set together with TLS_CERT_FILE',
  }),
  CORS_ORIGINS: list.pipe(z.array(origin)).prefault('').register(documentation, {
    meaning:
      'Web origins that may call from a browser, separated by commas; * for any, http://localhost:* for any port.',
    must: 'be origins such as https://app.example.com, separated by commas, or *',
    fallback: 'same origin only',
  }),
  TRUSTED_PROXIES: list.pipe(z.array(network)).prefault('').register(documentation, {
    meaning:
      'Addresses or networks of reverse proxies whose X-Forwarded-For is believed, separated by commas.',
    must: 'be addresses or networks such as 10.0.0.0/8, separated by commas',
    fallback: 'none',
  }),
  INTERNAL_PORT: whole(0, 65535).default(0).register(documentation, {
    meaning: 'Port of the listener for internal callers, such as the render service. 0 turns it off.',
    must: 'be a whole number from 0 to 65535 and differ from PORT',
  }),
  INTERNAL_HOST: z.string().min(1).default('127.0.0.1').register(documentation, {
    meaning: 'Address of that listener. Other machines can reach it only with INTERNAL_TLS_CERT_FILE.',
    must: 'be an address of this machine, and a loopback address unless INTERNAL_TLS_CERT_FILE is set',
  }),
  INTERNAL_SECRET: z
    .string()
    .min(32)
    .regex(/^[\x21-\x7e]+$/)
    .optional()
    .register(documentation, {
      meaning: 'Shared secret of internal callers on one machine, where they have no certificates.',
      must: 'be at least 32 visible ASCII characters, and be set when INTERNAL_PORT is and INTERNAL_TLS_CERT_FILE is not',
      secret: true,
    }),
  INTERNAL_TLS_CERT_FILE: z.string().optional().register(documentation, {
    meaning:
      'Certificate chain in PEM with which this process and its siblings authenticate each other (mutual TLS).',
    must: 'be a file name and be set together with INTERNAL_TLS_KEY_FILE and INTERNAL_TLS_CA_FILE',
  }),
  INTERNAL_TLS_KEY_FILE: z.string().optional().register(documentation, {
    meaning: 'Private key in PEM for INTERNAL_TLS_CERT_FILE.',
    must: 'be a file name and be set together with INTERNAL_TLS_CERT_FILE',
  }),
  INTERNAL_TLS_CA_FILE: z.string().optional().register(documentation, {
    meaning: 'Certificates in PEM of the authority that signs the siblings’ certificates, and no others.',
    must: 'be a file name and be set together with INTERNAL_TLS_CERT_FILE',
  }),
  INTERNAL_CLIENTS: names.prefault('').register(documentation, {
    meaning: 'Subjects of the certificates that may call the internal listener, separated by semicolons.',
    must: 'be names such as O=Acme, CN=dovecote-worker, separated by semicolons, and be set when INTERNAL_PORT and INTERNAL_TLS_CERT_FILE are',
    fallback: 'none',
  }),
  RENDER_URL: url('http', 'https').optional().register(documentation, {
    meaning: 'Internal listener of the render process.',
    must: 'be an https URL, with INTERNAL_TLS_CERT_FILE set, or an http URL of this machine, with INTERNAL_SECRET set',
    fallback: 'messages are rendered in this process',
  }),
  RENDER_THREADS: whole(0, 64).optional().register(documentation, {
    meaning: 'Threads that render large batches of messages, in addition to the main thread. 0 for none.',
    must: 'be a whole number from 0 to 64',
    fallback: 'one for each processor but one; 1 to 4',
  }),
  ROLE: z.enum(['all', 'api', 'worker', 'render']).default('all').register(documentation, {
    meaning:
      'What this process does: answer calls (api), run jobs (worker), both (all), or render messages (render).',
    must: 'be all, api, worker or render, and render needs INTERNAL_PORT',
  }),
  ENVIRONMENT: z.enum(['development', 'production']).optional().register(documentation, {
    meaning: 'Development creates a demo organization and shows captured mail if HOST is a loopback address.',
    must: 'be development or production',
    fallback: 'production with DATABASE_URL, else development',
  }),
  DATA_DIR: z.string().default('./data').register(documentation, {
    meaning: 'Folder of the embedded PostgreSQL, keys and files.',
    must: 'be a folder name',
  }),
  S3_BUCKET: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/)
    .optional()
    .register(documentation, {
      meaning:
        'Bucket of an S3-compatible store for exports. Several machines need one, or a shared DATA_DIR.',
      must: 'be the name of a bucket',
      fallback: 'files in DATA_DIR/objects',
    }),
  S3_REGION: z.string().min(1).default('us-east-1').register(documentation, {
    meaning: 'Region of the bucket.',
    must: 'be the name of a region',
  }),
  S3_ENDPOINT: url('http', 'https').optional().register(documentation, {
    meaning: 'Endpoint of the store, if it is not Amazon S3. Download links lead there.',
    must: 'be an http or https URL, and needs S3_BUCKET or a BACKUP_TARGET in a bucket',
    fallback: 'Amazon S3',
  }),
  S3_ACCESS_KEY_ID: z.string().min(1).optional().register(documentation, {
    meaning: 'Access key of the store.',
    must: 'be set together with S3_SECRET_ACCESS_KEY, and needs S3_BUCKET or a BACKUP_TARGET in a bucket',
    fallback: 'the machine’s Amazon S3 credentials: its role, or AWS_ variables',
  }),
  S3_SECRET_ACCESS_KEY: z.string().min(1).optional().register(documentation, {
    meaning: 'Secret of that access key.',
    must: 'be set together with S3_ACCESS_KEY_ID',
    secret: true,
  }),
  DATABASE_URL: url('postgres', 'postgresql').optional().register(documentation, {
    meaning: 'PostgreSQL 15 or newer, as the role that owns the tables and migrates.',
    must: 'be a URL such as postgresql://owner:password@host:5432/dovecote',
    fallback: 'an embedded PostgreSQL in DATA_DIR',
    secret: true,
  }),
  DATABASE_APP_URL: url('postgres', 'postgresql').optional().register(documentation, {
    meaning: 'The same database as the role that serves: not owner, no superuser, no BYPASSRLS.',
    must: 'be a PostgreSQL URL, and needs DATABASE_URL',
    fallback: 'the role dovecote_app, created if DATABASE_URL may',
    secret: true,
  }),
  DATABASE_POOL_SIZE: whole(1, 500).default(10).register(documentation, {
    meaning: 'Connections to PostgreSQL per process.',
    must: 'be a whole number from 1 to 500',
  }),
  ...backupVariables,
  ...analyticsVariables,
  ...dashboardVariables,
  REDIS_URL: url('redis', 'rediss').optional().register(documentation, {
    meaning: 'Redis for rate limits that hold across processes.',
    must: 'be a URL such as redis://host:6379',
    fallback: 'limits are counted per process, in memory',
    secret: true,
  }),
  MASTER_KEY: base64Key.optional().register(documentation, {
    meaning:
      'Encrypts stored secrets: 32 random bytes in base64 (openssl rand -base64 32). The same on every process.',
    must: 'be 32 bytes in base64, and is required with DATABASE_URL',
    fallback: 'DATA_DIR/master.key, made at the first start',
    secret: true,
  }),
  MASTER_KEY_ACCEPTED: base64Key.optional().register(documentation, {
    meaning:
      'A second master key, which opens what it has sealed and seals nothing: the previous or the next one, while MASTER_KEY changes.',
    must: 'be 32 bytes in base64, and differ from MASTER_KEY',
    fallback: 'none',
    secret: true,
  }),
  ISSUER: url('http', 'https').optional().register(documentation, {
    meaning: 'The `iss` of access tokens.',
    must: 'be an http or https URL',
    fallback: 'PUBLIC_URL',
  }),
  AUDIENCE: z.string().default('dovecote').register(documentation, {
    meaning: 'The `aud` of access tokens.',
    must: 'be a name',
  }),
  EXTERNAL_ISSUER: url('http', 'https').optional().register(documentation, {
    meaning: 'A second trusted issuer of access tokens (OIDC), such as a Cognito pool.',
    must: 'be an http or https URL, set together with EXTERNAL_AUDIENCE',
  }),
  EXTERNAL_AUDIENCE: z.string().optional().register(documentation, {
    meaning: 'The `aud` that tokens of EXTERNAL_ISSUER must carry.',
    must: 'be set together with EXTERNAL_ISSUER',
  }),
  EXTERNAL_JWKS_URL: url('http', 'https').optional().register(documentation, {
    meaning: 'Where the keys of EXTERNAL_ISSUER are.',
    must: 'be an http or https URL, and needs EXTERNAL_ISSUER',
    fallback: 'EXTERNAL_ISSUER/.well-known/jwks.json',
  }),
  SIGN_UP: z.enum(['invited', 'open']).default('invited').register(documentation, {
    meaning: 'Who may sign up: invited people only, or anyone (open).',
    must: 'be invited or open',
  }),
  RECENT_SIGN_IN_MINUTES: whole(1, 1440).default(10).register(documentation, {
    meaning:
      'How long a sign-in counts as recent, in minutes, for calls that a stolen token must not be able to make.',
    must: 'be a whole number from 1 to 1440',
  }),
  ORGANIZATION_DELETION_DAYS: whole(1, 30).default(7).register(documentation, {
    meaning: 'How many days the deletion of an organization can be cancelled before its data is deleted.',
    must: 'be a whole number from 1 to 30',
  }),
  PASSKEY_RP_ID: z
    .string()
    .regex(/^(?!-)[a-z0-9-]+(\.[a-z0-9-]+)*$/)
    .refine((text) => !/^[\d.]+$/.test(text))
    .optional()
    .register(documentation, {
      meaning:
        'Domain that passkeys are bound to (relying party id). Changing it invalidates every registered passkey.',
      must: 'be a domain in small letters, such as example.com, and no address',
      fallback: 'host of PUBLIC_URL; localhost if that is an address',
    }),
  PASSKEY_RP_NAME: z.string().min(1).max(100).default('Dovecote').register(documentation, {
    meaning: 'Name of this server that authenticators show in a passkey prompt.',
    must: 'be a name of at most 100 characters',
  }),
  PASSKEY_ORIGINS: list.pipe(z.array(passkeyOrigin)).prefault('').register(documentation, {
    meaning:
      'Where passkeys may be used: web origins and those of apps (android:apk-key-hash:…), separated by commas; http://localhost:* for any port.',
    must: 'be origins such as https://app.example.com or android:apk-key-hash:…, separated by commas',
    fallback: 'PUBLIC_URL; http://localhost:* too if PASSKEY_RP_ID is localhost',
  }),
  RATE_LIMIT_PER_SECOND: whole(1, 1_000_000).default(100).register(documentation, {
    meaning: 'Sustained calls per second of an organization, or of a person outside of one.',
    must: 'be a whole number from 1 to 1000000',
  }),
  RATE_LIMIT_BURST: whole(1, 1_000_000).default(200).register(documentation, {
    meaning: 'Burst of calls of an organization, or of a person outside of one.',
    must: 'be a whole number from 1 to 1000000',
  }),
  ANONYMOUS_RATE_LIMIT_PER_SECOND: whole(1, 1_000_000).default(10).register(documentation, {
    meaning: 'Sustained calls per second from one address without a valid credential.',
    must: 'be a whole number from 1 to 1000000',
  }),
  ANONYMOUS_RATE_LIMIT_BURST: whole(1, 1_000_000).default(20).register(documentation, {
    meaning: 'Burst of calls from one address without a valid credential.',
    must: 'be a whole number from 1 to 1000000',
  }),
  RECORDING_STORAGE_GIB: whole(1, 100_000).default(10).register(documentation, {
    meaning: 'GiB that the recordings of sessions of an organization may take in the object store.',
    must: 'be a whole number from 1 to 100000',
  }),
  SSO_REDIRECT_URIS: list
    .pipe(z.array(url('http', 'https')))
    .prefault('')
    .register(documentation, {
      meaning:
        'Where clients may be sent back to after single sign-on, separated by commas. Native apps may always use http://127.0.0.1 and http://[::1] with any port.',
      must: 'be http or https URLs, separated by commas',
      fallback: 'native apps, and the pages of this server, only',
    }),
  SSO_TRUSTED_DOMAINS: list.prefault('').register(documentation, {
    meaning:
      'E-mail domains that count as proven without a DNS record, separated by commas. In development only.',
    must: 'be domain names separated by commas, and be empty where ENVIRONMENT is production',
    fallback: 'none: domains are proven by DNS',
  }),
  DNS_SERVERS: list.pipe(z.array(nameServer)).prefault('').register(documentation, {
    meaning:
      'Name servers that are asked for the records by which domains are proven, and for hosts that organizations name.',
    must: 'be addresses, with a port if it is not 53, separated by commas',
    fallback: 'those of the system',
  }),
  OUTBOUND_CA_FILE: z.string().optional().register(documentation, {
    meaning:
      'Certificates of further authorities in PEM that identity providers and webhooks may present, such as a company’s own.',
    must: 'be a file name',
    fallback: 'the public authorities only',
  }),
  OUTBOUND_ALLOWED_HOSTS: list.prefault('').register(documentation, {
    meaning:
      'Private hosts that webhooks and single sign-on may call although private addresses are refused, separated by commas.',
    must: 'be host names or addresses, separated by commas',
    fallback: 'none: public addresses only',
  }),
  ...mailVariables,
  WORKER_CONCURRENCY: whole(1, 100).default(4).register(documentation, {
    meaning:
      'Campaign jobs that a worker runs at once, and as many background jobs: exports, erasures, purges.',
    must: 'be a whole number from 1 to 100',
  }),
  WORKER_MAIL_CONCURRENCY: whole(1, 100).default(4).register(documentation, {
    meaning: 'Jobs for sign-in codes and mail that a worker runs at once, besides all others.',
    must: 'be a whole number from 1 to 100',
  }),
  WORKER_WEBHOOK_CONCURRENCY: whole(1, 100).default(8).register(documentation, {
    meaning: 'Webhook attempts that a worker runs at once, besides all other jobs.',
    must: 'be a whole number from 1 to 100',
  }),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .register(documentation, {
      meaning: 'The least serious message that is logged.',
      must: 'be fatal, error, warn, info, debug, trace or silent',
    }),
  LOG_FORMAT: z.enum(['pretty', 'json']).optional().register(documentation, {
    meaning: 'Log lines for people (pretty) or machines (json).',
    must: 'be pretty or json',
    fallback: 'pretty on a terminal, else json',
  }),
  ACCESS_LOG: z.enum(['on', 'off']).default('on').register(documentation, {
    meaning: 'Whether each call and each plain HTTP request is logged at level info.',
    must: 'be on or off',
  }),
  METRICS_PORT: whole(0, 65535).default(0).register(documentation, {
    meaning: 'Port of the listener that answers GET /metrics for Prometheus, in every role. 0 turns it off.',
    must: 'be a whole number from 0 to 65535 and differ from PORT and INTERNAL_PORT',
  }),
  METRICS_HOST: z.string().min(1).default('127.0.0.1').register(documentation, {
    meaning: 'Address of that listener. Other machines can reach it only with METRICS_TOKEN.',
    must: 'be an address of this machine, and a loopback address unless METRICS_TOKEN is set',
  }),
  METRICS_TOKEN: z
    .string()
    .min(16)
    .regex(/^[\x21-\x7e]+$/)
    .optional()
    .register(documentation, {
      meaning: 'Bearer token that Prometheus must send.',
      must: 'be at least 16 visible ASCII characters',
      fallback: 'no token is required',
      secret: true,
    }),
  OTEL_EXPORTER_OTLP_ENDPOINT: url('http', 'https').optional().register(documentation, {
    meaning: 'Where traces are sent by OTLP. The other OpenTelemetry variables apply, too.',
    must: 'be an http or https URL',
    fallback: 'tracing is off',
  }),
  OTEL_TRACES_EXPORTER: z.string().optional().register(documentation, {
    meaning: 'How traces leave: otlp, console, or none.',
    must: 'be names of exporters, separated by commas',
    fallback: 'otlp with OTEL_EXPORTER_OTLP_ENDPOINT, else none',
  }),
  OTEL_SDK_DISABLED: z.enum(['true', 'false']).default('false').register(documentation, {
    meaning: 'Turns traces off, whatever else is set.',
    must: 'be true or false',
  }),
  SHUTDOWN_GRACE_SECONDS: whole(0, 600).default(10).register(documentation, {
    meaning: 'How long calls and jobs in flight may take to finish when the server stops.',
    must: 'be a whole number from 0 to 600',
  }),
} as const;

export type VariableName = keyof typeof variables;
export const variableNames = Object.keys(variables) as VariableName[];

const schema = z.object(variables);
export type Values = z.output<typeof schema>;

export type Environment = Readonly<Record<string, string | undefined>>;

/** The values as typed data, or the names of the variables that hold nonsense. */
export function readVariables(env: Environment): { values: Values } | { bad: VariableName[] } {
  const result = schema.safeParse(pickSet(env));
  if (result.success) return { values: result.data };
  const bad = new Set(result.error.issues.map((issue) => issue.path[0] as VariableName));
  return { bad: variableNames.filter((name) => bad.has(name)) };
}

/** An empty variable counts as unset: `PORT= npm start` means the default. */
function pickSet(env: Environment): Record<string, string> {
  return Object.fromEntries(
    variableNames.flatMap((name) => {
      const text = env[name]?.trim();
      return text === undefined || text === '' ? [] : [[name, text]];
    }),
  );
}

export function documentationOf(name: VariableName): Documentation & { readonly fallback: string } {
  const schemaOfName = variables[name];
  const found = documentation.get(schemaOfName);
  if (found === undefined) throw new Error(`${name} is not documented`);
  const constant = schemaOfName instanceof z.ZodDefault ? String(schemaOfName.def.defaultValue) : 'none';
  return { ...found, fallback: found.fallback ?? constant };
}
