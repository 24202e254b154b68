import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parseAllDocuments } from 'yaml';
import { root } from '../../docs/support/page.js';

const run = promisify(execFile);

export interface Container {
  args: string[];
  env: { name: string; value?: string; valueFrom?: { secretKeyRef: { name: string; key: string } } }[];
  ports?: { name: string; containerPort: number }[];
  volumeMounts: { name: string; mountPath: string }[];
  securityContext: object;
  livenessProbe?: Probe;
  readinessProbe?: Probe;
  startupProbe?: Probe;
}

interface Probe {
  httpGet?: { path: string; port: string };
  exec?: { command: string[] };
}

type Labels = Record<string, string>;

export interface Workload {
  metadata: { name: string; annotations?: Labels };
  spec: {
    selector: { matchLabels: Labels };
    template: {
      metadata: { labels: Labels };
      spec: {
        containers: [Container];
        volumes: { name: string }[];
        securityContext: object;
        automountServiceAccountToken: boolean;
        terminationGracePeriodSeconds?: number;
      };
    };
  };
}

export interface Service {
  metadata: { name: string };
  spec: { selector: Labels; ports: { name: string; targetPort: string; appProtocol: string }[] };
}

/** A disruption budget, or a network policy. */
export interface Selecting {
  spec: { selector?: { matchLabels: Labels }; podSelector?: { matchLabels: Labels } };
}

export interface Ingress {
  spec: {
    rules: { http: { paths: { backend: { service: { name: string; port: { name: string } } } }[] } }[];
  };
}

/** What an installation of the chart consists of. */
export class Manifests {
  private readonly all: { kind: string; metadata: { name: string } }[];

  readonly text: string;

  constructor(text: string) {
    this.text = text;
    this.all = parseAllDocuments(text).map((document) => document.toJS() as (typeof this.all)[number]);
  }

  /** Kinds have the shape that Kubernetes gives them; its schemas are held against the same text. */
  ofKind<T>(kind: string): T[] {
    return this.all.filter((one) => one.kind === kind) as unknown as T[];
  }

  /** Everything that starts a pod. */
  get workloads(): Workload[] {
    return [...this.ofKind<Workload>('Deployment'), ...this.ofKind<Workload>('Job')];
  }

  workload(component: string): Workload {
    const found = this.workloads.find(
      ({ spec }) => spec.template.metadata.labels['app.kubernetes.io/component'] === component,
    );
    if (!found) throw new Error(`There is no ${component}.`);
    return found;
  }
}

export class Helm {
  private readonly program: string;

  constructor(program: string) {
    this.program = program;
  }

  static readonly chart = join(root, 'deploy/helm/dovecote');

  static values(name: string): string {
    return join(Helm.chart, 'ci', `${name}.yaml`);
  }

  async lint(...options: string[]): Promise<string> {
    return (await run(this.program, ['lint', '--strict', Helm.chart, ...options])).stdout;
  }

  async template(kubernetes: string, ...options: string[]): Promise<Manifests> {
    const words = ['template', 'acme', Helm.chart, '--kube-version', kubernetes, ...options];
    return new Manifests((await run(this.program, words)).stdout);
  }
}

export const containerOf = ({ spec }: Workload): Container => spec.template.spec.containers[0];

export const selects = (selector: Labels | undefined, { spec }: Workload): boolean =>
  selector !== undefined &&
  Object.entries(selector).every(([name, value]) => spec.template.metadata.labels[name] === value);
