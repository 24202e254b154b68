// The second half of the demo: a site sends its events, and questions about them are answered.
import { create, toJsonString } from '@bufbuild/protobuf';
import { timestampDate, timestampFromMs } from '@bufbuild/protobuf/wkt';
import { ProjectService } from '@dovecote/contract/dovecote/project/v1/project_pb';
import {
  Aggregation,
  InsightsService,
  InsightType,
  QueryRequestSchema,
} from '@dovecote/contract/insights/v1/insights_pb';
import { EventsService } from '@dovecote/contract/sdk/events/v1/events_pb';
import { connect } from './clients.mjs';
import { bars, funnel, sparkline } from './drawing.mjs';
import { NAME, projectOf, publicKeyOf } from './project.mjs';
import { note, step, waitFor } from './stage.mjs';
import { DAYS, eventsFrom, steps, windowBefore } from './visitors.mjs';

const BATCH = 1_000;

export async function showAnalytics({ url, apiKey, apiKeyInShell }) {
  const admin = connect(url, 'Connect JSON', apiKey);
  step('A site of yours', `the project "${NAME}", and a public key for its pages`);
  const project = await projectOf(admin(ProjectService));
  const key = await publicKeyOf(admin(ProjectService), project.id);
  // From when the project was made: in a later run, the same events.
  const { start, end } = windowBefore(timestampDate(project.createdAt).getTime());
  note(`project ${project.id}, key ${key}`);

  const events = eventsFrom(start);
  const people = new Set(events.map(({ distinctId }) => distinctId)).size;
  step('Visitors', `${people} people in two weeks: the site sends ${events.length} events, as its SDK would`);
  const site = connect(url, 'Connect binary', undefined, { 'x-api-key': key })(EventsService);
  for (let sent = 0; sent < events.length; sent += BATCH)
    await site.batchCreate({ events: events.slice(sent, sent + BATCH) });
  const insights = connect(url, 'gRPC', apiKey, { 'x-project-id': project.id })(InsightsService);
  const timeRange = { start: timestampFromMs(start), end: timestampFromMs(end) };
  const ask = (query) => insights.query({ query: { timeRange, ...query } });
  await waitFor(
    'the events can be asked about',
    async () => {
      const { totals } = await ask({ events: steps.map(({ kind }) => ({ name: kind })) });
      return totals.reduce((sum, { value }) => sum + value, 0) === events.length;
    },
    60,
  );
  note('each counts once, however often this demo runs: a copy has the same event id');

  step('Funnel', 'how many come how far, within a day');
  const question = {
    timeRange,
    insightType: InsightType.FUNNEL,
    events: steps.map(({ kind }) => ({ name: kind })),
    conversionWindow: { seconds: 86_400n },
  };
  const { funnel: walked } = await ask(question);
  const lines = walked.steps.map(({ count, conversionRate }, index) => ({
    label: steps[index].label,
    count,
    rate: conversionRate,
  }));
  funnel(lines).forEach(note);

  step('Trend', `visitors a day, over ${DAYS} days`);
  const visitors = { events: [{ name: 'page_view' }], aggregation: Aggregation.UNIQUE_USERS };
  const { series, totals } = await ask(visitors);
  const daily = series.map(({ value }) => value);
  note(
    `${sparkline(daily)}  ${Math.min(...daily)} to ${Math.max(...daily)} a day, ${totals[0].value} in all`,
  );

  step('Channels', 'by what they came, as the server reads it from URL and referrer');
  const { totals: channels } = await ask({ ...visitors, breakdown: { property: '$channel' } });
  bars(
    channels
      .map(({ breakdown, value }) => ({ label: breakdown, value }))
      .sort((one, other) => other.value - one.value)
      .slice(0, 5),
  ).forEach(note);

  console.log(`
Next: ask for the funnel yourself, then send events of yours by docs/how-to/send-events.md:

  curl ${url}/insights.v1.InsightsService/Query -H "authorization: Bearer ${apiKeyInShell}" \\
    -H 'x-project-id: ${project.id}' -H 'content-type: application/json' \\
    -d '${toJsonString(QueryRequestSchema, create(QueryRequestSchema, { query: question }))}'`);
}
