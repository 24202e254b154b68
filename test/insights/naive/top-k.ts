import type { MapQuery, TopKQuery } from '../../../src/modules/analytics/insight/insight-query.js';
import type { TopKResult } from '../../../src/modules/analytics/insight/insight-result.js';
import { aggregate, takingPart } from './aggregation.js';
import { canonicalPerson, hasPerson, profileOf } from './person.js';
import { propertyText } from './property.js';
import { compareRank } from './ranking.js';
import { eventsInScope } from './scope.js';
import { compareText, groupBy } from './text.js';
import type { StoredEvent, World } from './world.js';

interface Row {
  readonly label: string;
  readonly value: number;
  readonly events: readonly StoredEvent[];
}

function rankedRows(
  world: World,
  question: TopKQuery | MapQuery,
  events: readonly StoredEvent[],
  labelOf: (event: StoredEvent) => string,
): Row[] {
  return [...groupBy(events, labelOf)]
    .map(([label, members]) => ({
      label,
      value: aggregate(world, question, question.aggregation, members),
      events: members,
    }))
    .sort((left, right) => compareRank(left.value, right.value) || compareText(left.label, right.label));
}

export function answerTopK(world: World, question: TopKQuery): TopKResult {
  const { dimension } = question;
  const events = takingPart(
    question,
    question.aggregation,
    eventsInScope(world, question, [question.scope]),
  ).filter((event) => dimension.type !== 'person' || hasPerson(question, event));
  const rows = rankedRows(world, question, events, (event) => {
    switch (dimension.type) {
      case 'property':
        return propertyText(world, question, event, dimension.property);
      case 'kind':
        return event.kind;
      case 'person':
        return canonicalPerson(world, event);
    }
  });
  const rest = rows.slice(question.limit).flatMap((row) => row.events);
  return {
    type: 'top_k',
    rows: [
      ...rows.slice(0, question.limit).map(({ label, value, events: [first] }) => {
        const profile =
          dimension.type === 'person' && first !== undefined ? profileOf(world, first) : undefined;
        return {
          label,
          value,
          others: false,
          ...(profile && {
            profile: { id: profile.id, externalId: profile.externalId },
          }),
        };
      }),
      ...(rest.length > 0 && question.others
        ? [
            {
              label: '$others',
              value: aggregate(world, question, question.aggregation, rest),
              others: true,
            },
          ]
        : []),
    ],
  };
}

export function answerMap(world: World, question: MapQuery): TopKResult {
  const country = (event: StoredEvent) => propertyText(world, question, event, '$country');
  const events = takingPart(
    question,
    question.aggregation,
    eventsInScope(world, question, [question.scope]),
  ).filter((event) => /^[A-Z]{2}$/.test(country(event)));
  return {
    type: 'map',
    rows: rankedRows(world, question, events, country).map(({ label, value }) => ({
      label,
      value,
      others: false,
    })),
  };
}
