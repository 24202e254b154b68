import { type Mail, nameInMail } from '../../../platform/mail/index.js';
import type { EventLimit, UsagePeriod } from './usage.rules.js';

export interface LimitNotice {
  readonly organization: string;
  readonly percent: number;
  readonly events: number;
  readonly limit: EventLimit;
  readonly period: UsagePeriod;
}

export function eventLimitMail(to: string, notice: LimitNotice): Mail {
  const { organization, percent, events, limit, period } = notice;
  const name = nameInMail(organization);
  const end = period.end.toISOString().slice(0, 10);
  return {
    to,
    subject:
      percent === 100
        ? `${name} has used up its events of the month`
        : `${name} has used ${percent} % of its events of the month`,
    text: [
      `${name} has sent ${count(events)} of the ${count(limit.monthlyEvents)} events that it may send in a month.`,
      '',
      consequence(percent, limit, end),
      'Who operates the server can raise the limit.',
      '',
    ].join('\n'),
  };
}

function consequence(percent: number, { refuses }: EventLimit, end: string): string {
  if (!refuses) return `Further events are accepted. The next month begins on ${end}.`;
  return percent === 100
    ? `Further events are refused until ${end}: SDKs keep them and try again, for as long as they can.`
    : `At 100 % further events are refused until ${end}.`;
}

function count(events: number): string {
  return events.toLocaleString('en');
}
