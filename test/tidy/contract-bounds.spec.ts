import { describe, expect, test } from '@jest/globals';
import { type DescField, type DescMessage, getOption } from '@bufbuild/protobuf';
import { field as rulesOf } from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js';
import { services } from '../../src/platform/access/index.js';

/** From 0001 to 9999: what PostgreSQL, JavaScript and the JSON form of a Timestamp can all hold. */
const first = { seconds: -62_135_596_800n };
const last = { seconds: 253_402_300_799n, nanos: 999_999_999 };
/** Invalid touches are skipped, not refused. */
const touch = 'pidgr.v1.TouchEvent';

/**
 * The rules of the shipped contract are published, to the number: what they leave open is bounded by the size of a
 * message (libs/rpc/src/message-bounds.ts), and read by handlers that take any number.
 */
const shipped = /^(?:sdk|shared|common)\./;

const all = fieldsOfRequests();
const fields = all.filter(({ parent }) => !shipped.test(parent.typeName));

describe('what a request can hold is bounded:', () => {
  test('every list', () => {
    const unbounded = fields.filter(
      (field) => field.fieldKind === 'list' && !maxOf(getOption(field, rulesOf).type, 'maxItems'),
    );
    expect(unbounded.map(String)).toEqual([]);
  });

  test('every map', () => {
    const unbounded = fields.filter(
      (field) => field.fieldKind === 'map' && !maxOf(getOption(field, rulesOf).type, 'maxPairs'),
    );
    // Of 100,000 people: AudienceMember is checked by hand, all at once.
    expect(unbounded.map(String)).toEqual(['field pidgr.v1.AudienceMember.variables']);
  });

  test('every time', () => {
    const times = all.filter(({ message }) => message?.typeName === 'google.protobuf.Timestamp');
    expect(times.length).toBeGreaterThan(0);
    for (const field of times.filter(({ parent }) => parent.typeName !== touch)) {
      const { type } = getOption(field, rulesOf);
      const rules = type.case === 'timestamp' ? type.value : undefined;
      const bounds = [rules?.greaterThan.value, rules?.lessThan.value];
      expect([String(field), ...bounds]).toMatchObject([String(field), first, last]);
    }
  });

  test('every enum', () => {
    const open = fields.filter((field) => field.enum && !isDefinedOnly(field));
    expect(open.map(String)).toEqual([`field ${touch}.event_type`]);
  });
});

test('the shipped contract leaves open what it is published to leave open', () => {
  const open = all.filter(
    (field) =>
      shipped.test(field.parent.typeName) &&
      ((field.fieldKind === 'list' && !maxOf(getOption(field, rulesOf).type, 'maxItems')) ||
        (field.fieldKind === 'map' && !maxOf(getOption(field, rulesOf).type, 'maxPairs')) ||
        (field.enum && !isDefinedOnly(field))),
  );
  expect(open.map(({ parent, name }) => `${parent.name}.${name}`).sort()).toEqual([
    'Event.auto_properties',
    'Event.custom_properties',
    'EventFilter.filters',
    'FilterGroup.filters',
    'FilterGroup.filters',
    'FilterGroup.operator',
    'FilterGroup.operator',
    'GetFilterSchemaRequest.allowed_types',
    'InsightQuerySpec.events',
    'InsightQuerySpec.filter_groups',
    'InsightQuerySpec.filter_groups_operator',
    'ListRequest.filter_groups',
    'ListRequest.filter_groups_operator',
    'PropertyFilter.values',
    'RecordEventRequest.event_type',
    'RecordEventRequest.metadata',
    'RecordEventRequest.platform',
    'SegmentUsersRequest.events',
    'SegmentUsersRequest.filter_groups',
    'SegmentUsersRequest.filter_groups_operator',
    'UserFlowQuery.group_by',
    'UserFlowQuery.node_kind',
  ]);
});

function isDefinedOnly(field: DescField): boolean {
  const { type } = getOption(field, rulesOf);
  const rules = type.case === 'repeated' ? type.value.items?.type : type;
  return rules?.case === 'enum' && rules.value.definedOnly;
}

/** A rule that is a number, of whatever kind of rules the field has. */
function maxOf(rules: { value?: object | undefined }, name: string): unknown {
  return rules.value && Object.entries(rules.value).find(([key]) => key === name)?.[1];
}

/** Every field that a client can fill in, however deep. */
function fieldsOfRequests(): DescField[] {
  const seen = new Set<DescMessage>();
  const visit = (message: DescMessage): void => {
    if (seen.has(message) || message.typeName.startsWith('google.protobuf.')) return;
    seen.add(message);
    for (const field of message.fields) if (field.message) visit(field.message);
  };
  for (const { input } of services.flatMap(({ methods }) => methods)) visit(input);
  return [...seen].flatMap((message) => message.fields);
}
