import { type DescField, type DescMessage, type DescMethod, getOption, ScalarType } from '@bufbuild/protobuf';
import {
  type FieldRules,
  field as fieldRules,
  oneof as oneofRules,
} from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js';
import { StepType } from '@dovecote/contract/pidgr/v1/common_pb';
import { v7 as uuid } from 'uuid';

export interface RequestOptions {
  /** The value of an id field, by its path (`audience.user_id`); a random id by default. */
  idAt?: (path: string) => string;
  /** Also fills the optional fields that lead there. */
  including?: string;
}

type Init = Record<string, unknown>;

/** Values that rules of the contract ask for but that cannot be read off the rule itself. */
const wellFormed: Record<string, string> = {
  '^[0-9]{6}$': '123456',
  '^[0-9A-Za-z]{8}$': 'Ab12Cd34',
  '^[A-Za-z0-9_-]{43}$': 'a'.repeat(43),
  '^[A-Z][A-Z0-9_]{0,99}$': 'REACHABILITY_UPSERT',
  [String.raw`^\$?[a-zA-Z0-9_-]+(\.[a-zA-Z0-9_-]+)*$`]: 'plan',
  '^[a-zA-Z0-9_.-]+$': 'page_view',
  '^[a-z][a-z0-9_-]*$': 'dashboard',
  '^[A-Za-z0-9._~-]+$': 'v'.repeat(43),
};

/** Messages whose fields depend on each other: the bounds of a time. */
const wellFormedMessages: Record<string, Init> = {
  'common.v1.TimeRange': { from: { seconds: 1n }, to: { seconds: 3601n } },
  'insights.v1.TimeRange': { start: { seconds: 1n }, end: { seconds: 3601n } },
};

/** What a rule of the message asks for: one of several fields, or one that goes with another. */
const chosen: Record<string, Init> = {
  'dovecote.campaign.v1.SetCampaignFeedRequest': { enabled: true },
  'sdk.devices.v1.SubscribeRequest': { profileExternalId: 'someone' },
};

/** A request that passes validation, read off the descriptor, so that a new RPC is called by existing. */
export function exampleRequest(method: DescMethod, options: RequestOptions = {}): Init {
  const { idAt = () => uuid(), including = '' } = options;
  return messageInit(method.input, '', { idAt, including });
}

/** Paths of the fields of a request that name an object: `user_ids`, `workflow.steps.send_notification.template_id`. */
export function idFieldsOf(method: DescMethod): string[] {
  return idFieldsIn(method.input, '', 0);
}

function idFieldsIn(message: DescMessage, prefix: string, depth: number): string[] {
  if (depth > 4) return [];
  return message.fields.flatMap((field) => {
    const path = `${prefix}${field.name}`;
    if (field.message) return idFieldsIn(field.message, `${path}.`, depth + 1);
    return isId(field) ? [path] : [];
  });
}

function isId(field: DescField): boolean {
  return /_ids?$/.test(field.name) || field.name === 'audience_snapshot_ref';
}

function messageInit(message: DescMessage, prefix: string, options: Required<RequestOptions>): Init {
  if (message.typeName === 'pidgr.v1.WorkflowDefinition') return workflow(prefix, options);
  const fixed = wellFormedMessages[message.typeName];
  if (fixed) return fixed;
  const init: Init = { ...chosen[message.typeName] };
  for (const field of message.fields) {
    // The first one of a oneof is enough; the others may hold a message like this one.
    if (field.oneof && init[field.oneof.localName] !== undefined) continue;
    const value = fieldInit(field, `${prefix}${field.name}`, options);
    if (value === undefined) continue;
    if (field.oneof) init[field.oneof.localName] = { case: field.localName, value };
    else init[field.localName] = value;
  }
  return init;
}

function fieldInit(field: DescField, path: string, options: Required<RequestOptions>): unknown {
  const rules = getOption(field, fieldRules);
  const wanted = options.including === path || options.including.startsWith(`${path}.`);
  switch (field.fieldKind) {
    case 'message':
      return wanted || rules.required || isOneRequired(field)
        ? messageInit(field.message, `${path}.`, options)
        : undefined;
    case 'list': {
      const minimum = rules.type.case === 'repeated' ? Number(rules.type.value.minItems) : 0;
      return wanted || minimum > 0 || rules.required ? [itemInit(field, rules, path, options)] : undefined;
    }
    case 'enum':
      return field.enum.values.find(({ number }) => number > 0)?.number;
    case 'scalar':
      return isId(field) && !isOfAForm(rules) ? options.idAt(path) : scalarInit(field, rules);
    case 'map':
      return undefined;
  }
}

/** Whether a rule decides which ids are taken, as of "anon-…" only, or of such that are shorter than ours. */
function isOfAForm({ type }: FieldRules): boolean {
  if (type.case !== 'string') return false;
  return type.value.pattern !== '' || (type.value.maxLen > 0n && type.value.maxLen < 36n);
}

/** Whether one of the fields beside it has to be there. */
function isOneRequired({ oneof }: DescField): boolean {
  return oneof !== undefined && getOption(oneof, oneofRules).required;
}

function itemInit(
  field: DescField & { fieldKind: 'list' },
  rules: FieldRules,
  path: string,
  options: Required<RequestOptions>,
): unknown {
  if (field.listKind === 'message') return messageInit(field.message, `${path}.`, options);
  if (field.listKind === 'enum') return field.enum.values.find(({ number }) => number > 0)?.number;
  if (isId(field)) return options.idAt(path);
  if (/emails?$/.test(field.name)) return `someone-${uuid()}@example.com`;
  return rules.type.case === 'repeated' && rules.type.value.items
    ? scalarInit(field, rules.type.value.items)
    : undefined;
}

function scalarInit(field: DescField, { type, required }: FieldRules): unknown {
  if (type.case === 'bytes') return new Uint8Array(Number(type.value.minLen));
  if (type.case === 'int64' && type.value.greaterThan.case === 'gt') return type.value.greaterThan.value + 1n;
  if ((type.case === 'int64' || type.case === 'int32') && type.value.greaterThan.case === 'gte')
    return type.value.greaterThan.value;
  if (type.case === 'float' && type.value.greaterThan.case) return type.value.greaterThan.value;
  if (type.case !== 'string') return required && field.scalar === ScalarType.STRING ? field.name : undefined;
  const rules = type.value;
  if (rules.in.length > 0) return rules.in[0];
  if (rules.wellKnown.case === 'uuid') return uuid();
  if (rules.wellKnown.case === 'email') return `someone-${uuid()}@example.com`;
  if (rules.prefix) return `${rules.prefix}idp.example/metadata`;
  if (rules.pattern) return wellFormed[rules.pattern];
  return rules.minLen > 0n || required ? field.name.padEnd(Number(rules.minLen), '.') : undefined;
}

/** A campaign of one step; the template of the step is the id that an attack may want to plant. */
function workflow(prefix: string, { idAt, including }: Required<RequestOptions>): Init {
  const path = `${prefix}steps.send_notification.template_id`;
  const value = including === path ? { templateId: idAt(path) } : {};
  const config = { case: 'sendNotification', value: { type: 'push', ...value } };
  return { steps: [{ id: 'send', type: StepType.SEND_NOTIFICATION, config, transitions: {} }] };
}
