import { availableParallelism, totalmem } from 'node:os';
import { resolve } from 'node:path';
import { type MailSettings, mailOf } from './mail-settings.js';
import {
  backupOf,
  type BackupSettings,
  bucketOf,
  type BucketSettings,
  s3Of,
  type S3Settings,
  usesBucket,
} from './bucket-settings.js';
import { dashboardOf, type DashboardSettings, withDashboard } from './dashboard-settings.js';
import { canonicalName } from './distinguished-name.js';
import { isLoopback } from './loopback.js';
import type { Environment, Values, VariableName } from './variables.js';
import { documentationOf, readVariables } from './variables.js';
import { workerOf, type WorkerSettings } from './worker-settings.js';

export type Role = Values['ROLE'];

/** Everything the server may be told from outside, read once, checked and frozen. */
export interface Config {
  readonly role: Role;
  readonly environment: 'development' | 'production';
  readonly dataDir: string;
  readonly http: {
    readonly host: string;
    readonly port: number;
    readonly publicUrl: string;
    readonly appUrl: string;
    readonly tls?: { readonly certFile: string; readonly keyFile: string };
    readonly corsOrigins: readonly string[];
    /** Further paths under which the services for SDKs answer, without slashes around. */
    readonly ingestPaths: readonly string[];
    readonly trustedProxies: readonly string[];
  };
  /** How the processes of this installation call each other. */
  readonly internal: {
    /** Absent when it is off. */
    readonly listener?: { readonly host: string; readonly port: number };
    /** What proves a caller where there are no certificates. */
    readonly secret?: string;
    readonly tls?: { readonly certFile: string; readonly keyFile: string; readonly caFile: string };
    /** Subjects of certificates, in their canonical form. */
    readonly clients: readonly string[];
  };
  readonly render: {
    /** The process that makes the messages; absent when this one does. */
    readonly url?: string;
    readonly threads: number;
  };
  /** Where exports are kept; absent: in the data folder. */
  readonly bucket?: BucketSettings;
  /** The store of buckets, for backups as well. */
  readonly s3: S3Settings;
  readonly backup: BackupSettings;
  readonly database: {
    /** The owner's URL; absent when PostgreSQL is embedded. */
    readonly url?: string;
    readonly appUrl?: string;
    readonly poolSize: number;
  };
  readonly analytics: {
    readonly server?: {
      readonly url: string;
      readonly cluster?: string;
    };
    /** Memory limit of the embedded engine, in bytes. */
    readonly memory: number;
    /** Space that inserts leave on the disk, in bytes. */
    readonly freeDisk: number;
    /** Statements of this process at once. */
    readonly connections: number;
    /** What one question may take. */
    readonly query: { readonly seconds: number; readonly memory: number; readonly rows: number };
  };
  readonly redis: { readonly url?: string };
  /** Base64 of 32 bytes; absent when it lives in the data folder (see readMasterKey). The other one only opens. */
  readonly masterKey?: string;
  readonly acceptedMasterKey?: string;
  readonly tokens: {
    readonly issuer: string;
    readonly audience: string;
    readonly external?: { readonly issuer: string; readonly audience: string; readonly jwksUrl: string };
  };
  readonly signUp: Values['SIGN_UP'];
  readonly dashboard: DashboardSettings;
  readonly recentSignInMs: number;
  /** In which the deletion of an organization can be cancelled. */
  readonly deletionGraceDays: number;
  /** The WebAuthn relying party. */
  readonly passkeys: { readonly id: string; readonly name: string; readonly origins: readonly string[] };
  readonly rateLimit: {
    readonly organization: RateLimit;
    readonly anonymous: RateLimit;
    /** Events of an organization, not calls. */
    readonly ingest: RateLimit;
  };
  readonly outbound: {
    readonly allowedHosts: readonly string[];
    readonly caFile?: string;
    readonly dnsServers: readonly string[];
  };
  readonly sso: {
    /** Where a sign-in may lead to: what is listed, and the sign-in page of this server. */
    readonly redirectUris: readonly string[];
    readonly trustedDomains: readonly string[];
  };
  readonly mail: MailSettings;
  /** File of a location database. */
  readonly geoDatabase?: string;
  /** Bytes of accepted events that may wait for the analytics store: of all, of one organization, and of one project. */
  readonly ingest: {
    readonly queue: { readonly total: number; readonly organization: number; readonly project: number };
    /** Events per second that a worker stores of imports. */
    readonly importedPerSecond: number;
  };
  /** Bytes that the recordings of sessions of an organization may take in the object store. */
  readonly recordingBytes: number;
  /** Devices that a project may subscribe for pushes. */
  readonly devicesPerProject: number;
  /** Events that an organization may send in a month, 0: without limit; and whether more are refused. */
  readonly eventLimit: { readonly perMonth: number; readonly refuses: boolean };
  readonly worker: WorkerSettings;
  readonly log: {
    readonly level: Values['LOG_LEVEL'];
    readonly format: 'pretty' | 'json';
    /** Whether every call leaves a line. */
    readonly access: boolean;
  };
  /** Where an operator's Prometheus asks; absent when it is off. */
  readonly metrics?: { readonly host: string; readonly port: number; readonly token?: string };
  /** Whether OpenTelemetry's SDK is started, which reads its own variables. */
  readonly tracing: boolean;
  readonly shutdownGraceSeconds: number;
}

const MEGABYTE = 1024 * 1024;

interface RateLimit {
  readonly perSecond: number;
  readonly burst: number;
}

/** The configuration cannot be used; `problems` holds one sentence per variable. */
export class ConfigError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'ConfigError';
  }
}

/** Reads the configuration from `env`; `overrides` (such as command line options) win, under the same names. */
export function loadConfig(env: Environment, overrides: Environment = {}): Config {
  const given = { ...env, ...overrides };
  const read = readVariables(given);
  const bad = 'bad' in read ? read.bad : contradictions(read.values);
  if ('bad' in read || bad.length > 0) throw new ConfigError(bad.map((name) => sentence(name, given[name])));
  return deepFreeze(shape(read.values, process.stdout.isTTY ? 'pretty' : 'json'));
}

/** Variables that are well formed but do not go together. */
function contradictions(values: Values): VariableName[] {
  const broken: Partial<Record<VariableName, boolean>> = {
    TLS_CERT_FILE: values.TLS_CERT_FILE === undefined && values.TLS_KEY_FILE !== undefined,
    TLS_KEY_FILE: values.TLS_KEY_FILE === undefined && values.TLS_CERT_FILE !== undefined,
    INTERNAL_PORT: values.INTERNAL_PORT !== 0 && values.INTERNAL_PORT === values.PORT,
    METRICS_PORT:
      values.METRICS_PORT !== 0 && [values.PORT, values.INTERNAL_PORT].includes(values.METRICS_PORT),
    METRICS_HOST: values.METRICS_TOKEN === undefined && !isLoopback(values.METRICS_HOST),
    INTERNAL_HOST: values.INTERNAL_TLS_CERT_FILE === undefined && !isLoopback(values.INTERNAL_HOST),
    INTERNAL_SECRET:
      values.INTERNAL_PORT !== 0 &&
      values.INTERNAL_SECRET === undefined &&
      values.INTERNAL_TLS_CERT_FILE === undefined,
    INTERNAL_TLS_CERT_FILE:
      values.INTERNAL_TLS_CERT_FILE === undefined &&
      (values.INTERNAL_TLS_KEY_FILE !== undefined || values.INTERNAL_TLS_CA_FILE !== undefined),
    INTERNAL_TLS_KEY_FILE:
      values.INTERNAL_TLS_KEY_FILE === undefined && values.INTERNAL_TLS_CERT_FILE !== undefined,
    INTERNAL_TLS_CA_FILE:
      values.INTERNAL_TLS_CA_FILE === undefined && values.INTERNAL_TLS_CERT_FILE !== undefined,
    INTERNAL_CLIENTS:
      values.INTERNAL_PORT !== 0 &&
      values.INTERNAL_TLS_CERT_FILE !== undefined &&
      values.INTERNAL_CLIENTS.length === 0,
    RENDER_URL: values.RENDER_URL !== undefined && !canCall(values.RENDER_URL, values),
    ROLE: values.ROLE === 'render' && values.INTERNAL_PORT === 0,
    S3_ENDPOINT: values.S3_ENDPOINT !== undefined && !usesBucket(values),
    S3_ACCESS_KEY_ID:
      (values.S3_ACCESS_KEY_ID === undefined && values.S3_SECRET_ACCESS_KEY !== undefined) ||
      (values.S3_ACCESS_KEY_ID !== undefined && !usesBucket(values)),
    S3_SECRET_ACCESS_KEY: values.S3_SECRET_ACCESS_KEY === undefined && values.S3_ACCESS_KEY_ID !== undefined,
    BACKUP_SCHEDULE: values.BACKUP_SCHEDULE !== undefined && values.BACKUP_TARGET === undefined,
    CLICKHOUSE_CLUSTER: values.CLICKHOUSE_CLUSTER !== undefined && values.CLICKHOUSE_URL === undefined,
    DATABASE_APP_URL: values.DATABASE_APP_URL !== undefined && values.DATABASE_URL === undefined,
    MASTER_KEY: values.DATABASE_URL !== undefined && values.MASTER_KEY === undefined,
    MASTER_KEY_ACCEPTED: !!values.MASTER_KEY && values.MASTER_KEY_ACCEPTED === values.MASTER_KEY,
    SSO_TRUSTED_DOMAINS: values.SSO_TRUSTED_DOMAINS.length > 0 && environmentOf(values) === 'production',
    EXTERNAL_ISSUER: values.EXTERNAL_ISSUER === undefined && values.EXTERNAL_AUDIENCE !== undefined,
    EXTERNAL_AUDIENCE: values.EXTERNAL_AUDIENCE === undefined && values.EXTERNAL_ISSUER !== undefined,
    EXTERNAL_JWKS_URL: values.EXTERNAL_JWKS_URL !== undefined && values.EXTERNAL_ISSUER === undefined,
    DASHBOARD_OIDC_ISSUER:
      values.DASHBOARD_OIDC_ISSUER === undefined && values.DASHBOARD_OIDC_CLIENT_ID !== undefined,
    DASHBOARD_OIDC_CLIENT_ID:
      values.DASHBOARD_OIDC_CLIENT_ID === undefined && values.DASHBOARD_OIDC_ISSUER !== undefined,
    DASHBOARD_OIDC_CLIENT_SECRET:
      values.DASHBOARD_OIDC_CLIENT_ID === undefined && values.DASHBOARD_OIDC_CLIENT_SECRET !== undefined,
  };
  return (Object.keys(broken) as VariableName[]).filter((name) => broken[name]);
}

/** A secret in clear text does not leave the machine. */
function canCall(siblingUrl: string, values: Values): boolean {
  const { protocol, hostname } = new URL(siblingUrl);
  if (protocol === 'https:') return values.INTERNAL_TLS_CERT_FILE !== undefined;
  return isLoopback(hostname.replace(/^\[|\]$/g, '')) && values.INTERNAL_SECRET !== undefined;
}

function sentence(name: VariableName, value: string | undefined): string {
  const { must, secret } = documentationOf(name);
  if (value === undefined || value.trim() === '') return `${name} must ${must}; it is not set.`;
  return `${name} must ${must}${secret ? '' : `; it is "${value}"`}.`;
}

function shape(values: Values, terminalFormat: 'pretty' | 'json'): Config {
  const publicUrl = (values.PUBLIC_URL ?? defaultPublicUrl(values)).replace(/\/+$/, '');
  const appUrl = values.APP_URL?.replace(/\/+$/, '') ?? publicUrl;
  return {
    role: values.ROLE,
    environment: environmentOf(values),
    dataDir: resolve(values.DATA_DIR),
    http: {
      host: values.HOST,
      port: values.PORT,
      publicUrl,
      appUrl,
      tls:
        values.TLS_CERT_FILE === undefined || values.TLS_KEY_FILE === undefined
          ? undefined
          : { certFile: resolve(values.TLS_CERT_FILE), keyFile: resolve(values.TLS_KEY_FILE) },
      corsOrigins: withDashboard(values.CORS_ORIGINS, values.DASHBOARD_URL),
      ingestPaths: values.INGEST_PATHS,
      trustedProxies: values.TRUSTED_PROXIES,
    },
    internal: {
      listener:
        values.INTERNAL_PORT === 0 ? undefined : { host: values.INTERNAL_HOST, port: values.INTERNAL_PORT },
      secret: values.INTERNAL_SECRET,
      tls: internalTls(values),
      clients: values.INTERNAL_CLIENTS.map(canonicalName),
    },
    render: {
      // The render process is where the calls end.
      url: values.ROLE === 'render' ? undefined : values.RENDER_URL,
      threads: values.RENDER_THREADS ?? Math.min(Math.max(availableParallelism() - 1, 1), 4),
    },
    bucket: bucketOf(values),
    s3: s3Of(values),
    backup: backupOf(values),
    database: {
      url: values.DATABASE_URL,
      appUrl: values.DATABASE_APP_URL,
      poolSize: values.DATABASE_POOL_SIZE,
    },
    analytics: analyticsOf(values),
    redis: { url: values.REDIS_URL },
    masterKey: values.MASTER_KEY,
    acceptedMasterKey: values.MASTER_KEY_ACCEPTED,
    tokens: {
      issuer: values.ISSUER ?? publicUrl,
      audience: values.AUDIENCE,
      external: externalIssuer(values),
    },
    signUp: values.SIGN_UP,
    dashboard: dashboardOf(values, { appUrl, environment: environmentOf(values) }),
    recentSignInMs: values.RECENT_SIGN_IN_MINUTES * 60_000,
    deletionGraceDays: values.ORGANIZATION_DELETION_DAYS,
    passkeys: passkeys(values, publicUrl),
    rateLimit: {
      organization: { perSecond: values.RATE_LIMIT_PER_SECOND, burst: values.RATE_LIMIT_BURST },
      anonymous: {
        perSecond: values.ANONYMOUS_RATE_LIMIT_PER_SECOND,
        burst: values.ANONYMOUS_RATE_LIMIT_BURST,
      },
      ingest: { perSecond: values.INGEST_EVENTS_PER_SECOND, burst: values.INGEST_EVENTS_BURST },
    },
    outbound: {
      allowedHosts: values.OUTBOUND_ALLOWED_HOSTS,
      caFile: values.OUTBOUND_CA_FILE && resolve(values.OUTBOUND_CA_FILE),
      dnsServers: values.DNS_SERVERS,
    },
    sso: {
      redirectUris: [...values.SSO_REDIRECT_URIS, new URL('/sign-in/callback', publicUrl).toString()],
      trustedDomains: values.SSO_TRUSTED_DOMAINS,
    },
    mail: mailOf(values),
    geoDatabase: values.GEO_DATABASE,
    ingest: {
      queue: {
        total: values.INGEST_QUEUE_MEGABYTES * MEGABYTE,
        organization: values.INGEST_ORGANIZATION_QUEUE_MEGABYTES * MEGABYTE,
        project: values.INGEST_PROJECT_QUEUE_MEGABYTES * MEGABYTE,
      },
      importedPerSecond: values.IMPORT_EVENTS_PER_SECOND,
    },
    recordingBytes: values.RECORDING_STORAGE_GIB * 1024 ** 3,
    devicesPerProject: values.DEVICES_PER_PROJECT,
    eventLimit: {
      perMonth: values.EVENT_LIMIT_PER_MONTH,
      refuses: values.EVENT_LIMIT_ACTION === 'refuse',
    },
    worker: workerOf(values),
    log: {
      level: values.LOG_LEVEL,
      format: values.LOG_FORMAT ?? terminalFormat,
      access: values.ACCESS_LOG === 'on',
    },
    metrics:
      values.METRICS_PORT === 0
        ? undefined
        : { host: values.METRICS_HOST, port: values.METRICS_PORT, token: values.METRICS_TOKEN },
    tracing: wantsTraces(values),
    shutdownGraceSeconds: values.SHUTDOWN_GRACE_SECONDS,
  };
}

function wantsTraces(values: Values): boolean {
  if (values.OTEL_SDK_DISABLED === 'true') return false;
  const exporter = values.OTEL_TRACES_EXPORTER ?? (values.OTEL_EXPORTER_OTLP_ENDPOINT ? 'otlp' : 'none');
  return exporter !== 'none';
}

function environmentOf(values: Values): Config['environment'] {
  return values.ENVIRONMENT ?? (values.DATABASE_URL === undefined ? 'development' : 'production');
}

function defaultPublicUrl(values: Values): string {
  const scheme = values.TLS_CERT_FILE === undefined ? 'http' : 'https';
  const everywhere = values.HOST === '0.0.0.0' || values.HOST === '::';
  const host = everywhere ? 'localhost' : values.HOST.includes(':') ? `[${values.HOST}]` : values.HOST;
  return `${scheme}://${host}:${values.PORT}`;
}

/** Authenticators take no addresses; on one's own machine localhost is meant. */
function passkeys(values: Values, publicUrl: string): Config['passkeys'] {
  const { hostname, origin } = new URL(publicUrl);
  const isAddress = /^[\d.]+$|^\[/.test(hostname);
  const id = values.PASSKEY_RP_ID ?? (isAddress ? 'localhost' : hostname);
  const fallback = id === 'localhost' ? [origin, 'http://localhost:*'] : [origin];
  const origins = values.PASSKEY_ORIGINS.length > 0 ? values.PASSKEY_ORIGINS : fallback;
  return { id, name: values.PASSKEY_RP_NAME, origins };
}

function internalTls(values: Values): Config['internal']['tls'] {
  const {
    INTERNAL_TLS_CERT_FILE: cert,
    INTERNAL_TLS_KEY_FILE: key,
    INTERNAL_TLS_CA_FILE: authority,
  } = values;
  if (cert === undefined || key === undefined || authority === undefined) return undefined;
  return { certFile: resolve(cert), keyFile: resolve(key), caFile: resolve(authority) };
}

function analyticsOf(values: Values): Config['analytics'] {
  const { CLICKHOUSE_URL: url, CLICKHOUSE_CLUSTER: cluster } = values;
  const quarter = Math.floor(memoryOfMachine() / MEGABYTE / 4);
  const memory = values.ANALYTICS_MEMORY_MIB ?? Math.min(Math.max(quarter, 512), 16_384);
  const ofQuery = values.ANALYTICS_QUERY_MEMORY_MIB ?? (url === undefined ? Math.floor(memory / 2) : 4096);
  return {
    server: url === undefined ? undefined : { url, cluster },
    memory: memory * MEGABYTE,
    freeDisk: values.ANALYTICS_FREE_DISK_MIB * MEGABYTE,
    connections: values.CLICKHOUSE_CONNECTIONS,
    query: {
      seconds: values.ANALYTICS_QUERY_SECONDS,
      memory: ofQuery * MEGABYTE,
      rows: values.ANALYTICS_QUERY_MILLION_ROWS * 1_000_000,
    },
  };
}

/** In a container, what the container may use. */
function memoryOfMachine(): number {
  const allowed = process.constrainedMemory();
  return allowed > 0 ? Math.min(allowed, totalmem()) : totalmem();
}

function externalIssuer(values: Values): Config['tokens']['external'] {
  const { EXTERNAL_ISSUER: issuer, EXTERNAL_AUDIENCE: audience, EXTERNAL_JWKS_URL: url } = values;
  if (issuer === undefined || audience === undefined) return undefined;
  return { issuer, audience, jwksUrl: url ?? `${issuer.replace(/\/+$/, '')}/.well-known/jwks.json` };
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(value).forEach(deepFreeze);
  return Object.freeze(value);
}
