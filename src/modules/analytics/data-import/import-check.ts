import { textOf } from '../event/index.js';
import type { CheckResult, Problem, SampleEvent } from './data-import.js';
import type { ReadLine } from './import-reader.js';
import type { ImportedEvent } from './imported.js';

const MOST_PROBLEMS = 100;
/** Lines of the report that can be downloaded. */
const MOST_REPORTED = 100_000;
const MOST_SAMPLES = 10;
const MOST_KINDS = 50;
/** Names of events that are counted; a file with more has a wrong column for them. */
const MOST_COUNTED_KINDS = 10_000;

/** Counts what a file holds. */
export class ImportCheck {
  private lines = 0;
  private events = 0;
  private profiles = 0;
  private aliases = 0;
  private skipped = 0;
  private refused = 0;
  private warnings = 0;
  private first = Infinity;
  private last = -Infinity;
  private readonly months = new Set<string>();
  private readonly kinds = new Map<string, number>();
  private readonly samples: SampleEvent[] = [];
  private readonly problems: Problem[] = [];
  readonly report: string[] = [];

  add({ line, imported, refusal, warnings }: ReadLine): void {
    this.lines += 1;
    for (const warning of warnings) {
      this.warnings += 1;
      this.note({ line, ...warning, isWarning: true });
    }
    if (refusal) {
      this.refused += 1;
      this.note({ line, ...refusal, isWarning: false });
    }
    if (!imported) return;
    switch (imported.type) {
      case 'event':
        return this.addEvent(line, imported.event);
      case 'person':
        if (Object.keys(imported.person.traits).length > 0 || imported.person.links.length === 0)
          this.profiles += 1;
        this.aliases += imported.person.links.length;
        return;
      case 'skipped':
        this.skipped += 1;
    }
  }

  get read(): number {
    return this.lines;
  }

  result(): CheckResult {
    return {
      lines: this.lines,
      events: this.events,
      profiles: this.profiles,
      aliases: this.aliases,
      skipped: this.skipped,
      refused: this.refused,
      warnings: this.warnings,
      firstTime: this.events > 0 ? this.first : null,
      lastTime: this.events > 0 ? this.last : null,
      months: this.months.size,
      problems: this.problems,
      samples: this.samples,
      kinds: [...this.kinds].sort(([, a], [, b]) => b - a).slice(0, MOST_KINDS),
    };
  }

  private addEvent(line: number, event: ImportedEvent): void {
    const { kind, occurTime, eventId, distinctId, sessionId, properties } = event;
    this.events += 1;
    this.first = Math.min(this.first, occurTime);
    this.last = Math.max(this.last, occurTime);
    this.months.add(new Date(occurTime).toISOString().slice(0, 7));
    if (this.kinds.size < MOST_COUNTED_KINDS || this.kinds.has(kind))
      this.kinds.set(kind, (this.kinds.get(kind) ?? 0) + 1);
    if (this.samples.length >= MOST_SAMPLES) return;
    const texts = Object.fromEntries([...properties].map(([name, value]) => [name, textOf(value)]));
    this.samples.push({ line, eventId, kind, occurTime, distinctId, sessionId, properties: texts });
  }

  private note(problem: Problem): void {
    if (this.problems.length < MOST_PROBLEMS) this.problems.push(problem);
    if (this.report.length < MOST_REPORTED) this.report.push(JSON.stringify(problem));
  }
}
