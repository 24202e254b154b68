import { describe, expect, test } from '@jest/globals';
import { ConfigError, describeConfig, loadConfig } from './index.js';
import { variableNames } from './variables.js';

const key = Buffer.alloc(32, 7).toString('base64');
const secret = 'a-secret-of-at-least-thirty-two-characters';
const mutualTls = {
  INTERNAL_TLS_CERT_FILE: 'cert.pem',
  INTERNAL_TLS_KEY_FILE: 'key.pem',
  INTERNAL_TLS_CA_FILE: 'ca.pem',
};

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    loadConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('loadConfig', () => {
  test.each([
    [{ PORT: 'abc' }, 'PORT must be a whole number from 0 to 65535; it is "abc".'],
    [{ PORT: '70000' }, 'PORT must be a whole number from 0 to 65535; it is "70000".'],
    [{ ROLE: 'boss' }, 'ROLE must be all, api, worker or render, and'],
    [{ DATABASE_URL: 'mysql://x', MASTER_KEY: key }, 'DATABASE_URL must be a URL such as'],
    [
      { DATABASE_URL: 'postgres://h/d' },
      'MASTER_KEY must be 32 bytes in base64, and is required with DATABASE_URL',
    ],
    [{ MASTER_KEY: 'c2hvcnQ=' }, 'MASTER_KEY must be 32 bytes in base64'],
    [{ S3_ENDPOINT: 'http://store' }, 'S3_ENDPOINT must be an http or https URL, and needs S3_BUCKET'],
    [{ S3_BUCKET: 'b/c' }, 'S3_BUCKET must be the name of a bucket; it is "b/c".'],
    [{ S3_BUCKET: 'abc', S3_ACCESS_KEY_ID: 'k' }, 'S3_SECRET_ACCESS_KEY must be set together with'],
    [{ S3_BUCKET: 'abc', S3_SECRET_ACCESS_KEY: 's' }, 'S3_ACCESS_KEY_ID must be set together with'],
    [
      { DATABASE_APP_URL: 'postgres://h/d' },
      'DATABASE_APP_URL must be a PostgreSQL URL, and needs DATABASE_URL',
    ],
    [{ TLS_CERT_FILE: 'a.pem' }, 'TLS_KEY_FILE must be a file name and be set together with TLS_CERT_FILE'],
    [{ ROLE: 'render' }, 'ROLE must be all, api, worker or render, and render needs INTERNAL_PORT'],
    [{ INTERNAL_PORT: '8081' }, 'INTERNAL_SECRET must be at least 32 visible ASCII characters'],
    [
      { INTERNAL_HOST: '0.0.0.0' },
      'INTERNAL_HOST must be an address of this machine, and a loopback address',
    ],
    [{ INTERNAL_TLS_CA_FILE: 'ca.pem' }, 'INTERNAL_TLS_CERT_FILE must be a file name and be set together'],
    [{ ...mutualTls, INTERNAL_PORT: '8081' }, 'INTERNAL_CLIENTS must be names such as O=Acme, CN='],
    [{ INTERNAL_CLIENTS: 'worker' }, 'INTERNAL_CLIENTS must be names such as O=Acme, CN='],
    [{ RENDER_URL: 'https://render:1' }, 'RENDER_URL must be an https URL, with INTERNAL_TLS_CERT_FILE set'],
    [{ RENDER_URL: 'http://127.0.0.1:1' }, 'RENDER_URL must be an https URL'],
    [{ RENDER_URL: 'http://render:1', INTERNAL_SECRET: secret }, 'RENDER_URL must be an https URL'],
    [
      { EXTERNAL_ISSUER: 'https://idp.example' },
      'EXTERNAL_AUDIENCE must be set together with EXTERNAL_ISSUER',
    ],
    [{ CORS_ORIGINS: 'https://a.example,nonsense/' }, 'CORS_ORIGINS must be origins'],
    [{ TRUSTED_PROXIES: 'proxy' }, 'TRUSTED_PROXIES must be addresses or networks'],
    [
      { METRICS_HOST: '0.0.0.0', METRICS_PORT: '9464' },
      'METRICS_HOST must be an address of this machine, and a loopback',
    ],
    [{ METRICS_PORT: '8080' }, 'METRICS_PORT must be a whole number from 0 to 65535 and differ from PORT'],
    [{ METRICS_TOKEN: 'short' }, 'METRICS_TOKEN must be at least 16'],
    [{ OTEL_SDK_DISABLED: 'yes' }, 'OTEL_SDK_DISABLED must be true or false'],
  ])('%j is refused in a sentence', (env, start) => {
    const problems = problemsOf(env);
    expect(problems).toHaveLength(1);
    expect(problems[0]?.startsWith(start)).toBe(true);
  });

  test('every bad variable gets its own sentence, and secrets are not repeated', () => {
    const problems = problemsOf({ PORT: 'x', HOST: 'h', LOG_LEVEL: 'loud', MASTER_KEY: 'my-secret' });
    expect(problems).toHaveLength(3);
    expect(problems.join()).not.toContain('my-secret');
  });

  test('nothing set means the embedded database, in development, on this machine only', () => {
    const config = loadConfig({});
    expect(config).toMatchObject({
      role: 'all',
      environment: 'development',
      http: { host: '127.0.0.1', port: 8080, publicUrl: 'http://127.0.0.1:8080', corsOrigins: [] },
      database: { poolSize: 10 },
      signUp: 'invited',
      rateLimit: {
        organization: { perSecond: 100, burst: 200 },
        anonymous: { perSecond: 10, burst: 20 },
        ingest: { perSecond: 10_000, burst: 100_000 },
      },
      shutdownGraceSeconds: 10,
    });
    expect(config.database.url).toBeUndefined();
    expect(config.internal.listener).toBeUndefined();
    expect(config.render.url).toBeUndefined();
  });

  test('an empty variable counts as unset and an override wins', () => {
    expect(loadConfig({ PORT: ' ', ROLE: 'api' }, { ROLE: 'worker' })).toMatchObject({
      role: 'worker',
      http: { port: 8080 },
    });
  });

  test.each([
    [{}, false],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' }, true],
    [{ OTEL_TRACES_EXPORTER: 'console' }, true],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318', OTEL_TRACES_EXPORTER: 'none' }, false],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318', OTEL_SDK_DISABLED: 'true' }, false],
  ])('%j: traces are wanted: %s', (env, wanted) => {
    expect(loadConfig(env).tracing).toBe(wanted);
  });

  test('derived values follow what is set', () => {
    const config = loadConfig({
      HOST: '0.0.0.0',
      TLS_CERT_FILE: 'c.pem',
      TLS_KEY_FILE: 'k.pem',
      DATABASE_URL: 'postgres://owner@db/dovecote',
      MASTER_KEY: key,
      EXTERNAL_ISSUER: 'https://idp.example/',
      EXTERNAL_AUDIENCE: 'app',
      CORS_ORIGINS: 'https://a.example, http://localhost:*',
    });
    expect(config.http.publicUrl).toBe('https://localhost:8080');
    expect(config.tokens.issuer).toBe('https://localhost:8080');
    expect(config.tokens.external?.jwksUrl).toBe('https://idp.example/.well-known/jwks.json');
    expect(config.http.corsOrigins).toEqual(['https://a.example', 'http://localhost:*']);
    expect(config.environment).toBe('production');
  });

  test.each([
    { ...mutualTls, RENDER_URL: 'https://render.internal:9090' },
    { INTERNAL_SECRET: secret, RENDER_URL: 'http://[::1]:9090' },
  ])('messages are made elsewhere with %j', (env) => {
    expect(loadConfig(env).render.url).toBe(env.RENDER_URL);
    expect(
      loadConfig({ ...env, INTERNAL_PORT: '1', INTERNAL_CLIENTS: 'CN=w', ROLE: 'render' }).render.url,
    ).toBe(undefined);
  });

  test('the configuration cannot be changed afterwards', () => {
    const config = loadConfig({});
    expect(
      Object.isFrozen(config) && Object.isFrozen(config.http) && Object.isFrozen(config.http.corsOrigins),
    ).toBe(true);
  });
});

describe('describeConfig', () => {
  test('documents every variable', () => {
    const rows = describeConfig();
    expect(rows.map((row) => row.name)).toEqual(variableNames);
    expect(rows.filter((row) => row.meaning.length < 10 || row.default === '')).toEqual([]);
  });

  test('masks secrets and keeps the readable part of a URL', () => {
    const rows = describeConfig({ MASTER_KEY: key, DATABASE_URL: 'postgres://owner:hush@db:5432/dovecote' });
    const valueOf = (name: string) => rows.find((row) => row.name === name)?.value;
    expect(valueOf('MASTER_KEY')).toBe('********');
    expect(valueOf('DATABASE_URL')).toBe('postgres://owner:********@db:5432/dovecote');
  });
});

describe('passkeys', () => {
  const passkeysOf = (env: Record<string, string>) => loadConfig(env).passkeys;

  test('work on localhost where nothing is said', () => {
    expect(passkeysOf({})).toEqual({
      id: 'localhost',
      name: 'Dovecote',
      origins: ['http://127.0.0.1:8080', 'http://localhost:*'],
    });
  });

  test('are made for the domain of PUBLIC_URL, and used from there', () => {
    expect(passkeysOf({ PUBLIC_URL: 'https://hr.acme.example/' })).toMatchObject({
      id: 'hr.acme.example',
      origins: ['https://hr.acme.example'],
    });
  });

  test.each([
    ['PASSKEY_RP_ID', '127.0.0.1'],
    ['PASSKEY_RP_ID', 'https://acme.example'],
    ['PASSKEY_ORIGINS', 'https://acme.example/'],
    ['PASSKEY_ORIGINS', 'https://acme.example:*'],
    ['PASSKEY_ORIGINS', '*'],
  ])('are not taken with %s=%s', (name, value) => {
    expect(() => loadConfig({ [name]: value })).toThrow(name);
  });
});

describe('the dashboard', () => {
  test('is looked for where developers serve it, else where the application is', () => {
    expect(loadConfig({}).dashboard).toMatchObject({ url: 'http://localhost:5173', passwords: false });
    const env = { ENVIRONMENT: 'production', APP_URL: 'https://app.acme.example/' };
    expect(loadConfig(env).dashboard.url).toBe('https://app.acme.example');
    expect(loadConfig(env).http.corsOrigins).toEqual([]);
  });

  test('may call from a browser once it is named', () => {
    const env = {
      DASHBOARD_URL: 'https://stats.acme.example/board/',
      CORS_ORIGINS: 'https://hr.acme.example',
    };
    expect(loadConfig(env).dashboard.url).toBe('https://stats.acme.example/board');
    expect(loadConfig(env).http.corsOrigins).toEqual([
      'https://hr.acme.example',
      'https://stats.acme.example',
    ]);
    expect(loadConfig({ ...env, CORS_ORIGINS: '*' }).http.corsOrigins).toEqual(['*']);
  });

  test('names its provider by the host, and never half of it', () => {
    const env = { DASHBOARD_OIDC_ISSUER: 'https://id.example', DASHBOARD_OIDC_CLIENT_ID: 'board' };
    expect(loadConfig(env).dashboard.oidc).toEqual({
      issuer: 'https://id.example',
      clientId: 'board',
      clientSecret: '',
      name: 'id.example',
    });
    for (const name of ['DASHBOARD_OIDC_ISSUER', 'DASHBOARD_OIDC_CLIENT_ID'] as const) {
      expect(() => loadConfig({ ...env, [name]: '' })).toThrow(name);
    }
    expect(() => loadConfig({ DASHBOARD_OIDC_CLIENT_SECRET: 'x' })).toThrow('DASHBOARD_OIDC_CLIENT_SECRET');
  });
});
