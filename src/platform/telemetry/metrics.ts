import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** A value that is read at each scrape. Rejects when it is unavailable. */
export type Reading = () => Promise<void> | void;

/** The longest that a scrape waits for a reading: a database that hangs must not hide the rest. */
const READING_MS = 2_000;

/**
 * What the process counts about itself. Labels take values that the program knows beforehand, never what comes from
 * outside: an id or a path in one would make a series for each.
 */
@Injectable()
export class Metrics {
  readonly registry = new Registry();
  private readonly readings: Reading[] = [];

  readonly calls = this.counter('rpc_calls_total', 'Calls that ended.', ['method', 'code', 'protocol']);
  readonly callSeconds = new Histogram({
    name: 'dovecote_rpc_duration_seconds',
    help: 'Time from the request, read and parsed, to its answer.',
    labelNames: ['method'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [this.registry],
  });
  readonly callsInFlight = this.gauge('rpc_in_flight', 'Calls that are being answered.');
  readonly throttled = this.counter('throttled_total', 'Calls and requests refused by a rate limit.', [
    'limit',
  ]);
  readonly requests = this.counter('http_requests_total', 'Plain HTTP requests: pages, SCIM, health.', [
    'route',
    'method',
    'status',
  ]);
  readonly jobs = this.counter('jobs_total', 'Jobs that were run.', ['task', 'outcome']);
  readonly jobSeconds = new Histogram({
    name: 'dovecote_job_duration_seconds',
    help: 'How long jobs run.',
    labelNames: ['task'],
    buckets: [0.01, 0.05, 0.25, 1, 5, 30, 120, 600],
    registers: [this.registry],
  });
  readonly mails = this.counter('mails_total', 'Mails handed to the mail server, by outcome.', ['outcome']);
  readonly deliveries = this.counter(
    'campaign_deliveries_total',
    'Deliveries written by campaigns, and those marked as missed.',
    ['outcome'],
  );

  /** Adds the metrics of the process (memory, CPU, event loop, garbage collection), if metrics are served. */
  observeProcess(): void {
    collectDefaultMetrics({ register: this.registry });
  }

  gauge<Label extends string>(name: string, help: string, labelNames: Label[] = []): Gauge<Label> {
    return new Gauge({ name: `dovecote_${name}`, help, labelNames, registers: [this.registry] });
  }

  counter<Label extends string>(name: string, help: string, labelNames: Label[] = []): Counter<Label> {
    return new Counter({ name: `dovecote_${name}`, help, labelNames, registers: [this.registry] });
  }

  onScrape(reading: Reading): void {
    this.readings.push(reading);
  }

  /** In the text format of Prometheus. */
  async scrape(): Promise<string> {
    // What cannot be known is left out by the reading itself.
    await Promise.all(this.readings.map((reading) => within(reading).catch(() => undefined)));
    return this.registry.metrics();
  }
}

async function within(reading: Reading): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, READING_MS)));
  await Promise.race([reading(), late]).finally(() => clearTimeout(timer));
}
