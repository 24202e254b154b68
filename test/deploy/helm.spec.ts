import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { createProgram } from '../../src/commands/program.js';
import { type Config, loadConfig } from '../../src/platform/config/index.js';
import { variableNames } from '../../src/platform/config/variables.js';
import { Page, root } from '../docs/support/page.js';
import { buildGo, whyNoGo } from '../support/go.js';
import { pythonFor } from '../support/python-environment.js';
import {
  type Container,
  containerOf,
  Helm,
  type Ingress,
  type Manifests,
  type Selecting,
  selects,
  type Service,
} from './support/chart.js';

const run = promisify(execFile);
const TOOLS = join(import.meta.dirname, 'tools');
const BUILD_MS = 600_000;
/** The oldest that the chart takes, and the newest that the schemas know. */
const releases = ['1.25', '1.37'];
const examples = ['least', 'everything'];

const missing = whyNoGo(TOOLS);
const schemas = pythonFor(join(import.meta.dirname, 'kubernetes'));
for (const why of [missing, schemas.missing]) if (why) console.log(`skipped: ${why}`);

(missing ? describe.skip : describe)('the Helm chart', () => {
  let folder: string;
  let helm: Helm;
  const rendered = new Map<string, Manifests>();
  const of = (example: string): Manifests => rendered.get(example) as Manifests;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dovecote-chart-'));
    await buildGo(TOOLS, join(folder, 'helm'), 'helm.sh/helm/v3/cmd/helm');
    helm = new Helm(join(folder, 'helm'));
    for (const example of examples)
      rendered.set(example, await helm.template('1.37', '--values', Helm.values(example)));
  }, BUILD_MS);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test.each(examples)('has nothing that helm lint minds, with %s', async (example) => {
    expect(await helm.lint('--values', Helm.values(example))).toContain('0 chart(s) failed');
  });

  (schemas.missing ? describe.skip : describe)('in the schemas of Kubernetes', () => {
    const judge = async (release: string, text: string): Promise<{ stdout: string }> => {
      const file = join(folder, 'manifests.yaml');
      await writeFile(file, text);
      return run(schemas.python, ['-m', 'kubernetes_validate', '-k', release, '--strict', file]);
    };

    test.each(releases.flatMap((release) => examples.map((example) => [release, example] as const)))(
      'of %s is right, with %s',
      async (release, example) => {
        const { text } = await helm.template(release, '--values', Helm.values(example));
        expect((await judge(release, text)).stdout).toContain('passed for resource deployment/');
      },
    );

    test('a mistake is found', async () => {
      const wrong = of('least').text.replace('readOnlyRootFilesystem', 'readonlyRootFilesystem');
      await expect(judge('1.37', wrong)).rejects.toThrow();
    });
  });

  test.each([
    ['no address', [], '/publicUrl'],
    ['a value that there is not', ['--set', 'replicas=3'], "'replicas' not allowed"],
    [
      'exports that pods do not share',
      ['--set', 'exports.existingClaim='],
      'set s3.bucket, or existingClaim',
    ],
    [
      'backups in a folder of a pod',
      [
        '--set',
        'exports.existingClaim=',
        '--set',
        'exports.s3.bucket=exports',
        '--set',
        'backup.target=/data/backups',
      ],
      'a folder needs exports.existingClaim',
    ],
    ['backups where pods cannot write', ['--set', 'backup.target=/var/backups'], '/backup/target'],
    ['a schedule of backups that go nowhere', ['--set', 'backup.schedule=30 2 * * *'], 'where backups go'],
    [
      'pods without a ClickHouse server',
      ['--set', 'clickhouse.existingSecret='],
      '/clickhouse/existingSecret',
    ],
    ['metrics without a token', ['--set', 'metrics.enabled=true'], '/metrics/existingSecret'],
    ['a variable that is no text', ['--set', 'env.RATE_LIMIT_BURST=400'], '/env/RATE_LIMIT_BURST'],
  ])('refuses %s', async (_, options, message) => {
    const values = options.length > 0 ? ['--values', Helm.values('least')] : [];
    await expect(helm.template('1.37', ...values, ...options)).rejects.toThrow(message);
  });

  test('installs as docs/operations.md shows it', async () => {
    const [, words = ''] =
      /^helm install ((?:.*\\\n)*.*)$/m.exec(Page.open('docs/operations.md').take('helm install')) ?? [];
    const [, , ...options] = words.replaceAll('\\\n', ' ').trim().split(/\s+/);
    const { workloads } = await helm.template('1.37', ...options);
    expect(workloads).toHaveLength(3);
    for (const workload of workloads)
      expect(containerOf(workload).env).toContainEqual({
        name: 'SMTP_URL',
        valueFrom: { secretKeyRef: { name: 'dovecote-mail', key: 'url' } },
      });
  });

  test('is of the version that it installs', async () => {
    const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
    const text = await readFile(join(Helm.chart, 'Chart.yaml'), 'utf8');
    expect(parse(text)).toMatchObject({ appVersion: version });
    expect(of('least').text).toContain(`image: "dovecote:${version}"`);
  });

  describe.each(examples)('with %s', (example) => {
    test.each(['api', 'worker', 'migrate'])(
      '%s starts with a configuration that the server takes',
      (name) => {
        const { args, env } = containerOf(of(example).workload(name));
        expect(variableNames).toEqual(expect.arrayContaining(env.map((variable) => variable.name)));
        expect(new Set(env.map((variable) => variable.name)).size).toBe(env.length);
        const [command, ...options] = args;
        const known = createProgram({}).commands.find((one) => one.name() === command);
        expect(known?.options.map(({ long }) => long)).toEqual(
          expect.arrayContaining(options.filter((word) => word.startsWith('--'))),
        );
        const config = configOf(env);
        expect(config).toMatchObject({ environment: 'production', dataDir: '/data' });
        expect(config.http.publicUrl).toBe('https://dovecote.example.com');
        expect(config.analytics.server?.url).toContain('@clickhouse:8123');
      },
    );

    test('secrets come from secrets', () => {
      const secret = /_(URL|KEY|TOKEN|KEY_ID)$/;
      for (const workload of of(example).workloads)
        for (const { name, value } of containerOf(workload).env)
          if (secret.test(name) && !/^(PUBLIC|APP)_URL$/.test(name))
            expect([name, value]).toEqual([name, undefined]);
    });

    test('ports are those that the server opens, and probes ask what it answers', () => {
      const api = containerOf(of(example).workload('api'));
      const config = configOf(api.env);
      expect(config.http).toMatchObject({ host: '0.0.0.0', port: portOf(api, 'http') });
      expect(api.livenessProbe?.httpGet).toEqual({ path: '/health/live', port: 'http' });
      expect(api.readinessProbe?.httpGet).toEqual({ path: '/health/ready', port: 'http' });
      const worker = containerOf(of(example).workload('worker'));
      for (const probe of [worker.startupProbe, worker.livenessProbe])
        expect(probe?.exec?.command.at(-1)).toContain(
          `http://127.0.0.1:${configOf(worker.env).metrics?.port}/`,
        );
      for (const container of [api, worker]) {
        const port = portOf(container, 'metrics');
        if (port) expect(configOf(container.env).metrics).toMatchObject({ host: '0.0.0.0', port });
      }
    });

    test('selectors find their own pods and no others', () => {
      const manifests = of(example);
      const found = (selector: Record<string, string> | undefined): string[] =>
        manifests.workloads.filter((one) => selects(selector, one)).map(({ metadata }) => metadata.name);
      for (const name of ['api', 'worker'])
        expect(found(manifests.workload(name).spec.selector.matchLabels)).toEqual([`acme-dovecote-${name}`]);
      for (const kind of ['PodDisruptionBudget', 'NetworkPolicy'])
        expect(
          manifests
            .ofKind<Selecting>(kind)
            .flatMap(({ spec }) => found((spec.selector ?? spec.podSelector)?.matchLabels)),
        ).toEqual(['acme-dovecote-api', 'acme-dovecote-worker']);
      const [service] = manifests.ofKind<Service>('Service');
      expect(found(service?.spec.selector)).toEqual(['acme-dovecote-api']);
      const [port] = service?.spec.ports ?? [];
      expect(port).toMatchObject({ targetPort: 'http', appProtocol: 'kubernetes.io/h2c' });
      const ingresses = manifests.ofKind<Ingress>('Ingress');
      expect(ingresses).toHaveLength(example === 'everything' ? 1 : 0);
      for (const { spec } of ingresses)
        expect(spec.rules[0]?.http.paths[0]?.backend.service).toEqual({
          name: service?.metadata.name,
          port: { name: port?.name },
        });
    });

    test('pods may do nothing but run: no root, no capability, no writing but to /data and /tmp', () => {
      for (const workload of of(example).workloads) {
        const { spec } = workload.spec.template;
        const container = containerOf(workload);
        expect(spec.securityContext).toMatchObject({
          runAsNonRoot: true,
          seccompProfile: { type: 'RuntimeDefault' },
        });
        expect(spec.automountServiceAccountToken).toBe(false);
        expect(container.securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
        expect(container.volumeMounts.map(({ mountPath }) => mountPath)).toEqual(['/data', '/tmp']);
        expect(spec.volumes.map(({ name }) => name)).toEqual(container.volumeMounts.map(({ name }) => name));
      }
    });

    test('pods are killed after calls and jobs have had their time', () => {
      for (const name of ['api', 'worker']) {
        const workload = of(example).workload(name);
        const { shutdownGraceSeconds } = configOf(containerOf(workload).env);
        const { terminationGracePeriodSeconds } = workload.spec.template.spec;
        expect(terminationGracePeriodSeconds).toBeGreaterThan(2 * shutdownGraceSeconds + 5);
      }
    });

    test('the schema is migrated before anything starts', () => {
      expect(of(example).workload('migrate').metadata.annotations).toMatchObject({
        'helm.sh/hook': 'pre-install,pre-upgrade',
      });
    });
  });

  test.each([
    ['a folder of the volume', ['backup.target=/data/backups'], {}],
    [
      'a bucket, without one for exports',
      [
        'backup.target=s3://backups/dovecote',
        'exports.s3.region=eu-west-3',
        'exports.s3.existingSecret=store',
      ],
      {
        region: 'eu-west-3',
        credentials: { accessKeyId: 'some text', secretAccessKey: 'some text' },
      },
    ],
  ])('backups go to %s', async (_, values, s3) => {
    const sets = ['backup.schedule=30 2 * * *', ...values].flatMap((value) => ['--set', value]);
    const { workloads } = await helm.template('1.37', '--values', Helm.values('least'), ...sets);
    const target = values[0]?.replace('backup.target=', '');
    for (const workload of workloads)
      expect(configOf(containerOf(workload).env)).toMatchObject({
        backup: { schedule: '30 2 * * *', target, keep: 7 },
        s3,
      });
  });

  test('the probe of a worker tells one that answers from one that does not', async () => {
    const [program = '', ...words] =
      containerOf(of('least').workload('worker')).livenessProbe?.exec?.command ?? [];
    expect(program).toBe('node');
    const server = createServer((_, response) => response.writeHead(404).end()).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const probe = () =>
      run(
        process.execPath,
        words.map((word) => word.replace(':9464/', `:${port}/`)),
      );
    await probe();
    await new Promise((resolve) => server.close(resolve));
    await expect(probe()).rejects.toMatchObject({ code: 1 });
  });
});

/** What the server makes of the variables, with secrets as they might be. */
function configOf(env: Container['env']): Config {
  const secrets: Record<string, string> = {
    DATABASE_URL: 'postgresql://owner@db/dovecote',
    DATABASE_APP_URL: 'postgresql://app@db/dovecote',
    CLICKHOUSE_URL: 'http://dovecote:secret@clickhouse:8123/dovecote',
    MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
    SMTP_URL: 'smtp://mail',
    REDIS_URL: 'redis://redis',
    METRICS_TOKEN: 'a-token-of-sixteen-or-more',
  };
  return loadConfig(
    Object.fromEntries(env.map(({ name, value }) => [name, value ?? secrets[name] ?? 'some text'])),
  );
}

function portOf({ ports = [] }: Container, name: string): number | undefined {
  return ports.find((port) => port.name === name)?.containerPort;
}
