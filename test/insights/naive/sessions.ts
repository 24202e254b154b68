import type { SessionMetric, SessionsQuery } from '../../../src/modules/analytics/insight/insight-query.js';
import type { Point, SessionsResult } from '../../../src/modules/analytics/insight/insight-result.js';
import { bucketOf } from './calendar.js';
import { isSelected } from './filter.js';
import { canonicalPerson } from './person.js';
import { propertyText } from './property.js';
import { topGroups } from './ranking.js';
import { history, isInWindow } from './scope.js';
import { groupBy } from './text.js';
import type { StoredEvent, World } from './world.js';

interface Session {
  readonly first: StoredEvent;
  readonly last: StoredEvent;
  readonly events: number;
}

export function sessionKey(world: World, event: StoredEvent): string {
  return JSON.stringify([event.sessionId, canonicalPerson(world, event)]);
}

function sessionsOf(world: World, question: SessionsQuery): Session[] {
  const events = history(world, question).filter(
    (event) => event.sessionId !== '' && isSelected(world, question, event, question.scope),
  );
  return [...groupBy(events, (event) => sessionKey(world, event)).values()]
    .map((members) => {
      const [first] = members;
      const last = members.at(-1);
      if (first === undefined || last === undefined) {
        throw new Error('A session has events.');
      }
      return { first, last, events: members.length };
    })
    .filter((session) => isInWindow(question, session.first));
}

function measure(metric: SessionMetric, sessions: readonly Session[]): number {
  const mean = (valueOf: (session: Session) => number) =>
    sessions.length === 0
      ? 0
      : sessions.reduce((sum, session) => sum + valueOf(session), 0) / sessions.length;
  switch (metric) {
    case 'sessions':
    case 'entry':
    case 'exit':
      return sessions.length;
    case 'average_duration':
      return mean((session) => session.last.occurTime - session.first.occurTime) / 1000;
    case 'bounce_rate':
      return 100 * mean((session) => (session.events === 1 ? 1 : 0));
    case 'average_events':
      return mean((session) => session.events);
  }
}

export function answerSessions(world: World, question: SessionsQuery): SessionsResult {
  const value = (sessions: readonly Session[]) => measure(question.metric, sessions);
  const points = (sessions: readonly Session[]): Point[] => {
    const { granularity } = question;
    if (granularity === undefined) {
      return [{ time: question.window.from, value: value(sessions) }];
    }
    return [
      ...groupBy(sessions, (session) =>
        String(bucketOf(session.first.occurTime, granularity, question.zone)),
      ),
    ]
      .map(([time, members]) => ({ time: Number(time), value: value(members) }))
      .sort((left, right) => left.time - right.time);
  };
  const groups = topGroups(
    sessionsOf(world, question),
    question.breakdown,
    (session, property) =>
      propertyText(world, question, question.metric === 'exit' ? session.last : session.first, property),
    value,
  );
  return {
    type: 'sessions',
    series: groups.map((group) => ({
      breakdown: group.breakdown,
      points: points(group.items),
      total: value(group.items),
    })),
  };
}
