import { create, toBinary, toJsonString } from '@bufbuild/protobuf';
import { CreateCampaignRequestSchema } from '@dovecote/contract/pidgr/v1/campaign_pb';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { StepType } from '@dovecote/contract/pidgr/v1/common_pb';
import type { Group, HostileRequest } from '../request.js';
import { connectCall } from '../wire.js';
import { createCampaign, createTemplate, type World } from './world.js';

const PEOPLE = 100_000;
type Campaign = MessageInitShape<typeof CreateCampaignRequestSchema>;

/** Messages within all bounds, to which the rules behind them apply. */
export function rules(world: World): Group[] {
  return [
    { title: 'Texts and workflows within the bounds', requests: [...texts(world), ...workflows(world)] },
    { title: 'The largest audiences that are allowed', large: true, requests: audiences(world) },
  ];
}

function texts({ apiKey: authorization }: World): HostileRequest[] {
  const body = (name: string, unit: string, values: Record<string, unknown> = {}): HostileRequest => {
    const text = unit.repeat(Math.floor(50_000 / unit.length));
    const message = { name: 'a', body: text, ...values };
    return connectCall(`a body of ${name}`, createTemplate, 'json', () => JSON.stringify(message), {
      authorization,
    });
  };
  return [
    body('braces', '{{'),
    body('stars', '*'),
    body('brackets', '['),
    body('links in links', '[a]('),
    body('quotes in quotes', '> '),
    body('lists in lists', '- '),
    body('backticks', '`a'),
    body('combining marks', 'a\u0301\u0323'),
    body('10,000 placeholders', '{{a}}'),
    body('angle brackets', '<a'),
    body('200 variables with the same name', 'a', {
      variables: Array.from({ length: 200 }, () => ({ name: 'a'.repeat(100) })),
    }),
  ];
}

function workflows({ apiKey: authorization, templateId }: World): HostileRequest[] {
  const campaign = (name: string, steps: (index: number) => object): HostileRequest =>
    connectCall(
      `a workflow of ${name}`,
      createCampaign,
      'json',
      () =>
        JSON.stringify({
          name: 'a',
          templateId,
          workflow: { steps: Array.from({ length: 100 }, (_, index) => steps(index)) },
        }),
      { authorization },
    );
  const id = (index: number): string => String(index % 100).padStart(100, 's');
  const step = (index: number, transitions: Record<string, string>): object => ({
    id: id(index),
    type: 'STEP_TYPE_MARK_MISSED',
    transitions,
  });
  return [
    campaign('100 steps in a circle', (index) => step(index, { completed: id(index + 1) })),
    campaign('100 steps of the same name', () => step(0, { completed: id(0) })),
    campaign('100 steps with 10 ways each', (index) =>
      step(
        index,
        Object.fromEntries(
          Array.from({ length: 10 }, (_, way) => [`${way}`.padEnd(100, 'w'), id(index + way + 1)]),
        ),
      ),
    ),
    campaign('100 steps that nothing reaches', (index) => step(index, {})),
  ];
}

function audiences({ apiKey: authorization, templateId, userId }: World): HostileRequest[] {
  const workflow = { steps: [{ id: 'missed', type: StepType.MARK_MISSED }] };
  const base = { name: 'Everybody', templateId, senderName: 'Bench', workflow };
  const variables = Object.fromEntries(Array.from({ length: 4 }, (_, index) => [`v${index}`, 'value']));
  const ids = (of: (index: number) => string): Campaign => ({
    ...base,
    userIds: Array.from({ length: PEOPLE }, (_, index) => of(index)),
  });
  const people = (): Campaign => ({
    ...base,
    audience: Array.from({ length: PEOPLE }, () => ({ userId, variables })),
  });
  const strangers = (): Campaign =>
    ids((index) => `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`);
  const both = (name: string, message: () => Campaign): HostileRequest[] => [
    connectCall(
      `${name}, JSON`,
      createCampaign,
      'json',
      () => toJsonString(CreateCampaignRequestSchema, create(CreateCampaignRequestSchema, message())),
      { authorization },
    ),
    connectCall(
      `${name}, binary`,
      createCampaign,
      'proto',
      () =>
        Buffer.from(toBinary(CreateCampaignRequestSchema, create(CreateCampaignRequestSchema, message()))),
      { authorization },
    ),
  ];
  return [
    ...both('100,000 ids of one member', () => ids(() => userId)),
    ...both('100,000 times one member with 4 variables', people),
    ...both('100,000 strangers', strangers),
    ...both('100,000 times one member with 4 variables, no name', () => ({ ...people(), name: '' })),
  ];
}
